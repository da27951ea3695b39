"""Files that a program left in its working folder are files for its user, like those in the output folder. Trusted code."""

import os
import stat
import sys

HERE = "/box"
OUTPUT = "/box/output"
_OWN = {"input", "output", "node_modules", "__pycache__"}
_MOST = 1000
_DEPTH = 16
_CHUNK = 1 << 20


def hand_over():
    """At the end of a program that came to its end. Follows no link; says on stderr what did not fit."""
    names = [name for name in os.listdir(HERE) if name not in _OWN and not name.startswith(".")]
    left = [_MOST]
    for name in sorted(names):
        _take(f"{HERE}/{name}", name, 0, left)


def _take(path, name, depth, left):
    try:
        mode = os.lstat(path).st_mode
        if stat.S_ISDIR(mode) and depth < _DEPTH:
            for inner in sorted(os.listdir(path)):
                if inner != "__pycache__":
                    _take(f"{path}/{inner}", f"{name}/{inner}", depth + 1, left)
        elif stat.S_ISREG(mode) and left[0] > 0:
            left[0] -= 1
            _copy(path, f"{OUTPUT}/{name}")
    except OSError as error:
        print(f"{name} could not be handed over: {error.strerror}", file=sys.stderr)


def _copy(path, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        try:
            copy = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            # What the program has put there itself is what it meant.
            return
        try:
            while piece := os.read(source, _CHUNK):
                while piece:
                    piece = piece[os.write(copy, piece) :]
        except OSError:
            # Half a file would pass for the whole one.
            os.unlink(target)
            raise
        finally:
            os.close(copy)
    finally:
        os.close(source)
