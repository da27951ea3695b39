"""One process of the cloud sandbox for each slot: carries its channels to the host, watches over it. Trusted code.

The host reads this process's standard output as text, so a byte is sent as the character of the same number (U+0000 to
U+00FF), in UTF-8. It ends the slot by its own clock and counts, whether the host is still there or not, and tells how the
slot ended; the program is in a jail, and cannot reach it. Its order is in the variable HANDAXE_SLOT, as JSON.
"""

import json
import os
import signal
import socket
import sys
import time

GUEST = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(GUEST, "cloud"), os.path.join(GUEST, "python")]

import meter
from hand_over_files import hand_over_files
from relay import CHANNELS, Relay

SESSION = "/run/handaxe/relays"
MESSAGE_BYTES = 64 * 1024
STDOUT, STDERR = 1, 2
# A process can write some 100 MB in this time: rlimits bound each one, this bounds the sum.
MEMORY_LOOK_S = 0.05
SHORTEST_CPU_WAIT_S = 0.01
# So long after the end a host that is still there has asked for the rest.
ABANDONED_AFTER_S = 60
PROCESSORS = os.cpu_count() or 1


class Attachment(Relay):
    def __init__(self, order):
        super().__init__(_write)
        self._files = order["files"]
        self._number = None
        self._outputs = None
        self._meter = meter.Meter(0)
        self._bounds = None
        self._dead = None
        self._stopped = None
        self._counted = {STDOUT: 0, STDERR: 0}
        self._session = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._session.connect(SESSION)
        self._ask({"do": "slot", **{name: order[name] for name in ("guest", "limits", "nodeFlags")}})
        self.watch(self._session.fileno(), self._hear_session)

    def run(self):
        while True:
            self.turn(self._wait_ms())
            self._look()

    # What the session says.

    def _ask(self, message):
        self._session.send(json.dumps(message).encode())

    def _hear_session(self, _events=None):
        data, descriptors, _, _ = socket.recv_fds(self._session, MESSAGE_BYTES, 1)
        if not data:
            os._exit(1)
        message = json.loads(data)
        event = message["event"]
        if event == "number":
            self._number, self._outputs = message["slot"], message["outputs"]
        elif event == "channel":
            self.join(descriptors[0], CHANNELS.index(message["channel"]))
        elif event == "forked":
            self._take_charge(message["pid"])
        elif event == "inputs":
            self.guest_may_read = True
        elif event == "dead":
            self._dead = message
            self._abandoned_at = time.monotonic() + ABANDONED_AFTER_S
            self.tell({"event": "dead"})
        elif event == "failed":
            # The zygote could not do it: the host reads why on stderr.
            os.write(2, f"sandbox: {message['do']}: {message['message']}\n".encode("utf-8", "replace"))
            os._exit(1)

    def _take_charge(self, pid):
        self._meter = meter.Meter(pid or 0)
        try:
            with open(f"/proc/{pid}/oom_score_adj", "w") as file:
                file.write("1000")
        except OSError:
            # It has ended already.
            pass

    # What the host says.

    def obey(self, command):
        if command["do"] == "start":
            self._start(command)
        elif command["do"] == "ping":
            self.tell({"event": "pong"})
        else:
            self._finish(command)

    def _start(self, command):
        """The request follows; the guest gets it when it can see its inputs."""
        self._bounds = command
        self._cpu_before = self._meter.cpu_ms()
        self._kills_before = meter.out_of_memory_kills()
        self._started_at = self._memory_at = time.monotonic()
        self._cpu_at = self._started_at + command["cpuMs"] / 1000 / PROCESSORS
        if command["inputs"]:
            self.guest_may_read = False
            _unpack(f"{self._files}/inputs.tar", f"/slots/{self._number}/input")
            self._ask({"do": "inputs"})

    def leave(self):
        # The session ends the slot when this process is gone.
        os._exit(0)

    def _finish(self, command):
        """Ends the slot, hands over the last of its output, puts its files into one, tells how it ended, and leaves."""
        ended_at = time.monotonic()
        measured = self._meter.cpu_ms(), self._meter.peak_bytes()
        self._kill()
        while self._dead is None:
            self._hear_session()
        self.drain(command["drainBytes"])
        if command["collect"]:
            self._pack_files(command)
        number = self._dead["signal"]
        was_killed = number == signal.SIGKILL and self._stopped is None
        self.tell(
            {
                "event": "bye",
                "signal": number,
                "exitCode": 128 + number if number is not None else self._dead["exitCode"],
                "peakMemoryBytes": max(measured[1], self._dead["peakMemoryBytes"]),
                "cpuMs": max(0, max(measured[0], self._dead["cpuMs"]) - self._cpu_before),
                "wallMs": (ended_at - self._started_at) * 1000,
                "outOfMemory": was_killed and meter.out_of_memory_kills() > self._kills_before,
            }
        )
        os._exit(0)

    def _kill(self):
        if self._dead is None:
            self._ask({"do": "kill"})

    def _pack_files(self, command):
        """All that the host collects, as one file of frames that it loads: through the output it would be read as text."""
        os.makedirs(self._files, mode=0o700, exist_ok=True)
        path = f"{self._files}/artifacts"
        with open(path, "wb") as file:
            hand_over_files(self._outputs.encode(), command["artifactBytes"], command["artifactCount"], file.write)
        size = os.path.getsize(path)
        if size > 0:
            self.tell({"event": "files", "bytes": size})

    # The watch.

    def on_output(self, channel, data):
        """What goes beyond the limit is told, so that the host counts it too, and nothing after that."""
        if channel in self._counted and self._bounds is not None:
            if self._counted[channel] > self._bounds["outputBytes"]:
                return
            self._counted[channel] += len(data)
        super().on_output(channel, data)
        if channel in self._counted and self._bounds is not None:
            if self._counted[channel] > self._bounds["outputBytes"]:
                self._stop("output")

    def _wait_ms(self):
        if self._bounds is None:
            return None
        if self._dead is not None:
            next_look = self._abandoned_at
        else:
            next_look = min(self._memory_at, self._cpu_at, self._wall_end())
        return max(0, (next_look - time.monotonic()) * 1000) + 1

    def _look(self):
        now = time.monotonic()
        if self._bounds is None:
            return
        if self._dead is not None:
            if now >= self._abandoned_at:
                os._exit(1)
        elif now >= self._wall_end():
            self._stop("wall-time")
        elif now >= self._memory_at:
            self._memory_at = now + MEMORY_LOOK_S
            if self._meter.memory_bytes(self._bounds["memoryBytes"]) > self._bounds["memoryBytes"]:
                self._stop("memory")
        elif now >= self._cpu_at:
            left = self._bounds["cpuMs"] - (self._meter.cpu_ms() - self._cpu_before)
            self._cpu_at = now + max(SHORTEST_CPU_WAIT_S, left / 1000 / PROCESSORS)
            if left <= 0:
                self._stop("cpu-time")

    def _wall_end(self):
        return self._started_at + self._bounds["wallMs"] / 1000

    def _stop(self, reason):
        if self._stopped is None and self._dead is None:
            self._stopped = reason
            self.tell({"event": "stopped", "reason": reason})
            self._kill()


def _unpack(archive, folder):
    """What the host has packed: regular files, folders, and links that lead nowhere else."""
    import tarfile

    with tarfile.open(archive) as file:
        # Pythons since 2023 ask how far the archive is trusted.
        file.extractall(folder, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    os.unlink(archive)
    for path, folders, names in os.walk(folder):
        for name in (*folders, *names):
            inside = os.path.join(path, name)
            if not os.path.islink(inside):
                # The mount is read-only. Without the right to write, code would be told EACCES in place of EROFS.
                os.chmod(inside, 0o777 if name in folders else 0o666)


def _write(frame):
    data = frame.decode("latin-1").encode()
    while data:
        data = data[os.write(1, data) :]


if __name__ == "__main__":
    Attachment(json.loads(os.environ["HANDAXE_SLOT"])).run()
