"""The first program of handaxe in a cloud sandbox, run as its root: starts the zygote, lends its slots. Trusted code.

It reads its configuration as one JSON line, and says `up` or `failed` as one. Then relays (attach.py) connect, one for
each slot: each gets the three connections of its slot handed over, and hears what the zygote reports of it. When a relay
goes away, for whatever reason, its slot is ended. It sees neither code nor data.
"""

import json
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys

GUEST = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(GUEST, "cloud"), os.path.join(GUEST, "python")]

import enclosure
import meter
from relay import CHANNELS

# What the zygote's children connect to; see slot_process.py.
GUESTS = "/run/host/socket"
OWN = "/run/handaxe"
# Where the zygote looks for them; below OWN nobody but root can come.
PLACES = ("/jail", "/outputs", "/inputs", "/empty", "/slots", "/run/host")
NODE = "/opt/node"
MESSAGE_BYTES = 64 * 1024


def main():
    configuration = json.loads(sys.stdin.readline())
    _protect_from_memory_killer()
    python = _describe_python()
    for place in PLACES:
        os.makedirs(place, mode=0o755, exist_ok=True)
    os.makedirs(OWN, mode=0o700, exist_ok=True)
    node = _find_node()
    Session(configuration, python, node).run()


def _protect_from_memory_killer():
    """Where memory runs out, the kernel shall not choose what keeps the sandbox going; relays offer their slots instead."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("-900")
    except PermissionError:
        # Not root of the machine itself, as in a container: then the kernel chooses the largest.
        pass


def _describe_python():
    script = os.path.join(GUEST, "python", "describe_python.py")
    described = subprocess.run([sys.executable, "-I", "-B", script], capture_output=True, text=True, check=True, cwd="/")
    return json.loads(described.stdout)


def _find_node():
    """Its version; None where there is none."""
    path = shutil.which("node")
    if path is None:
        return None
    if not os.path.lexists(NODE):
        os.symlink(os.path.realpath(path), NODE)
    version = subprocess.run([path, "--version"], capture_output=True, text=True, cwd="/")
    return version.stdout.strip().removeprefix("v") if version.returncode == 0 else None


def _listen(path, kind, mode):
    if os.path.lexists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, kind)
    listener.bind(path)
    os.chmod(path, mode)
    listener.listen(64)
    return listener


class Slot:
    def __init__(self, number, relay):
        self.number = number
        self.relay = relay
        self.token = secrets.token_hex(16)
        self.is_dead = False
        self.waiting = set(CHANNELS)


class Session:
    def __init__(self, configuration, python, node):
        self._poll = select.poll()
        self._acts = {}
        self._slots = {}
        self._pending = b""
        self._count = 0
        self._facts = {"python": python["version"], "node": node}
        self._guests = _listen(GUESTS, socket.SOCK_STREAM, 0o777)
        self._relays = _listen(f"{OWN}/relays", socket.SOCK_SEQPACKET, 0o600)
        trees, paths = _trees(python), python["packageFolders"]
        environment = dict(configuration["environment"], PYTHONPATH=":".join(paths))
        if not _is_below(python["basePrefix"], "/usr"):
            environment["LD_LIBRARY_PATH"] = os.path.join(python["basePrefix"], "lib")
        arguments = [python["executable"], "-I", "-S", "-B", os.path.join(GUEST, "python", "zygote.py")]
        self._user = enclosure.choose_user()
        self._zygote = enclosure.Enclosed(arguments, environment, self._user)
        modules = configuration["modules"]
        self._send({"trees": trees, "paths": paths, "modules": modules, "cgroups": [], "memoryByCgroup": False})
        self._watch(self._guests.fileno(), self._accept_guest)
        self._watch(self._relays.fileno(), self._accept_relay)
        self._watch(self._zygote.reports, self._read_reports)

    def run(self):
        while True:
            for descriptor, _ in self._poll.poll():
                act = self._acts.get(descriptor)
                if act is not None:
                    act()

    def _watch(self, descriptor, act):
        self._acts[descriptor] = act
        self._poll.register(descriptor, select.POLLIN)

    def _forget(self, descriptor):
        del self._acts[descriptor]
        self._poll.unregister(descriptor)

    def _send(self, command):
        data = json.dumps(command).encode() + b"\n"
        while data:
            data = data[os.write(self._zygote.commands, data) :]

    def _accept_relay(self):
        relay, _ = self._relays.accept()
        self._count += 1
        slot = Slot(self._count, relay)
        self._watch(relay.fileno(), lambda: self._hear_relay(slot))

    def _hear_relay(self, slot):
        try:
            message = slot.relay.recv(MESSAGE_BYTES)
        except ConnectionResetError:
            message = b""
        if not message:
            return self._lose_relay(slot)
        command = json.loads(message)
        if command["do"] == "slot":
            self._slots[slot.number] = slot
            os.makedirs(f"/slots/{slot.number}/input", mode=0o755)
            self._send(dict(command, slot=slot.number, token=slot.token, warm=True, network=None))
            outputs = f"/proc/{self._first}/root/outputs/{slot.number}"
            _tell(slot, {"event": "number", "slot": slot.number, "outputs": outputs})
        else:
            self._send({"do": command["do"], "slot": slot.number})

    def _lose_relay(self, slot):
        self._forget(slot.relay.fileno())
        slot.relay.close()
        slot.relay = None
        if slot.number in self._slots:
            self._send({"do": "release" if slot.is_dead else "kill", "slot": slot.number})

    def _accept_guest(self):
        guest, _ = self._guests.accept()
        self._watch(guest.fileno(), lambda: self._hear_guest(guest))

    def _hear_guest(self, guest):
        """The line by which it says whose channel it is. What comes after it stays unread, for the relay."""
        seen = guest.recv(256, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        line, end, _ = seen.partition(b"\n")
        if seen and not end and len(seen) < 256:
            return
        self._forget(guest.fileno())
        if end:
            guest.recv(len(line) + 1)
            self._pass_on(line.decode("ascii", "replace").split(" "), guest)
        guest.close()

    def _pass_on(self, words, guest):
        number, token, channel = words if len(words) == 3 else ("", "", "")
        slot = self._slots.get(int(number)) if number.isdigit() else None
        if slot is None or slot.relay is None or channel not in slot.waiting:
            return
        if secrets.compare_digest(token, slot.token):
            slot.waiting.remove(channel)
            _tell(slot, {"event": "channel", "channel": channel}, [guest.fileno()])

    def _read_reports(self):
        data = os.read(self._zygote.reports, 1 << 16)
        if not data:
            # Every slot has ended with it.
            _say({"event": "failed", "message": "the zygote has ended"})
            os._exit(1)
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            self._on_report(json.loads(line))

    def _on_report(self, report):
        if report["event"] == "up":
            self._first = self._zygote.find_first(meter.children_of)
            _say(dict(self._facts, **report, user=self._user))
            return
        slot = self._slots.get(report.get("slot"))
        if slot is None:
            return
        if report["event"] == "forked":
            report["pid"] = meter.find_process(self._first, report["pid"])
        if report["event"] == "dead" or (report["event"] == "failed" and report["do"] == "slot"):
            slot.is_dead = True
            if slot.relay is None:
                self._send({"do": "release", "slot": slot.number})
        if report["event"] == "released" or (report["event"] == "failed" and report["do"] == "release"):
            shutil.rmtree(f"/slots/{slot.number}")
            del self._slots[slot.number]
        elif slot.relay is not None:
            _tell(slot, report)


def _tell(slot, message, descriptors=()):
    try:
        socket.send_fds(slot.relay, [json.dumps(message).encode()], descriptors)
    except (BrokenPipeError, ConnectionResetError):
        # It has just gone: the end of its connection is read next.
        pass


def _say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _trees(python):
    """What executions must see beside /usr: packages, and Python itself where it lies elsewhere."""
    trees = []
    for folder in (python["basePrefix"], *python["packageFolders"]):
        if not any(_is_below(folder, known) for known in ("/usr", *trees)):
            trees.append(folder)
    return trees


def _is_below(path, folder):
    return path == folder or path.startswith(folder + "/")


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        _say({"event": "failed", "message": f"{type(error).__name__}: {error}"})
        raise
