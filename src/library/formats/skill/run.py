"""Calls the tool of this skill and prints its value as JSON.

    python3 run.py '{"values": [1, 2, 3]}'
    python3 run.py < arguments.json
"""

import asyncio
import importlib.util
import inspect
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent


def main():
    text = sys.argv[1] if len(sys.argv) > 1 else sys.stdin.read()
    try:
        arguments = json.loads(text)
    except ValueError as error:
        sys.exit(f"The arguments are not JSON: {error}")
    if not isinstance(arguments, dict):
        sys.exit("The arguments have to be one JSON object: a value for each parameter by its name.")
    value = load_function()(**arguments)
    if inspect.isawaitable(value):
        value = asyncio.run(await_value(value))
    print(json.dumps(value, default=to_plain, ensure_ascii=False))


def load_function():
    tool = json.loads((FOLDER / "tool.json").read_text("utf-8"))
    # `from tools import ...` finds the tools that this one imports. It is loaded by its path, not by its name: a tool
    # may be called like a module of the standard library.
    sys.path.insert(0, str(FOLDER / "imports"))
    spec = importlib.util.spec_from_file_location(f"skill_{tool['name']}", FOLDER / tool["script"])
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return getattr(module, tool["function"])


async def await_value(value):
    return await value


def to_plain(value):
    """What `json` does not know: tables, arrays, dates, sets."""
    if hasattr(value, "to_dict"):
        return value.to_dict("records") if hasattr(value, "columns") else value.tolist()
    for name in ("tolist", "isoformat"):
        if hasattr(value, name):
            return getattr(value, name)()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    return str(value)


if __name__ == "__main__":
    main()
