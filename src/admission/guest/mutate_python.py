"""Makes mutants of a Python module from its syntax tree. Last part of a program that the host puts together.

The module is data here: it is parsed, changed and written again, and never run or imported.
"""

import ast


def list_mutations(code):
    """All small changes that can be made to `code`, in the order of the tree; or why there are none."""
    tree, problem = _parse(code)
    if problem is not None:
        return {"problem": problem}
    try:
        return {"mutations": [candidate.describe() for candidate in Finder().find(tree)]}
    except RecursionError:
        return {"problem": "The code is nested too deeply."}


def write_mutants(code, indices, limit):
    """The first `limit` of the changes with these indices that make another module than those before, as whole modules."""
    tree, problem = _parse(code)
    if problem is not None:
        return {"problem": problem}
    candidates = Finder().find(tree)
    seen = {ast.unparse(tree)}
    written = []
    for index in indices:
        if len(written) == limit:
            break
        text = _write(tree, candidates[index])
        if text is not None and text not in seen:
            seen.add(text)
            written.append({"index": index, "code": text})
    return {"mutants": written}


def _parse(code):
    try:
        return ast.parse(code), None
    except SyntaxError as error:
        return None, f"Line {error.lineno}: SyntaxError: {error.msg}."
    except (ValueError, RecursionError, MemoryError) as error:
        return None, f"The code cannot be parsed: {error}."


def _write(tree, candidate):
    """The changed module, or None where the change does not make one (a nested quotation that cannot be written)."""
    candidate.apply()
    try:
        text = ast.unparse(tree) + "\n"
        compile(text, "<mutant>", "exec", dont_inherit=True)
        return text
    except (SyntaxError, ValueError, RecursionError):
        return None
    finally:
        candidate.undo()
