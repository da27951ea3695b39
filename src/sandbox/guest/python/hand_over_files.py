"""Hands the files of a hostile output folder over, as frames. Trusted code; nothing of the program runs any more.

Breadth first and by name, like the host's own collector. Nothing is followed, nothing is waited for.
"""

import base64
import os
import stat

from relay import CHUNK, CONTENT, encode_event, frame

_MAXIMUM_DEPTH = 16
# Like the host's: more dropped entries than this are not even told.
_MAXIMUM_ENTRIES = 100_000


def hand_over_files(output, room, count, write):
    """`output` is a path in bytes; `room` bytes and `count` files at most. `write(frame)` sends."""
    folders, told = [(output, b"", 0)], 0
    while folders:
        path, prefix, depth = folders.pop(0)
        try:
            names = sorted(os.listdir(path))
        except OSError:
            write(_entry(prefix, "unreadable", 0))
            continue
        for name in names:
            told += 1
            if told > _MAXIMUM_ENTRIES:
                return
            full, relative = path + b"/" + name, prefix + b"/" + name if prefix else name
            mode = os.lstat(full).st_mode
            if stat.S_ISDIR(mode):
                if depth + 1 > _MAXIMUM_DEPTH:
                    write(_entry(relative, "too-deep", 0))
                else:
                    folders.append((full, relative, depth + 1))
            elif not stat.S_ISREG(mode):
                write(_entry(relative, "not-regular", 0))
            elif count <= 0:
                write(_entry(relative, "too-many", 0))
            else:
                sent = _send_file(full, relative, room, write)
                if sent is not None:
                    room -= sent
                    count -= 1


def _send_file(path, name, room, write):
    """Bytes that were sent; None where it was not."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        write(_entry(name, "unreadable", 0))
        return None
    size = os.fstat(descriptor).st_size
    if size > room:
        # By the size it claims, before a byte of it is read: a sparse file is as large as it says.
        os.close(descriptor)
        write(_entry(name, "too-large", size))
        return None
    write(_entry(name, "file", size))
    left = size
    while left > 0:
        data = os.read(descriptor, min(CHUNK, left))
        if not data:
            break
        write(frame(CONTENT, data))
        left -= len(data)
    os.close(descriptor)
    return size


def _entry(name, kind, size):
    return encode_event({"event": "entry", "name": base64.b64encode(name).decode(), "kind": kind, "bytes": size})
