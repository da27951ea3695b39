"""The way from 127.0.0.1 inside a sandbox to the unix socket of the proxy on the host. Trusted: runs no user code.

Relays bytes and looks at none of them: every decision is made by the proxy. It runs as a process of its own, started
before the code and before the filter that forbids AF_UNIX to the code. Standard library only.
"""

import argparse
import ctypes
import errno
import fcntl
import gc
import os
import resource
import select
import signal
import socket
import struct
import sys
import time

# As many as the proxy admits; more would be turned away there. They wait in the listener's queue for their turn.
CONNECTIONS = 16
# Held for each direction of a connection at the most: 16 of them take 2 MiB of the sandbox's memory.
CHUNK_BYTES = 64 * 1024
_ACCEPT_PAUSE_SECONDS = 0.05

_UNWATCHED = -1
_GONE = select.EPOLLHUP | select.EPOLLERR

_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1
_PR_SET_DUMPABLE = 4


def raise_loopback():
    """Bring `lo` up. In a fresh network namespace it is down, and only CAP_NET_ADMIN there may change that."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = fcntl.ioctl(control, _SIOCGIFFLAGS, struct.pack("16sH22x", b"lo", 0))
        flags = struct.unpack_from("16sH", request)[1]
        fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | _IFF_UP))


def open_listener(port=0):
    """A listening socket on 127.0.0.1; port 0 takes any that is free."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def start(socket_path, port=0, connections=CONNECTIONS, folder=None):
    """Fork a process that serves until it is killed, and return its pid and the port, which is open already.

    Call it in the jail with the socket in view, before the filter is loaded. The child keeps nothing open but the
    listener, so no pipe to the host stays open because of it, and it ends with the pid namespace.

    `folder` is the descriptor of an open directory to which the path is relative: for one that has no path in the jail.
    """
    listener = open_listener(port)
    port = listener.getsockname()[1]
    pid = os.fork()
    if pid != 0:
        listener.close()
        return pid, port
    # No exception may travel up into the caller's program, which would then run twice.
    status = 1
    try:
        _become_bridge([listener.fileno(), *([] if folder is None else [folder])])
        if folder is not None:
            socket_path = f"/proc/self/fd/{folder}/{socket_path}"
        serve(listener, socket_path, connections=connections)
        status = 0
    finally:
        os._exit(status)


def _become_bridge(kept):
    gc.disable()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    # The code runs as the same user: without this it could write its own program into this process, which is not
    # held by the filter, through /proc/<pid>/mem.
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE)")
    # A pipe that nobody reads stands in for the three streams, so that no connection gets one of their numbers.
    unread, nowhere = os.pipe()
    for number in (0, 1, 2):
        if number not in kept:
            os.dup2(nowhere, number)
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    last = 1 << 20 if limit == resource.RLIM_INFINITY else limit
    low = 3
    for number in sorted(kept):
        os.closerange(low, number)
        low = max(3, number + 1)
    os.closerange(low, last)


class _Flow:
    """One direction of a connection. Reads only when what it read before has been passed on."""

    __slots__ = ("source", "sink", "pending", "ended", "closed")

    def __init__(self, source, sink):
        self.source = source
        self.sink = sink
        self.pending = b""
        self.ended = False
        self.closed = False

    def advance(self):
        """Move what can be moved without waiting. A side that broke ends its direction; the other may still finish."""
        if not self.pending and not self.ended:
            try:
                self.pending = self.source.recv(CHUNK_BYTES)
                self.ended = not self.pending
            except BlockingIOError:
                pass
            except OSError:
                self.ended = True
        if self.pending:
            try:
                self.pending = self.pending[self.sink.send(self.pending) :]
            except BlockingIOError:
                pass
            except OSError:
                self.pending = b""
                self.ended = True
        if self.ended and not self.pending and not self.closed:
            self.closed = True
            try:
                self.sink.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # Gone already, which is what was wanted.


