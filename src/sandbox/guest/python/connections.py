"""Joins connections to 127.0.0.1 inside a container to the stream of the relay; the host brings them to its proxy. Trusted code.

It looks at no byte of them. Only what is in this container can connect: it has a network namespace of its own, and one
execution. In a frame of the channel: one byte of kind, four bytes of the connection's number, data.

    0  open, to the host    1  data    2  end: the sender has no more    3  close    4  credit: so many bytes more may come
"""

import collections
import errno
import importlib.util
import os
import select
import socket
import struct
import time

from relay import CHUNK, NETWORK, frame

OPEN, DATA, END, CLOSE, CREDIT = range(5)
# In each direction of a connection, on its way and held by either side; sixteen take 8 MiB. Each frame counts as so many
# bytes more. relay/guest-connections.ts on the host has the same numbers, and ends a guest that goes beyond them.
WINDOW = 256 * 1024
FRAME_COST = 256
_ACCEPT_PAUSE_SECONDS = 0.05
_GONE = select.POLLHUP | select.POLLERR


def load_bridge():
    """What does the same where the proxy's socket can be reached."""
    path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "network", "bridge.py")
    specification = importlib.util.spec_from_file_location("bridge", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def open_listener(port):
    """Listens on 127.0.0.1, and tries it: an engine may have left the loopback down, which nobody in here can change."""
    listener = load_bridge().open_listener(port)
    with socket.create_connection(("127.0.0.1", port), timeout=5):
        listener.accept()[0].close()
    listener.setblocking(False)
    return listener


class Connections:
    """All of them, in the relay's own loop."""

    def __init__(self, relay, listener):
        self._relay = relay
        self._listener = listener
        self._most = load_bridge().CONNECTIONS
        self._by_number = {}
        self._last = 0
        self._watch_listener()

    def hear(self, body):
        """A frame of the host."""
        kind, number = struct.unpack_from(">BI", body)
        connection = self._by_number.get(number)
        # Otherwise it was on its way when the connection ended.
        if connection is not None:
            connection.hear(kind, body[5:])

    def send(self, number, kind, data=b""):
        self._relay.write(frame(NETWORK, struct.pack(">BI", kind, number) + data))

    def watch(self, connection, mask):
        self._relay.watch(connection.client.fileno(), connection.turn, mask)

    def forget(self, connection):
        self._relay.unwatch(connection.client.fileno())
        connection.client.close()
        del self._by_number[connection.number]
        self._watch_listener()

    def _watch_listener(self):
        """Those who come when all places are taken wait in the kernel's queue."""
        if len(self._by_number) < self._most:
            self._relay.watch(self._listener.fileno(), self._accept)
        else:
            self._relay.unwatch(self._listener.fileno())

    def _accept(self, _events):
        try:
            client = self._listener.accept()[0]
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EINTR):
                # No descriptor or no memory left: the next round would fail at once again.
                time.sleep(_ACCEPT_PAUSE_SECONDS)
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._last += 1
        self._by_number[self._last] = connection = _Connection(self, self._last, client)
        self.send(self._last, OPEN)
        connection.turn(0)
        self._watch_listener()


class _Connection:
    """A client in the container and what the host has of it."""

    def __init__(self, owner, number, client):
        self.number = number
        self.client = client
        self._owner = owner
        # What the host has room for.
        self._room = WINDOW
        # Of the host, each piece with what it counts.
        self._pending = collections.deque()
        self._owed = 0
        self._client_ended = self._host_ended = self._host_closed = self._shut = self._over = False

    def hear(self, kind, data):
        if kind == DATA:
            self._pending.append((data, len(data) + FRAME_COST))
        elif kind == CREDIT:
            self._room += struct.unpack(">I", data)[0]
        elif kind == END:
            self._host_ended = True
        elif kind == CLOSE:
            self._host_ended = self._host_closed = True
        self.turn(0)

    def turn(self, events):
        """Moves what can be moved without waiting."""
        if self._over:
            return
        if events & _GONE and self._client_ended:
            # Nobody would read what still comes.
            return self._end()
        try:
            self._read()
            self._write()
        except BlockingIOError:
            pass
        except OSError:
            return self._end()
        if self._host_ended and not self._pending and not self._shut:
            if self._host_closed or self._client_ended:
                return self._end()
            self._shut = True
            try:
                self.client.shutdown(socket.SHUT_WR)
            except OSError:
                return self._end()
        self._owner.watch(self, self._mask())

    def _read(self):
        if self._client_ended or self._host_closed or self._room <= FRAME_COST:
            return
        try:
            data = self.client.recv(min(CHUNK, self._room - FRAME_COST))
        except BlockingIOError:
            return
        if data:
            self._room -= len(data) + FRAME_COST
            self._owner.send(self.number, DATA, data)
        else:
            self._client_ended = True
            self._owner.send(self.number, END)

    def _write(self):
        while self._pending:
            data, cost = self._pending[0]
            sent = self.client.send(data)
            if sent < len(data):
                self._pending[0] = (data[sent:], cost)
                return
            self._pending.popleft()
            self._owed += cost
            if not self._pending or self._owed >= WINDOW // 2:
                self._owner.send(self.number, CREDIT, struct.pack(">I", self._owed))
                self._owed = 0

    def _mask(self):
        """None: not even whether it is gone, which would be told over and over while something is left to be read."""
        reads = not self._client_ended and not self._host_closed and self._room > FRAME_COST
        mask = (select.POLLIN if reads else 0) | (select.POLLOUT if self._pending else 0)
        return None if mask == 0 and not self._client_ended else mask

    def _end(self):
        self._over = True
        self._owner.send(self.number, CLOSE)
        self._owner.forget(self)
