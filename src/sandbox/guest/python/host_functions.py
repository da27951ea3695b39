"""The module `host`: functions of the host, called over the control connection. Trusted code; the host checks all of it.

    host.search(query="x")             waits
    await host.aio.search(query="x")   lets the event loop go on

The bounds are kept here as well, so that a program gets an exception of its own; the host ends what goes beyond them.
"""

import asyncio
import collections
import json
import os
import select
import struct
import sys
import threading
import types

import encode_value
import frames

_READ_BYTES = 1 << 18


class HostError(Exception):
    """The host refused the call, or its function failed. `code` says which."""

    def __init__(self, message, code="failed"):
        super().__init__(message)
        self.code = code


HostError.__module__ = "host"


class _Call:
    """A call that waits for its reply: in a thread, or as a future of an event loop."""

    __slots__ = ("reply", "loop", "future")

    def __init__(self, loop=None, future=None):
        self.reply = None
        self.loop = loop
        self.future = future


class _Channel:
    def __init__(self, control, limits):
        self._control = control
        self._limits = limits
        self._process = os.getpid()
        self._changed = threading.Condition()
        self._readable = select.poll()
        self._readable.register(control, select.POLLIN)
        self._received = b""
        # True while a thread is in `read`: the others wait until it has read something.
        self._reading = False
        self._next = 0
        self._bytes = 0
        self._in_flight = 0
        self._unsent = collections.deque()
        self._calls = {}
        self._watching = collections.Counter()

    def call(self, name, arguments):
        waiting = self._begin(name, arguments, _Call())
        with self._changed:
            while waiting.reply is None:
                if self._reading:
                    self._changed.wait()
                else:
                    self._read_for_all()
        return _value_of(waiting.reply)

    async def call_async(self, name, arguments):
        loop = asyncio.get_running_loop()
        waiting = self._begin(name, arguments, _Call(loop, loop.create_future()))
        self._watching[loop] += 1
        loop.add_reader(self._control, self._read_what_is_there)
        try:
            return _value_of(await waiting.future)
        finally:
            self._watching[loop] -= 1
            if self._watching[loop] == 0:
                del self._watching[loop]
                loop.remove_reader(self._control)

    def _begin(self, name, arguments, waiting):
        if os.getpid() != self._process:
            raise HostError("the host can be called from the first process only", "wrong-process")
        with self._changed:
            if self._next >= self._limits["calls"]:
                raise HostError(f"the limit of {self._limits['calls']} calls of the host is reached", "call-limit")
            left = self._limits["inputBytes"] - self._bytes
            body = b'{"type":"call","id":%d,"name":"%s","input":' % (self._next, name.encode())
            try:
                # The host's functions are JavaScript: they take plain objects, which have their own order.
                body += encode_value.Encoder(max(0, left - len(body) - 1), ordered=False).encode(arguments) + b"}"
            except encode_value.ValueTooLarge:
                message = f"the arguments of {name} are too large: {left} bytes of hostInputBytes are left"
                raise HostError(message, "input-limit") from None
            self._calls[self._next] = waiting
            self._next += 1
            self._bytes += len(body)
            self._unsent.append(body)
            self._send_what_may_go()
        return waiting

    def _send_what_may_go(self):
        while self._unsent and self._in_flight < self._limits["inFlight"]:
            self._in_flight += 1
            frames.send_frame(self._control, self._unsent.popleft())

    def _read_for_all(self):
        """Waits for bytes from the host, without the lock meanwhile, and hands on whatever they are the reply to."""
        self._reading = True
        self._changed.release()
        data = None
        try:
            data = os.read(self._control, _READ_BYTES)
        finally:
            self._changed.acquire()
            self._reading = False
            if data is not None:
                self._take(data)
            self._changed.notify_all()

    def _read_what_is_there(self):
        """For event loops. A thread that reads already will hand on what is there."""
        with self._changed:
            if not self._reading and self._readable.poll(0):
                self._take(os.read(self._control, _READ_BYTES))
                self._changed.notify_all()

    def _take(self, data):
        if not data:
            os._exit(0)  # The host has ended the execution.
        self._received += data
        while len(self._received) >= 4:
            end = 4 + struct.unpack(">I", self._received[:4])[0]
            if len(self._received) < end:
                return
            reply = json.loads(self._received[4:end])
            self._received = self._received[end:]
            self._in_flight -= 1
            self._send_what_may_go()
            waiting = self._calls.pop(reply["id"], None)
            if waiting is not None:
                waiting.reply = reply
                _wake(waiting)


def _wake(waiting):
    if waiting.loop is None:
        return

    def settle():
        # Given up meanwhile, by a timeout or a cancellation.
        if not waiting.future.done():
            waiting.future.set_result(waiting.reply)

    try:
        waiting.loop.call_soon_threadsafe(settle)
    except RuntimeError:
        pass  # The loop is closed: nobody waits any more.


def _value_of(reply):
    if reply["ok"]:
        return encode_value.decode(reply["value"])
    raise HostError(reply["error"]["message"], reply["error"]["code"])


def install(functions, limits, control):
    """Makes `import host` work. `functions` are records with name and description."""
    channel = _Channel(control, limits)
    host = types.ModuleType("host", "Functions of the host.")
    aio = types.ModuleType("host.aio", "Functions of the host, to be awaited.")
    for function in functions:
        setattr(host, function["name"], _named(_caller(channel, function["name"]), function))
        setattr(aio, function["name"], _named(_async_caller(channel, function["name"]), function))
    aio.__all__ = [function["name"] for function in functions]
    host.__all__ = [*aio.__all__, "HostError", "aio"]
    host.__path__ = []
    host.HostError = HostError
    host.aio = aio
    sys.modules["host"] = host
    sys.modules["host.aio"] = aio


def _caller(channel, name):
    def call(**arguments):
        return channel.call(name, arguments)

    return call


def _async_caller(channel, name):
    async def call(**arguments):
        return await channel.call_async(name, arguments)

    return call


def _named(call, function):
    call.__name__ = call.__qualname__ = function["name"]
    call.__module__ = "host"
    call.__doc__ = function["description"]
    return call
