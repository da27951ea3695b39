"""An exception as plain text, whatever its class does when it is asked. Trusted code around untrusted objects."""

import sys
import traceback

_MESSAGE_CHARACTERS = 10_000
_TRACEBACK_CHARACTERS = 20_000
_FRAMES = 30


def describe(error, format_exception=traceback.format_exception):
    """(exit code or None, record of type, message and traceback)."""
    if isinstance(error, SystemExit):
        code = error.code
        if not isinstance(code, int):
            _print(code)
            return 1, _record("SystemExit", _text(code), "")
        return code & 0xFF, _record("SystemExit", f"the program ended with exit code {code}", "")
    return None, _record(_text(type(error).__name__), _text(error), _traceback(error, format_exception))


def _record(kind, message, trace):
    return {"type": kind[:200], "message": message, "traceback": trace}


def _text(value):
    try:
        return str(value)[:_MESSAGE_CHARACTERS]
    except BaseException as failure:
        # `__str__` raised: the name of the class is all that is left.
        return f"<{type(value).__name__}; its text could not be made: {type(failure).__name__}>"


def _traceback(error, format_exception):
    """Without the frames of the harness, whose files are none of the program's business."""
    try:
        trace = error.__traceback__
        while trace is not None and not _is_program(trace):
            trace = trace.tb_next
        lines = format_exception(type(error), error, trace, limit=-_FRAMES)
        text = "".join(lines)
    except BaseException as failure:
        return f"<the traceback could not be made: {type(failure).__name__}>"
    return text if len(text) <= _TRACEBACK_CHARACTERS else "…" + text[-_TRACEBACK_CHARACTERS:]


def _is_program(trace):
    return not trace.tb_frame.f_code.co_filename.startswith("/opt/guest/")


def _print(value):
    try:
        print(value, file=sys.stderr)
    except BaseException:
        # The program has replaced its stderr: the message still stands in the record.
        pass