class _Connection:
    """A client in the sandbox and the proxy on the host, joined."""

    __slots__ = ("client", "proxy", "flows", "masks")

    def __init__(self, client, proxy):
        self.client = client
        self.proxy = proxy
        self.flows = (_Flow(client, proxy), _Flow(proxy, client))
        self.masks = {client.fileno(): _UNWATCHED, proxy.fileno(): _UNWATCHED}

    def advance(self, fd, events):
        """False when both directions are over or one side is gone."""
        for flow in self.flows:
            # Not only its own direction has ended: this side is gone, and nobody would read what the other still sends.
            # Clients keep such connections in their pools, where they would take the places of live ones.
            if events & _GONE and flow.source.fileno() == fd and flow.ended:
                return False
        for flow in self.flows:
            flow.advance()
        return not all(flow.closed for flow in self.flows)

    def watch(self, epoll):
        for reading, writing in (self.flows, reversed(self.flows)):
            fd = reading.source.fileno()
            mask = select.EPOLLOUT if writing.pending else 0
            if not reading.ended and not reading.pending:
                mask |= select.EPOLLIN
            # With no mask at all epoll still tells that a side is gone, over and over: only wanted when all is read.
            if mask == 0 and not reading.ended:
                mask = _UNWATCHED
            old = self.masks[fd]
            if mask == old:
                continue
            if old == _UNWATCHED:
                epoll.register(fd, mask)
            elif mask == _UNWATCHED:
                epoll.unregister(fd)
            else:
                epoll.modify(fd, mask)
            self.masks[fd] = mask

    def close(self):
        # Takes them out of the epoll set as well: no other descriptor refers to them.
        self.client.close()
        self.proxy.close()


def serve(listener, socket_path, lifeline=None, connections=CONNECTIONS):
    """Relay until `lifeline`, a file descriptor, ends or has something to read; without one, for ever."""
    listener.setblocking(False)
    by_fd = {}
    accepting = False
    with select.epoll() as epoll:
        if lifeline is not None:
            epoll.register(lifeline, select.EPOLLIN)
        while True:
            if accepting != (len(by_fd) < 2 * connections):
                accepting = not accepting
                if accepting:
                    epoll.register(listener, select.EPOLLIN)
                else:
                    epoll.unregister(listener)
            for fd, events in epoll.poll():
                if fd == lifeline:
                    for connection in by_fd.values():
                        connection.close()
                    return
                if fd == listener.fileno():
                    connection = _accept(listener, socket_path)
                    if connection is None:
                        continue
                    by_fd.update(dict.fromkeys(connection.masks, connection))
                else:
                    connection = by_fd.get(fd)
                    if connection is None:
                        # Closed a moment ago, because of the other side's event in the same round.
                        continue
                if connection.advance(fd, events):
                    connection.watch(epoll)
                else:
                    for number in connection.masks:
                        del by_fd[number]
                    connection.close()


def _accept(listener, socket_path):
    try:
        client = listener.accept()[0]
    except OSError as error:
        if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EINTR):
            # No descriptor or no memory left: the next round would fail at once again.
            time.sleep(_ACCEPT_PAUSE_SECONDS)
        return None
    proxy = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        proxy.setblocking(False)
        # At once or not at all: a unix socket does not keep a non-blocking connect waiting.
        proxy.connect(socket_path)
    except OSError:
        # The proxy is gone or overrun: the client sees its connection end, which is all there is to tell it.
        client.close()
        proxy.close()
        return None
    return _Connection(client, proxy)


def main(arguments=None):
    """Serve as a program of its own, until its stdin ends. Prints the port when it listens."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--socket", required=True, help="unix socket of the proxy")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 takes any that is free")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="connections at one time")
    parser.add_argument("--raise-loopback", action="store_true", help="bring the interface lo up first")
    options = parser.parse_args(arguments)
    if options.raise_loopback:
        raise_loopback()
    listener = open_listener(options.port)
    print(listener.getsockname()[1], flush=True)
    serve(listener, options.socket, lifeline=sys.stdin.fileno(), connections=options.connections)


if __name__ == "__main__":
    main()
