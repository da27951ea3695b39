"""Calls a tool several times in a world of the host's making and tells what came of it. Last part of a program that the
host puts together. It holds no expected value: the host compares."""

import ast
import asyncio
import copy
import inspect
import linecache
import os
import pickle
import subprocess
import sys
import types

_MESSAGE = 300


def observe(modules, tool, calls, settings):
    """What each of `calls` (lists of named arguments) gives, and what the tool read besides."""
    reads = Reads()
    world = World(settings, reads)
    world.enter()
    outcomes, changed = _call_all(modules, tool, calls, settings["reverse"], reads, world)
    return {
        "outcomes": outcomes,
        "reads": reads.to_json(),
        "changedArguments": sorted(changed),
        "usesHashOrder": any(_uses_hash_order(module["code"]) for module in modules),
    }


def observe_hash_orders(modules, tool, calls, seeds, source):
    """The same calls in new interpreters, one for each hash seed. `source` is this program's own text."""
    request = pickle.dumps((modules, tool, calls))
    # Classes that the tool defines are found by name when their instances come back.
    _install(modules, tool)
    return [_in_new_interpreter(source, request, seed) for seed in seeds]


def _in_new_interpreter(source, request, seed):
    target = f"/tmp/observed-{seed}"
    done = subprocess.run(
        [sys.executable, "-c", f"{source}\n_answer({target!r})"],
        input=request,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONHASHSEED": str(seed)},
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr.decode("utf-8", "replace")[-_MESSAGE:])
    with open(target, "rb") as file:
        return pickle.load(file)


def _answer(target):
    modules, tool, calls = pickle.load(sys.stdin.buffer)
    outcomes, _changed = _call_all(modules, tool, calls, False, None, None)
    with open(target, "wb") as file:
        pickle.dump([_picklable(outcome) for outcome in outcomes], file)


def _picklable(outcome):
    """A value that cannot leave its interpreter is left out, and not compared."""
    try:
        pickle.dumps(outcome)
        return outcome
    except Exception:
        return {"kind": "unknown"}


def _call_all(modules, tool, calls, reverse, reads, world):
    if reads is not None:
        reads.begin([])
    try:
        function = _install(modules, tool)
    except BaseException as error:
        return [_failure(error) for _call in calls], set()
    outcomes, changed = [None] * len(calls), set()
    places = range(len(calls))
    for place in reversed(places) if reverse else places:
        arguments = copy.deepcopy(calls[place])
        if world is not None:
            world.reseed()
        if reads is not None:
            reads.begin(arguments)
        try:
            value = function(**arguments)
            value = asyncio.run(_awaited(value)) if inspect.isawaitable(value) else value
            # A later call must not change what this one gave.
            outcomes[place] = {"kind": "value", "value": copy.deepcopy(value)}
        except BaseException as error:
            outcomes[place] = _failure(error)
        if reads is not None:
            reads.end()
        if not _same(arguments, calls[place]):
            changed.add(place)
    return outcomes, changed


async def _awaited(value):
    return await value


def _failure(error):
    return {"kind": "error", "type": type(error).__name__, "message": str(error)[:_MESSAGE]}


def _same(one, other):
    try:
        return bool(one == other)
    except Exception:
        # An array that the tool put into its arguments has no single truth value.
        return False


def _install(modules, tool):
    """Makes `from tools import …` work for `modules`, and gives the function of `tool`."""
    by_name = {module["name"]: module for module in modules}
    loaded = {}

    def load(name):
        if name not in by_name:
            raise AttributeError(f"there is no tool {name!r}")
        if name not in loaded:
            loaded[name] = _load(by_name[name])
        return loaded[name]

    package = types.ModuleType("tools")
    package.__path__ = []
    package.__getattr__ = load
    sys.modules["tools"] = package
    return load(tool)


def _load(module):
    file = f"<tool {module['name']}>"
    loaded = types.ModuleType(f"tools.{module['name']}")
    loaded.__file__ = file
    sys.modules[loaded.__name__] = loaded
    code = module["code"]
    linecache.cache[file] = (len(code), None, code.splitlines(True), file)
    exec(compile(code, file, "exec", dont_inherit=True), loaded.__dict__)
    return getattr(loaded, module["function"])


def _uses_hash_order(code):
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError):
        return False
    names = {"set", "frozenset", "hash"}
    return any(
        isinstance(node, (ast.Set, ast.SetComp)) or (isinstance(node, ast.Name) and node.id in names)
        for node in ast.walk(tree)
    )
