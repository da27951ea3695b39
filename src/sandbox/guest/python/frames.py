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
    data = b""
    # The host sends one frame and no more: what is read ahead can only belong to it. A large buffer is memory that the
    # kernel has to give first, which most frames do not need.
    missing = 1 << 14
    while missing > 0:
        piece = os.read(descriptor, min(missing, 1 << 20))
        if not piece:
            return None
        data += piece
        missing = 4 + struct.unpack(">I", data[:4])[0] - len(data) if len(data) >= 4 else 4
    return json.loads(data[4:])
