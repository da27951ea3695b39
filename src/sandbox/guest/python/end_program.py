"""What the interpreter does at its end: waits for the threads, runs the exit handlers. Trusted code around untrusted.

Most programs have neither. Going the whole way for them all the same touches what no slot has touched before: 0.2 ms.
"""

import atexit
import logging
import threading

# Registered before any other, and so run last: `end` calls it itself, where there is something to shut down.
atexit.unregister(logging.shutdown)
_known = {"handlers": 0, "callbacks": 0}


def note():
    """Before the program: what is there already, and has nothing to do at the end."""
    _known["handlers"] = len(logging._handlerList)
    _known["callbacks"] = _count_callbacks()


def end():
    """Raises what an exit handler raises."""
    try:
        # The first is the main thread. Without another one only what was registered to run before the threads is left.
        if len(threading._active) + len(threading._limbo) > 1 or _count_callbacks() != _known["callbacks"]:
            threading._shutdown()
        if atexit._ncallbacks() > 0:
            atexit._run_exitfuncs()
    finally:
        if len(logging._handlerList) > _known["handlers"]:
            logging.shutdown()


def _count_callbacks():
    return len(threading._threading_atexits)
