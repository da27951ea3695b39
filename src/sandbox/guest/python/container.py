"""The first process of a container that the host gives work to: starts the guest, carries its channels. Trusted code.

A container has two streams out and one in, the guest has three channels: this relay joins them. Frames, both ways: four
bytes of length, big-endian, one byte of channel, data.

    in   0  the guest's control channel        4  a command of the host, JSON
    out  0  control   1  stdout   2  stderr    3  an event, JSON   5  bytes of the entry that was announced

It has the same user as the program, which may end it, stop it or write into its stream. So the host believes nothing that
comes from here: how the container ended it asks the engine, and an entry is handled as what a stranger has sent.
"""

import base64
import fcntl
import gc
import json
import os
import select
import signal
import socket
import stat
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import libc

PR_SET_DUMPABLE = 4
CHANNELS = ("control", "stdout", "stderr")
COMMAND, EVENT, CONTENT = 4, 3, 5
OUTPUT = b"/box/output"
CHUNK = 64 * 1024
MAXIMUM_DEPTH = 16
# Like the host's: more dropped entries than this are not even told.
MAXIMUM_ENTRIES = 100_000


def main():
    kind, arguments = sys.argv[1], sys.argv[2:]
    pairs = [socket.socketpair() for _ in CHANNELS]
    pid = os.fork()
    if pid == 0:
        _become_guest(kind, arguments, [inner for _, inner in pairs])
    for _, inner in pairs:
        inner.close()
    # The program shall not find these descriptors in /proc. It can still end this process.
    libc.prctl(PR_SET_DUMPABLE, 0)
    Relay(pid, [outer for outer, _ in pairs]).run()


def _become_guest(kind, arguments, channels):
    """In the child. Never returns."""
    try:
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
        if kind == "javascript":
            os.execvp("node", ["node", *arguments, "/opt/guest/javascript/guest.mjs"])
        _serve(arguments)
    except BaseException as error:
        os.write(2, f"sandbox: {type(error).__name__}: {error}\n".encode("utf-8", "replace"))
    finally:
        os._exit(97)


def _serve(modules):
    import slot_process

    slot_process.prepare(modules)
    execute = sys.modules["execute"]
    slot_process.hide_harness()
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


