"""Frames on the control socket: four bytes of length, big-endian, then that many bytes of JSON in UTF-8."""

import json
import os
import struct


def send_frame(descriptor, body, write=os.write, pack=struct.pack):
    """Sends `body` (bytes). The defaults keep the C functions, whatever user code has put in their place since."""
    data = pack(">I", len(body)) + body
    while data:
        data = data[write(descriptor, data) :]


def receive_frame(descriptor):
    """The next frame as Python values, or None where the host is gone."""
    head = _read_exactly(descriptor, 4)
    if head is None:
        return None
    body = _read_exactly(descriptor, struct.unpack(">I", head)[0])
    return None if body is None else json.loads(body)


def _read_exactly(descriptor, size):
    pieces = []
    while size > 0:
        piece = os.read(descriptor, min(size, 1 << 20))
        if not piece:
            return None
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
