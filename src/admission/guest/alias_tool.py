"""Writes a module with a function's name, parameters and docstring that calls another tool. Nothing of the code is run."""

import ast


def alias_code(code, function, target, names, constants):
    """`names`: pairs of a parameter's name here and its name there; `constants`: what is always passed. None where the function takes any arguments."""
    tree = ast.parse(code)
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    if len(found) != 1:
        return None
    header = found[0]
    parameters = header.args
    if parameters.vararg or parameters.kwarg:
        return None
    given = {argument.arg for argument in parameters.posonlyargs + parameters.args + parameters.kwonlyargs}
    if given != {here for here, _there in names}:
        return None
    docstring = header.body[:1] if ast.get_docstring(header) is not None else []
    keywords = [ast.keyword(there, ast.Name(here, ast.Load())) for here, there in names]
    keywords += [ast.keyword(name, ast.parse(repr(value), mode="eval").body) for name, value in constants.items()]
    call = ast.Return(ast.Call(ast.Name("_kept", ast.Load()), [], keywords))
    header.body = [*docstring, call]
    header.decorator_list = []
    needed = _needed(tree, header)
    future = [node for node in needed if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    rest = [node for node in needed if node not in future]
    imported = ast.ImportFrom("tools", [ast.alias(target, "_kept")], 0)
    module = ast.Module([*future, imported, *rest, header], [])
    return ast.unparse(ast.fix_missing_locations(module)) + "\n"


def _needed(tree, header):
    """The statements that the header refers to, and those that these refer to; in their order."""
    names = _names(header)
    kept = []
    grew = True
    while grew:
        grew = False
        for node in tree.body:
            if node is header or node in kept or not _is_needed(node, names):
                continue
            kept.append(node)
            names |= _names(node)
            grew = True
    return [node for node in tree.body if node in kept]


def _is_needed(node, names):
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return True
    return bool(_bound(node) & names)


def _bound(node):
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _names(node):
    names = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name):
            names.add(part.id)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and len(part.value) < 200:
            # Hints may stand in quotes.
            try:
                names |= {inner.id for inner in ast.walk(ast.parse(part.value, mode="eval")) if isinstance(inner, ast.Name)}
            except (SyntaxError, ValueError):
                continue
    return names
