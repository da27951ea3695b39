"""Joins the three channels of a guest to one stream in and one stream out. Trusted code, beside the program.

Frames, both ways: four bytes of length, big-endian, one byte of channel, data.

    in   0  the guest's control channel        4  a command of the host, JSON   6  the guest's connections
    out  0  control   1  stdout   2  stderr    3  an event, JSON   5  bytes of the entry that was announced   6  connections
"""

import json
import os
import select
import struct

CHANNELS = ("control", "stdout", "stderr")
EVENT, COMMAND, CONTENT, NETWORK = 3, 4, 5, 6
CHUNK = 64 * 1024
_CONTROL = 0


def frame(channel, data):
    return struct.pack(">IB", len(data) + 1, channel) + data


def encode_event(event):
    return frame(EVENT, json.dumps(event).encode())


class Relay:
    """`write(frame)` sends to the host. Commands go to `obey`, the end of the host's stream to `leave`."""

    def __init__(self, write):
        self.write = write
        # False: what the host has for the guest waits.
        self.guest_may_read = True
        self._channels = {}
        self._watched = {}
        self._control = None
        self._input = b""
        self._to_guest = b""
        self._poll = select.poll()
        self._poll.register(0, select.POLLIN)

    def obey(self, command):
        raise NotImplementedError

    def leave(self):
        raise NotImplementedError

    def on_output(self, channel, data):
        self.write(frame(channel, data))

    def join(self, descriptor, channel):
        """A channel of the guest, by its number. The relay's end alone becomes non-blocking."""
        os.set_blocking(descriptor, False)
        self._channels[descriptor] = channel
        if channel == _CONTROL:
            self._control = descriptor
        self._poll.register(descriptor, select.POLLIN)

    def hear_network(self, body):
        raise NotImplementedError

    def watch(self, descriptor, act, mask=select.POLLIN):
        """Calls `act(events)` whenever one of the events of the mask has come; None: of none, until another mask is given."""
        if mask is None:
            self.unwatch(descriptor)
        else:
            self._watched[descriptor] = act
            self._poll.register(descriptor, mask)

    def unwatch(self, descriptor):
        if self._watched.pop(descriptor, None) is not None:
            self._poll.unregister(descriptor)

    def tell(self, event):
        self.write(encode_event(event))

    def turn(self, timeout_ms=None):
        """Waits for something to happen, and handles it."""
        control = self._control
        if control in self._channels:
            wants = self._to_guest and self.guest_may_read
            self._poll.modify(control, select.POLLIN | (select.POLLOUT if wants else 0))
        ready = dict(self._poll.poll(timeout_ms))
        # The host first: a program that writes without end must not keep its commands waiting.
        if 0 in ready:
            self._read_host()
        for descriptor, act in list(self._watched.items()):
            # An earlier one may have closed this descriptor, and opened another of the same number.
            if descriptor in ready and self._watched.get(descriptor) == act:
                act(ready[descriptor])
        if ready.get(control, 0) & select.POLLOUT:
            self._write_guest()
        for descriptor in ready:
            if descriptor in self._channels and ready[descriptor] & ~select.POLLOUT:
                self._read_guest(descriptor)

    def drain(self, most):
        """What is left in the channels of a guest that has ended, up to so many bytes of each."""
        for descriptor in list(self._channels):
            left = most
            while left > 0:
                try:
                    data = os.read(descriptor, CHUNK)
                except OSError:
                    # Nothing more, or reset.
                    break
                if not data:
                    break
                self.on_output(self._channels[descriptor], data)
                left -= len(data)

    def _read_host(self):
        data = os.read(0, 1 << 20)
        if not data:
            # The host is gone, or has given the guest up.
            self.leave()
        self._input += data
        while len(self._input) >= 5:
            length = struct.unpack(">I", self._input[:4])[0]
            if len(self._input) < 4 + length:
                return
            channel, body = self._input[4], self._input[5 : 4 + length]
            self._input = self._input[4 + length :]
            if channel == COMMAND:
                self.obey(json.loads(body))
            elif channel == NETWORK:
                self.hear_network(body)
            else:
                self._to_guest += body

    def _write_guest(self):
        try:
            sent = os.write(self._control, self._to_guest[:CHUNK])
        except BlockingIOError:
            return
        except OSError:
            # The guest has closed its end: what was meant for it has no reader any more.
            sent = len(self._to_guest)
        self._to_guest = self._to_guest[sent:]

    def _read_guest(self, descriptor):
        try:
            data = os.read(descriptor, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            # Reset by the guest: the same as its end.
            data = b""
        if data:
            self.on_output(self._channels[descriptor], data)
            return
        self._poll.unregister(descriptor)
        self.tell({"event": "end", "channel": CHANNELS[self._channels.pop(descriptor)]})
