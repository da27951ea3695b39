"""Ends that honest programs choose, where the interpreter or the kernel would not know them here. Trusted code.

Without `site` there is no `exit` and no `quit`. And the first process of a pid namespace survives every signal that it sends
to itself, unless it has a handler: `os.kill(os.getpid(), SIGTERM)` and an alarm would do nothing, `os.abort()` would crash. Such
a program says which signal it was, and ends with 128 + n, as shells tell it.
"""

import builtins
import os
import signal

import frames

_FIRST = 1
_REPLY = (
    '{"type":"result","ok":false,"error":{"type":"%s","message":"the program ended itself by %s","traceback":""},'
    '"exitCode":%d,"signal":"%s","outputs":%d}'
)
# They come from the kernel, at any moment: only a handler sees them.
_TIMERS = (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF)
_IGNORED = {
    signal.SIGCHLD,
    signal.SIGCONT,
    signal.SIGSTOP,
    signal.SIGTSTP,
    signal.SIGTTIN,
    signal.SIGTTOU,
    signal.SIGURG,
    signal.SIGWINCH,
}


class _Quitter:
    def __init__(self, name):
        self._name = name

    def __repr__(self):
        return f"Use {self._name}() to end the program"

    def __call__(self, code=None):
        raise SystemExit(code)


def install(control, count_outputs):
    """In the process that becomes the program's."""
    for name in ("exit", "quit"):
        setattr(builtins, name, _Quitter(name))
    if os.getpid() != _FIRST:
        return

    def end(number, _frame=None, leave=os._exit):
        if os.getpid() == _FIRST:
            name = _name_of(number)
            reply = _REPLY % (name, name, 128 + number, name, count_outputs())
            try:
                frames.send_frame(control, reply.encode())
            except OSError:
                # The program has closed the connection: its exit code is all that is left.
                pass
        leave(128 + number)

    for number in _TIMERS:
        signal.signal(number, end)
    os.register_at_fork(after_in_child=lambda: _restore(end))
    os.kill = _make_kill(os.kill, end)
    signal.raise_signal = _make_raise(signal.raise_signal, end)
    os.abort = _make_abort(os.abort, end)


def _restore(end):
    """A child is an ordinary process: the kernel ends it."""
    for number in _TIMERS:
        if signal.getsignal(number) is end:
            signal.signal(number, signal.SIG_DFL)


def _make_kill(kill, end):
    def kill_process(pid, number, /):
        if pid == os.getpid() == _FIRST:
            _end_by(number, end)
        return kill(pid, number)

    kill_process.__name__ = kill_process.__qualname__ = "kill"
    return kill_process


def _make_raise(raise_signal, end):
    def raise_here(number, /):
        if os.getpid() == _FIRST:
            _end_by(number, end)
        return raise_signal(number)

    raise_here.__name__ = raise_here.__qualname__ = "raise_signal"
    return raise_here


def _make_abort(abort, end):
    def abort_process():
        if os.getpid() == _FIRST:
            end(signal.SIGABRT)
        abort()

    abort_process.__name__ = abort_process.__qualname__ = "abort"
    return abort_process


def _end_by(number, end):
    """What the kernel would do to any other process. Returns where the signal has a handler, ends nobody or is none."""
    if number not in _IGNORED and number in signal.valid_signals():
        if number == signal.SIGKILL or signal.getsignal(number) == signal.SIG_DFL:
            end(number)


def _name_of(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        # One of the nameless ones between SIGRTMIN and SIGRTMAX.
        return f"SIGRT{number}"
