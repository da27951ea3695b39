"""The first process of a container: starts the guest, carries its channels, reaps what nobody waits for. Trusted code.

A container has two streams out and one in, the guest has three channels: the relay joins them (relay.py has the frames).

It has the same user as the program, and not its filter of system calls: whoever could write into its memory would be rid
of the filter. So it hides from /proc, no process beside it runs without the filter, and it is process 1, which the kernel
lets nobody inside end or stop. All the same the host believes nothing that comes from here: how the container ended it
asks the engine, and an entry is handled as what a stranger has sent.
"""

import fcntl
import gc
import json
import os
import signal
import socket
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import connections
import libc
import seccomp
from hand_over_files import hand_over_files
from relay import CHANNELS, Relay

OUTPUT = b"/box/output"
_LAST_BYTES = 64 * 1024
ENVIRONMENT = "/opt/environment"
# The image may have none. The program may change it: what it trusts is its own affair.
AUTHORITIES = "/tmp/authorities.pem"


def main():
    if os.getpid() != 1:
        sys.exit("sandbox: another process is the container's first, which the program could take over")
    arguments = sys.argv[1:]
    listener = _prepare_network(_read_order()) if _take(arguments, "--network") else None
    packages = _take(arguments, "--environment")
    kind = arguments.pop(0)
    pairs = [socket.socketpair() for _ in CHANNELS]
    pid = os.fork()
    if pid == 0:
        _become_guest(kind, arguments, [inner for _, inner in pairs], listener is not None, packages)
    for _, inner in pairs:
        inner.close()
    # The program shall find neither these descriptors nor this memory in /proc.
    libc.prctl(libc.PR_SET_DUMPABLE, 0)
    # Python has a handler for it; without one, a signal from inside does not reach the first process.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    ContainerRelay(pid, [outer for outer, _ in pairs], listener).run()


def _take(arguments, flag):
    """Whether the flag comes next; then it is taken away."""
    return arguments[0] == flag and bool(arguments.pop(0))


def _read_order():
    """The command that comes before all others, where the guest gets a network."""
    head = _read_exactly(5)
    return json.loads(_read_exactly(struct.unpack(">I", head[:4])[0] - 1))


def _read_exactly(count):
    data = b""
    while len(data) < count:
        piece = os.read(0, count - len(data))
        if not piece:
            os._exit(0)
        data += piece
    return data


def _prepare_network(order):
    """Before the guest is started: Node reads the variables once. Returns the listener, which the guest does not inherit."""
    with open(AUTHORITIES, "w") as file:
        file.write(order["authorities"])
    os.environ.update(order["environment"], SSL_CERT_FILE=AUTHORITIES)
    return connections.open_listener(order["port"])


def _become_guest(kind, arguments, channels, with_network, with_packages):
    """In the child. Never returns."""
    try:
        # A group of its own: what it sends to its group is not sent to the relay.
        os.setsid()
        libc.prctl(libc.PR_SET_PDEATHSIG, signal.SIGKILL)
        try:
            libc.prctl(libc.PR_SET_THP_DISABLE, 1)
        except OSError:
            # gVisor has no huge pages to turn off.
            pass
        # Out of the way first: one of them may already be 3.
        copies = [fcntl.fcntl(channel.fileno(), fcntl.F_DUPFD, 9) for channel in channels]
        for copy, target in zip(copies, (3, 1, 2)):
            os.dup2(copy, target)
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        os.closerange(4, os.sysconf("SC_OPEN_MAX"))
        _install_filter(with_network)
        if kind == "javascript":
            os.execvp("node", ["node", *arguments, "/opt/guest/javascript/guest.mjs"])
        _serve(arguments, with_packages)
    except BaseException as error:
        os.write(2, f"sandbox: {type(error).__name__}: {error}\n".encode("utf-8", "replace"))
    finally:
        os._exit(97)


def _install_filter(with_network):
    """On top of the engine's own. Before packages are imported: a thread that one of them starts is under it too."""
    seccomp.Filter(with_network).install()
    try:
        socket.socket(socket.AF_UNIX).close()
    except PermissionError:
        return
    # The kernel may be gVisor's: it is not enough that it takes the filter.
    raise RuntimeError("the filter of system calls is installed and does not hold")


def _serve(modules, with_packages):
    import slot_process

    slot_process.prepare(modules)
    execute = sys.modules["execute"]
    slot_process.hide_harness()
    if with_packages:
        # Only now: nothing of it is imported before the program. After the standard library, before the image's packages.
        own = (index for index, entry in enumerate(sys.path) if entry.endswith("-packages"))
        sys.path.insert(next(own, len(sys.path)), ENVIRONMENT)
    gc.collect()
    gc.freeze()
    execute.serve(3)


def _watch_children():
    """A descriptor that can be read when a child has ended. A pidfd would do, but not every gVisor has them."""
    readable, writable = os.pipe()
    os.set_blocking(writable, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writable, warn_on_full_buffer=False)
    return readable


class ContainerRelay(Relay):
    def __init__(self, pid, channels, listener):
        super().__init__(_write)
        self._pid = pid
        self._sockets = channels
        self._child = _watch_children()
        self._status = None
        self._usage = None
        for number, channel in enumerate(channels):
            self.join(channel.fileno(), number)
        self.watch(self._child, self._on_child)
        self._connections = None if listener is None else connections.Connections(self, listener)

    def run(self):
        # It may have ended before anybody watched.
        self._reap()
        while True:
            self.turn()

    def hear_network(self, body):
        self._connections.hear(body)

    def _on_child(self, _events):
        os.read(self._child, 1024)
        self._reap()

    def _reap(self):
        """The guest, and what its processes leave behind: zombies would count as processes of the program."""
        pid = -1
        while pid != 0:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                # There is none any more.
                return
            if pid == self._pid:
                self._status, self._usage = status, usage
                # Its last words first: they say why it did not become ready.
                self.drain(_LAST_BYTES)
                self.tell({"event": "dead"})

    def obey(self, command):
        """Ends every process of the program, hands over the last of its output, then its files, and leaves."""
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            # There is none any more.
            pass
        if self._status is None:
            _, self._status, self._usage = os.wait4(self._pid, 0)
        self.drain(command["drainBytes"])
        if command["collect"]:
            hand_over_files(OUTPUT, command["artifactBytes"], command["artifactCount"], _write)
        self.leave()

    def leave(self):
        """With the guest's own end as the container's: the engine tells a signal n as exit code 128 + n, and so it is here."""
        if self._status is None:
            os._exit(0)
        signalled = os.WIFSIGNALED(self._status)
        number = os.WTERMSIG(self._status) if signalled else None
        code = 128 + number if signalled else os.WEXITSTATUS(self._status)
        self.tell({"event": "bye", "signal": number, "exitCode": code, "peakMemoryBytes": self._usage.ru_maxrss * 1024})
        os._exit(code)


def _write(frame):
    while frame:
        frame = frame[os.write(1, frame) :]


if __name__ == "__main__":
    main()
