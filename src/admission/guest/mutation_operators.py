"""Which operator, number, condition or result becomes which. First part of a program that the host puts together."""

import ast

COMPARISONS = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
# Their opposite is the negated condition.
TWO_WAY = (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot)
ARITHMETIC = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_COUNTERPARTS = (
    ("min", "max"),
    ("any", "all"),
    ("floor", "ceil"),
    ("argmin", "argmax"),
    ("startswith", "endswith"),
    ("upper", "lower"),
    ("bisect_left", "bisect_right"),
)
CALLS = {name: other for pair in _COUNTERPARTS for name, other in (pair, pair[::-1])}
# Two sides of which the operators above mean something else, or only raise a TypeError.
_NOT_NUMBERS = (ast.JoinedStr, ast.List, ast.ListComp, ast.Tuple, ast.Dict, ast.Set)
# A tolerance so small that whatever is nearer to zero does the same.
_TINY = 1e-6


def is_text_or_list(node):
    if isinstance(node, ast.BinOp):
        return is_text_or_list(node.left) or is_text_or_list(node.right)
    return isinstance(node, _NOT_NUMBERS) or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))


def as_number(node):
    """The number that a literal stands for, its sign included; None for anything else."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = as_number(node.operand)
        return None if inner is None or isinstance(node.operand, ast.UnaryOp) else -inner
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return node.value
    return None


def number_node(number):
    literal = ast.Constant(value=abs(number))
    return ast.UnaryOp(op=ast.USub(), operand=literal) if number < 0 else literal


def other_numbers(number):
    """One more, one less, zero, negated; each once, none of them the number itself."""
    wanted = [number + 1, 0] if 0 < abs(number) < _TINY else [number + 1, number - 1, 0, -number]
    found = []
    for other in wanted:
        if other != number and other not in found:
            found.append(other)
    return found


def plus(node, step):
    """`node + step`, for a bound off by one."""
    return ast.BinOp(left=node, op=ast.Add() if step > 0 else ast.Sub(), right=ast.Constant(value=1))


def negated(node):
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return node.operand
    return ast.UnaryOp(op=ast.Not(), operand=node)


def other_results(value, hint):
    """What a function gives instead of `value`; `hint` is the text of its return type."""
    nothing = ast.Constant(value=None)
    if isinstance(value, ast.Constant):
        return [] if value.value is None else [nothing]
    if isinstance(value, (ast.Compare, ast.BoolOp)) or hint == "bool":
        return [nothing, negated(value)]
    return [nothing, *_empty(value, hint)]


def _empty(value, hint):
    if isinstance(value, (ast.List, ast.ListComp)) or hint.startswith(("list", "List", "Sequence")):
        return [] if isinstance(value, ast.List) and not value.elts else [ast.List(elts=[], ctx=ast.Load())]
    if isinstance(value, (ast.Dict, ast.DictComp)) or hint.startswith(("dict", "Dict")):
        return [] if isinstance(value, ast.Dict) and not value.keys else [ast.Dict(keys=[], values=[])]
    if isinstance(value, ast.JoinedStr) or hint == "str":
        return [ast.Constant(value="")]
    return [ast.Constant(value=0)] if hint.startswith(("int", "float")) else []


def keeps_the_larger(test, value, target):
    """True for `if a > b: b = a` and `a if a > b else b`: with `>=` they do the same."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or isinstance(test.ops[0], TWO_WAY):
        return False
    compared = {ast.unparse(test.left), ast.unparse(test.comparators[0])}
    return compared == {ast.unparse(value), ast.unparse(target)}
