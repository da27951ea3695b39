"""The module `tools`: the tools of the library, loaded when one of them is first asked for."""

import linecache
import sys
import types


def install(tools):
    """Makes `from tools import <name>` work for `tools`, a list of records with name, language, code and function."""
    by_name = {tool["name"]: tool for tool in tools}
    loaded = {}

    def load(name):
        if name in loaded:
            if loaded[name] is None:
                raise ImportError(f"the tool {name!r} imports itself, directly or through another tool")
            return loaded[name]
        tool = by_name.get(name)
        if tool is None:
            known = ", ".join(sorted(by_name)) or "none"
            raise AttributeError(f"there is no tool {name!r}; tools of this execution: {known}")
        if tool["language"] != "python":
            raise ImportError(f"the tool {name!r} is written in {tool['language']}: Python code cannot import it")
        loaded[name] = None
        try:
            loaded[name] = _load_tool(tool)
        finally:
            if loaded[name] is None:
                del loaded[name]
        return loaded[name]

    module = types.ModuleType("tools", "The tools of this execution.")
    module.__path__ = []
    module.__all__ = sorted(by_name)
    module.__getattr__ = load
    module.__dir__ = lambda: sorted(by_name)
    sys.modules["tools"] = module


def _load_tool(tool):
    name = f"<tool {tool['name']}>"
    module = types.ModuleType(f"tools.{tool['name']}")
    module.__file__ = name
    sys.modules[module.__name__] = module
    code = tool["code"]
    linecache.cache[name] = (len(code), None, code.splitlines(True), name)
    exec(compile(code, name, "exec", dont_inherit=True), module.__dict__)
    function = getattr(module, tool["function"], None)
    if function is None:
        raise ImportError(f"the tool {tool['name']!r} does not define {tool['function']!r}")
    return function

