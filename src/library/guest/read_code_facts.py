"""What stands in a module's code, for the checks on the host. Third part of a program that the host puts together."""

import ast
import importlib.util
import sys

_LITERALS = 2000
_CALLS = 2000
_TEXT_CHARACTERS = 200


def read_code_facts(module, function):
    """Literals, calls, what runs at import, and imports that are not to be had here."""
    skipped = _docstrings(module) | _defaults(function) | _hints(module)
    return {
        "literals": _literals(module, skipped),
        "calls": _calls(module),
        "definitions": _definitions(module),
        "atImport": _at_import(module),
        "swallows": _swallows(module),
        "patches": _patches(module),
        "modules": sorted(_modules(module)),
        "packages": sorted(name for name in top_level_imports(module) if name not in sys.stdlib_module_names),
        "unavailableImports": [name for name in sorted(top_level_imports(module)) if not _is_available(name)],
    }


def top_level_imports(module):
    return {name.partition(".")[0] for name in _modules(module)}


def _modules(module):
    """Modules by full name; `from urllib import request` is `urllib.request` as well as `urllib`."""
    names = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in names if name.partition(".")[0] not in ("tools", "__future__")}


def _definitions(module):
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [statement.name for statement in module.body if isinstance(statement, kinds)][:_CALLS]


def _is_available(name):
    """Looks for the package without importing it."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


def _docstrings(module):
    found = set()
    for node in ast.walk(module):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                found.add(id(first.value))
    return found


def _defaults(function):
    values = [*function.args.defaults, *function.args.kw_defaults]
    return {id(part) for value in values if value is not None for part in ast.walk(value)}


def _hints(module):
    hints = []
    for node in ast.walk(module):
        hints.extend(getattr(node, name, None) for name in ("annotation", "returns"))
    return {id(part) for hint in hints if hint is not None for part in ast.walk(hint)}


def _literals(module, skipped):
    found = []
    for node in ast.walk(module):
        if not isinstance(node, ast.Constant) or id(node) in skipped or isinstance(node.value, bool):
            continue
        if isinstance(node.value, str) and node.value.strip():
            found.append({"value": node.value[:_TEXT_CHARACTERS], "line": node.lineno})
        elif isinstance(node.value, (int, float)) and abs(node.value) < 1e300:
            found.append({"value": node.value, "line": node.lineno})
    found.extend(_computed(module, skipped))
    return sorted(found, key=lambda literal: literal["line"])[:_LITERALS]


def _computed(module, skipped):
    """Numbers that are put together of literals, such as `1000 + 234.5`."""
    found = []
    for node in ast.walk(module):
        if isinstance(node, ast.BinOp) and id(node) not in skipped:
            value = _value_of(node, 0)
            if value is not None and abs(value) < 1e300:
                found.append({"value": value, "line": node.lineno})
    return found


_OPERATORS = {
    ast.Add: lambda one, other: one + other,
    ast.Sub: lambda one, other: one - other,
    ast.Mult: lambda one, other: one * other,
    ast.Div: lambda one, other: one / other if other else None,
}


def _value_of(node, depth):
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) in (int, float) and abs(node.value) < 1e100 else None
    if not isinstance(node, ast.BinOp) or type(node.op) not in _OPERATORS or depth > 4:
        return None
    one, other = _value_of(node.left, depth + 1), _value_of(node.right, depth + 1)
    if one is None or other is None:
        return None
    value = _OPERATORS[type(node.op)](one, other)
    # Decimals that were added: 1000 + 234.5 is meant, whatever the last bit says.
    return None if value is None else float(f"{value:.12g}")


def _swallows(module):
    handlers = [node for node in ast.walk(module) if isinstance(node, ast.ExceptHandler)]
    return sorted(node.lineno for node in handlers if _catches_all(node.type) and all(map(_does_nothing, node.body)))


def _catches_all(kind):
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(one is None or (isinstance(one, ast.Name) and one.id in ("Exception", "BaseException")) for one in kinds)


def _does_nothing(statement):
    if isinstance(statement, (ast.Pass, ast.Continue)):
        return True
    if isinstance(statement, ast.Return):
        value = statement.value
        return value is None or isinstance(value, ast.Constant) or _is_empty(value)
    return False


def _is_empty(value):
    return (isinstance(value, (ast.List, ast.Tuple)) and not value.elts) or (isinstance(value, ast.Dict) and not value.keys)


def _patches(module):
    """Attributes of the standard library's modules, and of built-in types, that the code sets."""
    names = {"builtins"}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                package = alias.name.partition(".")[0]
                if package in sys.stdlib_module_names:
                    names.add(alias.asname or package)
    found = []
    for node in ast.walk(module):
        targets = node.targets if isinstance(node, (ast.Assign, ast.Delete)) else [getattr(node, "target", None)]
        for target in targets:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id in names:
                found.append({"name": dotted_name(target), "line": target.lineno})
    return found[:20]


def _calls(module):
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call)]
    named = [{"name": dotted_name(node.func), "line": node.lineno} for node in calls]
    return sorted((call for call in named if call["name"]), key=lambda call: call["line"])[:_CALLS]


def dotted_name(node):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join(reversed([*parts, node.id])) if isinstance(node, ast.Name) else ""


def _at_import(module):
    """Statements of the module's top level that do more than define, with the calls in them."""
    found = []
    for statement in module.body:
        kind = _import_time_kind(statement)
        if kind is not None:
            calls = [dotted_name(node.func) for node in ast.walk(statement) if isinstance(node, ast.Call)]
            found.append({"kind": kind, "line": statement.lineno, "calls": [name for name in calls if name][:20]})
    return found[:50]


def _import_time_kind(statement):
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)):
        return None
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return "assignment" if any(isinstance(node, ast.Call) for node in ast.walk(statement)) else None
    if isinstance(statement, ast.Expr):
        return None if isinstance(statement.value, ast.Constant) else "expression"
    if isinstance(statement, ast.If):
        # `if __name__ == "__main__"` does not run in a tool, `if TYPE_CHECKING` does nothing.
        names = {node.id for node in ast.walk(statement.test) if isinstance(node, ast.Name)}
        attributes = {node.attr for node in ast.walk(statement.test) if isinstance(node, ast.Attribute)}
        return None if {"__name__", "TYPE_CHECKING"} & (names | attributes) else "statement"
    if isinstance(statement, ast.Try):
        inner = [_import_time_kind(part) for part in [*statement.body, *statement.orelse, *statement.finalbody]]
        return next((kind for kind in inner if kind is not None), None)
    return None if statement.__class__.__name__ == "TypeAlias" else "statement"
