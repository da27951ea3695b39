"""Notes what a tool reads besides its arguments. First part of a program that the host puts together.

Python's audit events are raised below every library, so that a file read by pandas counts like one read by `open`. A tool
that means to hide can do so: it runs in the same interpreter. What bounds it is the sandbox.
"""

import os
import sys

_KINDS = ("clock", "environment", "files", "network", "processes", "evaluation")
_MOST = 20
_CHARACTERS = 200
_FOLDERS = ("os.listdir", "os.scandir", "glob.glob")
_NETWORK = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request")
_PROCESSES = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty", "pty.spawn")
# Python's and its packages' own files, and what the execution has written itself: these folders are new in each one.
_OWN_FOLDERS = ("/usr/lib", "/usr/share", "/usr/local/lib", "/lib", "/opt", "/tmp", "/box/output", "/dev", "/etc/localtime")


class Reads:
    def __init__(self):
        self._found = {kind: [] for kind in _KINDS}
        self._given = frozenset()
        self._paths = frozenset()
        self._active = False
        sys.addaudithook(self._on_event)

    def begin(self, arguments):
        """What is noted from here on; files named in `arguments` are the tool's to read."""
        self._given = frozenset(_texts_in(arguments))
        # A path may also be written from the current folder.
        self._paths = frozenset(os.path.normpath(os.path.join(os.getcwd(), text)) for text in self._given)
        self._active = True

    def end(self):
        self._active = False

    def note(self, kind, what):
        found = self._found[kind]
        text = str(what)[:_CHARACTERS]
        if self._active and text not in found and len(found) < _MOST:
            found.append(text)

    def to_json(self):
        return self._found

    def _on_event(self, event, arguments):
        if not self._active:
            return
        if event == "open":
            self._on_open(*arguments)
        elif event in _FOLDERS:
            self._on_path(arguments[0])
        elif event in _NETWORK or event == "ftplib.connect":
            self._from_tool("network", _address(event, arguments))
        elif event in _PROCESSES:
            self._from_tool("processes", arguments[0] if arguments else event)
        elif event == "exec" and is_tool(sys._getframe(1)):
            self.note("evaluation", "text as code")

    def _on_open(self, path, mode, flags):
        writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
        if not writes:
            self._on_path(path)

    def _on_path(self, path):
        if not isinstance(path, (str, bytes)):
            return
        name = os.path.normpath(os.path.join(os.getcwd(), os.fsdecode(path)))
        if not self._is_given(name) and not name.startswith(_OWN_FOLDERS):
            self._from_tool("files", name)

    def _is_given(self, name):
        parts = {name, os.path.basename(name)}
        return name in self._paths or bool(parts & self._given) or any(
            folder.startswith("/") and name.startswith(folder.rstrip("/") + "/") for folder in self._given if len(folder) > 1
        )

    def _from_tool(self, kind, what):
        if was_called_by_tool():
            self.note(kind, what)


def is_tool(frame):
    return frame is not None and frame.f_code.co_filename.startswith("<tool ")


def was_called_by_tool():
    """True where a tool is being called, and not merely importing a library."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return False
        if is_tool(frame):
            return True
        frame = frame.f_back
    return False


def is_asked_by_tool():
    """True where the tool itself, and not a library for its own ends, has called a function of the module os."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename in _WAY_TO_THE_ENVIRONMENT:
        frame = frame.f_back
    return is_tool(frame)


_WAY_TO_THE_ENVIRONMENT = {is_tool.__code__.co_filename, os.__file__, "<frozen os>", "<frozen _collections_abc>"}


def _address(event, arguments):
    if event == "urllib.Request":
        return arguments[0]
    return arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]


def _texts_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)
