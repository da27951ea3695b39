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
    return sorted(found, key=lambda literal: literal["line"])[:_LITERALS]


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