class Relay:
    def __init__(self, pid, channels):
        self._pid = pid
        self._channels = {channel.fileno(): number for number, channel in enumerate(channels)}
        self._sockets = channels
        self._child = _watch_children()
        self._status = None
        self._usage = None
        self._input = b""
        self._to_guest = b""
        self._poll = select.poll()
        for descriptor in (0, self._child, *self._channels):
            self._poll.register(descriptor, select.POLLIN)

    def run(self):
        control = self._sockets[0].fileno()
        # It may have ended before anybody watched.
        self._reap()
        while True:
            if control in self._channels:
                wanted = select.POLLIN | (select.POLLOUT if self._to_guest else 0)
                self._poll.modify(control, wanted)
            ready = dict(self._poll.poll())
            # The host first: a program that writes without end must not keep its commands waiting.
            if 0 in ready:
                self._read_host()
            if control in ready and ready[control] & select.POLLOUT:
                self._write_guest(control)
            for descriptor in ready:
                if descriptor in self._channels and ready[descriptor] & ~select.POLLOUT:
                    self._read_guest(descriptor)
            if self._child in ready:
                os.read(self._child, 1024)
                self._reap()

    def _read_host(self):
        data = os.read(0, 1 << 20)
        if not data:
            # The host is gone, or has given the container up.
            self._leave()
        self._input += data
        while len(self._input) >= 5:
            length = struct.unpack(">I", self._input[:4])[0]
            if len(self._input) < 4 + length:
                return
            channel, body = self._input[4], self._input[5 : 4 + length]
            self._input = self._input[4 + length :]
            if channel == COMMAND:
                self._stop(json.loads(body))
            else:
                self._to_guest += body

    def _write_guest(self, control):
        try:
            sent = os.write(control, self._to_guest[:CHUNK])
        except OSError:
            # The guest has closed its end: what was meant for it has no reader any more.
            sent = len(self._to_guest)
        self._to_guest = self._to_guest[sent:]

    def _read_guest(self, descriptor):
        try:
            data = os.read(descriptor, CHUNK)
        except OSError:
            # Reset by the guest: the same as its end.
            data = b""
        if data:
            _send(self._channels[descriptor], data)
            return
        self._poll.unregister(descriptor)
        self._tell({"event": "end", "channel": CHANNELS[self._channels.pop(descriptor)]})

    def _reap(self):
        """Only the guest itself: what its processes leave behind is the container's init's."""
        if self._status is not None:
            return
        pid, status, usage = os.wait4(self._pid, os.WNOHANG)
        if pid == self._pid:
            self._status, self._usage = status, usage
            self._tell({"event": "dead"})

    def _stop(self, command):
        """Ends every process of the program, hands over the last of its output, then its files, and leaves."""
        try:
            os.kill(-1, signal.SIGKILL)
        except ProcessLookupError:
            # There is none any more.
            pass
        if self._status is None:
            _, self._status, self._usage = os.wait4(self._pid, 0)
        for descriptor in list(self._channels):
            os.set_blocking(descriptor, False)
            self._drain(descriptor, command["drainBytes"])
        if command["collect"]:
            _send_files(command["artifactBytes"], command["artifactCount"])
        self._leave()

    def _drain(self, descriptor, most):
        while most > 0 and descriptor in self._channels:
            try:
                data = os.read(descriptor, CHUNK)
            except OSError:
                # Nothing more, or reset.
                return
            if not data:
                return
            _send(self._channels[descriptor], data)
            most -= len(data)

    def _leave(self):
        """With the guest's own end as the container's: the engine tells a signal n as exit code 128 + n, and so it is here."""
        if self._status is None:
            os._exit(0)
        signalled = os.WIFSIGNALED(self._status)
        number = os.WTERMSIG(self._status) if signalled else None
        code = 128 + number if signalled else os.WEXITSTATUS(self._status)
        self._tell({"event": "bye", "signal": number, "exitCode": code, "peakMemoryBytes": self._usage.ru_maxrss * 1024})
        os._exit(code)

    def _tell(self, event):
        _send(EVENT, json.dumps(event).encode())


def _send(channel, data):
    frame = struct.pack(">IB", len(data) + 1, channel) + data
    while frame:
        frame = frame[os.write(1, frame) :]


def _send_files(room, count):
    """Breadth first and by name, like the host's own collector. Nothing is followed, nothing is waited for."""
    folders, told = [(OUTPUT, b"", 0)], 0
    while folders:
        path, prefix, depth = folders.pop(0)
        try:
            names = sorted(os.listdir(path))
        except OSError:
            _announce(prefix, "unreadable", 0)
            continue
        for name in names:
            told += 1
            if told > MAXIMUM_ENTRIES:
                return
            full, relative = path + b"/" + name, prefix + b"/" + name if prefix else name
            mode = os.lstat(full).st_mode
            if stat.S_ISDIR(mode):
                if depth + 1 > MAXIMUM_DEPTH:
                    _announce(relative, "too-deep", 0)
                else:
                    folders.append((full, relative, depth + 1))
            elif not stat.S_ISREG(mode):
                _announce(relative, "not-regular", 0)
            elif count <= 0:
                _announce(relative, "too-many", 0)
            else:
                sent = _send_file(full, relative, room)
                if sent is not None:
                    room -= sent
                    count -= 1


def _send_file(path, name, room):
    """Bytes that were sent; None where it was not."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        _announce(name, "unreadable", 0)
        return None
    size = os.fstat(descriptor).st_size
    if size > room:
        # By the size it claims, before a byte of it is read: a sparse file is as large as it says.
        os.close(descriptor)
        _announce(name, "too-large", size)
        return None
    _announce(name, "file", size)
    left = size
    while left > 0:
        data = os.read(descriptor, min(CHUNK, left))
        if not data:
            break
        _send(CONTENT, data)
        left -= len(data)
    os.close(descriptor)
    return size


def _announce(name, kind, size):
    event = {"event": "entry", "name": base64.b64encode(name).decode(), "kind": kind, "bytes": size}
    _send(EVENT, json.dumps(event).encode())


if __name__ == "__main__":
    main()
