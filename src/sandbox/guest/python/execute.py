"""Runs one program, or calls one function of it, and sends its value. The harness around user code. Trusted code.

It holds nothing that the program must not see: no expected values, no keys, no other inputs. What it sends is only the
program's claim; the host decides the status from what the kernel says.
"""

import asyncio
import builtins
import gc
import inspect
import io
import json
import linecache
import os
import random
import sys
import types

import describe_error
import encode_value
import end_program
import frames
import honest_exits
import host_functions
import leftovers
import libc
import plots
import tool_modules
import warm_up as first_calls
import without_arrow

PROGRAM = "<program>"
_NOTHING = object()
_INPUT = "/box/input"
_OUTPUT = "/box/output"
_DESCRIPTORS = 65_536


class _Result:
    """What `result(value)` of the program keeps: the last value that was given."""

    def __init__(self):
        self.value = _NOTHING

    def __call__(self, value=None):
        self.value = value


def serve(control, warm=True):
    """In the jailed child: gets warm, says that it is ready, waits for the one request, executes it, ends the process."""
    _reseed()
    _open_streams()
    if warm:
        warm_up()
        _rehearse()
    tool_modules.install([])
    honest_exits.install(control, _count_outputs)
    plots.install()
    end_program.note()
    # What is there lives as long as the process: a collection in the middle of the program need not look at it.
    gc.freeze()
    gc.enable()
    frames.send_frame(control, b'{"type":"ready"}')
    request = frames.receive_frame(control)
    if request is None:
        os._exit(0)
    speaker = os.getpid()
    reply = _reply_to(request, control)
    # A process that the program forked ends up here too: only the first one speaks for the execution.
    _flush_streams()
    if os.getpid() != speaker:
        os._exit(0)
    frames.send_frame(control, reply)
    for number in (1, 2):
        # The host knows that it has all output once it has read to the end. While it reads the frame, this is done.
        libc.shut_down(number)
    os._exit(0)


def _reply_to(request, control, describe=describe_error.describe):
    """Runs the request and returns the body of the frame."""
    encoder = encode_value.Encoder(request["valueBytes"])
    given = _Result()
    try:
        try:
            _run(request, given, control)
        except SystemExit as end:
            if end.code not in (None, 0):
                raise
        _hand_over_files()
        head, body = b'{"type":"result","ok":true,', b'"hasValue":false'
        if given.value is not _NOTHING:
            body = b'"hasValue":true,"value":' + encoder.encode(given.value)
            if encoder.notes:
                body += b',"notes":' + encoder.encode_notes()
    except BaseException as error:
        code, record = describe(error)
        head, body = b'{"type":"result","ok":false,', encoder.encode_error(record, code)
    try:
        end_program.end()
    except BaseException:
        # A failing exit handler is printed by Python itself and does not change the outcome.
        pass
    return head + body + b',"outputs":%d}' % _count_outputs()


def _run(request, given, control=None):
    code, call = request["code"], request["call"]
    name = "__main__" if call is None else "tool"
    module = types.ModuleType(name)
    module.__dict__["__builtins__"] = builtins
    module.__file__ = PROGRAM
    # Some of the standard library (multiprocessing, pickle) asks for `__main__`, whatever the program is called.
    sys.modules["__main__"] = sys.modules[name] = module
    builtins.result = given
    without_arrow.forget_pandas([code, *(tool["code"] for tool in request["tools"])])
    if request["tools"]:
        tool_modules.install(request["tools"])
    if request.get("host"):
        host_functions.install(request["host"], request["hostLimits"], control)
    # At the end: a module that lies beside the program is found, and hides no other.
    if _INPUT not in sys.path:
        sys.path.append(_INPUT)
    linecache.cache[PROGRAM] = (len(code), None, code.splitlines(True), PROGRAM)
    exec(compile(code, PROGRAM, "exec", dont_inherit=True), module.__dict__)
    if call is None:
        return
    # Only what the function returns is its value, whatever it has given to `result` on the way.
    given.value = _NOTHING
    function = getattr(module, call["function"], None)
    if not callable(function):
        raise NameError(f"the code does not define a function {call['function']!r}")
    value = function(**encode_value.decode(call["arguments"]))
    given.value = asyncio.run(_awaited(value)) if inspect.isawaitable(value) else value


def _hand_over_files():
    """What a program has shown, or left where it stood. Whatever goes wrong here costs these files and nothing else."""
    try:
        plots.save_open()
        leftovers.hand_over()
    except Exception as error:
        print(f"files could not be handed over: {type(error).__name__}: {error}", file=sys.stderr)


async def _awaited(value):
    return await value


def _count_outputs(listdir=os.listdir, closerange=os.closerange, most=_DESCRIPTORS):
    """One where they cannot be counted: then the host looks. The defaults keep what user code could replace."""
    try:
        # A program that has opened all it may has left no descriptor to read a folder with.
        closerange(4, most)
        return len(listdir(_OUTPUT))
    except OSError:
        return 1


def _open_streams():
    sys.stdin = open(0, encoding="utf-8", closefd=False)
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = io.TextIOWrapper(
            io.BufferedWriter(io.FileIO(number, "w", closefd=False)),
            encoding="utf-8",
            errors="backslashreplace",
            line_buffering=True,
        )
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _flush_streams():
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()
        except BaseException:
            # Closed or replaced by the program: there is nothing more to be had from it.
            pass


def _reseed():
    """Every fork starts from the same state of the generators: give each its own."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed(int.from_bytes(os.urandom(4), "little"))
    tempfile = sys.modules.get("tempfile")
    if tempfile is not None:
        tempfile._name_sequence = None


def _rehearse():
    """Goes the way of a real request once, so that the pages on it are this process's own already."""
    body = json.dumps({"code": "result(1)", "call": None, "tools": [], "valueBytes": 1000})
    request = json.loads(body)
    given = _Result()
    _run(request, given)
    encode_value.Encoder(request["valueBytes"]).encode(given.value)
    _count_outputs()
    _forget_program()


def _forget_program():
    for name in ("__main__", "tool", "tools"):
        sys.modules.pop(name, None)
    del builtins.result
    linecache.cache.pop(PROGRAM, None)


def warm_up():
    """Touches what the first use would touch: imports in the zygote, pages copied on write in each child."""
    first_calls.run()
