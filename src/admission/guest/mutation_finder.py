"""Walks a module's syntax tree and finds the places to change. Second part of a program that the host puts together."""

import ast

_LINE = 120
# Not what the tool computes: messages, progress, what only a type checker reads.
_SILENT_CALLS = {"print", "warn", "debug", "info", "warning", "error", "exception", "log"}
_SILENT_OWNERS = {"logging", "logger", "log", "warnings"}
_SKIPPED_FIELDS = {
    "FunctionDef": {"decorator_list", "returns"},
    "AsyncFunctionDef": {"decorator_list", "returns"},
    "ClassDef": {"decorator_list", "bases", "keywords"},
    "arg": {"annotation"},
    "AnnAssign": {"annotation"},
    "Assert": {"msg"},
    "ExceptHandler": {"type"},
}
_SKIPPED_NODES = (ast.Import, ast.ImportFrom, ast.Raise, ast.Global, ast.Nonlocal)


class Candidate:
    """One change: `apply` makes it in the tree, `undo` takes it back."""

    def __init__(self, kind, line, place, new):
        self.kind = kind
        self.line = line
        self._place = place
        self._old = _get(place)
        self._new = new

    def describe(self):
        return {"kind": self.kind, "line": self.line, "before": _text(self._old), "after": _text(self._new)}

    def apply(self):
        _set(self._place, self._new)

    def undo(self):
        _set(self._place, self._old)


def _get(place):
    parent, field, index = place
    value = getattr(parent, field)
    return value if index is None else value[index]


def _set(place, node):
    parent, field, index = place
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _text(node):
    if node is None:
        return "nothing"
    if isinstance(node, (ast.operator, ast.cmpop, ast.boolop)):
        return type(node).__name__
    text = node if isinstance(node, str) else ast.unparse(node)
    line = " ".join(text.split())
    return line if len(line) <= _LINE else line[: _LINE - 1] + "…"


class Finder:
    def __init__(self):
        self.found = []
        self._hints = [""]
        self._assigned = [set()]
        self._loops = []

    def find(self, tree):
        self._children(tree)
        return self.found

    def _add(self, kind, node, place, *news):
        self.found.extend(Candidate(kind, getattr(node, "lineno", 0), place, new) for new in news)

    def _visit(self, node, place):
        if isinstance(node, ast.stmt):
            self._at_statement(node, place)
        if _is_skipped(node):
            return
        act = getattr(self, f"_at_{type(node).__name__}", None)
        # An act that returns True has looked at the children itself.
        if act is None or not act(node, place):
            self._children(node)
        self._note_names(node)

    def _children(self, node, without=()):
        skipped = _SKIPPED_FIELDS.get(type(node).__name__, ())
        for field, value in ast.iter_fields(node):
            if field in skipped or field in without:
                continue
            if isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, ast.AST):
                        self._visit(item, (node, field, index))
            elif isinstance(value, ast.AST):
                self._visit(value, (node, field, None))

    def _note_names(self, node):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            self._assigned[-1].add(node.id)
        elif isinstance(node, ast.arg):
            self._assigned[-1].add(node.arg)

    def _at_FunctionDef(self, node, place):
        self._hints.append("" if node.returns is None else ast.unparse(node.returns))
        self._assigned.append(set())
        loops, self._loops = self._loops, []
        self._children(node)
        self._hints.pop()
        self._assigned.pop()
        self._loops = loops
        return True

    _at_AsyncFunctionDef = _at_FunctionDef

    def _at_statement(self, node, place):
        if self._can_be_dropped(node, place):
            self._add("statement", node, place, ast.copy_location(ast.Pass(), node))

    def _can_be_dropped(self, node, place):
        parent, field, index = place
        if isinstance(node, ast.Expr):
            return isinstance(node.value, (ast.Call, ast.Await)) and not _is_silent(node.value)
        if isinstance(node, ast.AugAssign):
            return True
        if isinstance(node, ast.Assign):
            target = node.targets[0]
            if isinstance(target, (ast.Subscript, ast.Attribute)):
                return True
            # Without its first assignment a name is only missing.
            return isinstance(target, ast.Name) and target.id in self._assigned[-1] and len(self._assigned) > 1
        if isinstance(node, ast.Raise):
            # Alone in its `if` it goes with the condition.
            return not (isinstance(parent, ast.If) and len(parent.body) == 1 and field == "body")
        if isinstance(node, ast.Continue):
            is_last = isinstance(parent, (ast.For, ast.While)) and index == len(parent.body) - 1
            return not is_last
        # Without it a `while` would often never end: that says nothing about the tests.
        return isinstance(node, ast.Break) and bool(self._loops) and isinstance(self._loops[-1], ast.For)

    def _at_For(self, node, place):
        return self._loop(node)

    def _at_While(self, node, place):
        if not isinstance(node.test, ast.Constant):
            self._add("condition", node.test, (node, "test", None), ast.Constant(value=False))
        return self._loop(node)

    def _loop(self, node):
        self._loops.append(node)
        self._children(node)
        self._loops.pop()
        return True

    def _at_If(self, node, place):
        is_guard = isinstance(node.body[-1], ast.Raise) and not node.orelse
        self._condition(node, is_guard)
        same = len(node.body) == 1 and isinstance(node.body[0], ast.Assign) and not node.orelse
        if same and keeps_the_larger(node.test, node.body[0].value, node.body[0].targets[0]):
            self._children(node, without=("test",))
            return True
        return False

    def _at_IfExp(self, node, place):
        self._condition(node, False)
        if keeps_the_larger(node.test, node.body, node.orelse):
            self._children(node, without=("test",))
            return True
        return False

    def _condition(self, node, is_guard):
        place, test = (node, "test", None), node.test
        if isinstance(test, ast.Constant):
            return
        self._add("condition", test, place, ast.Constant(value=False))
        if is_guard:
            # Turned round, it only refuses every input.
            return
        self._add("condition", test, place, ast.Constant(value=True))
        two_way = isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], TWO_WAY)
        if not two_way:
            self._add("condition", test, place, negated(test))

    def _at_comprehension(self, node, place):
        for index, test in enumerate(node.ifs):
            self._add("condition", test, (node, "ifs", index), ast.Constant(value=True), negated(test))

    def _at_Compare(self, node, place):
        for index, operator in enumerate(node.ops):
            other = COMPARISONS[type(operator)]()
            changed = [*node.ops[:index], other, *node.ops[index + 1 :]]
            new = ast.Compare(left=node.left, ops=changed, comparators=node.comparators)
            self._add("comparison", node, place, new)

    def _at_BoolOp(self, node, place):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        self._add("boolean", node, place, ast.BoolOp(op=other, values=node.values))

    def _at_BinOp(self, node, place):
        other = ARITHMETIC.get(type(node.op))
        if other is not None and not is_text_or_list(node.left) and not is_text_or_list(node.right):
            self._add("arithmetic", node, place, ast.BinOp(left=node.left, op=other(), right=node.right))

    def _at_AugAssign(self, node, place):
        other = ARITHMETIC.get(type(node.op))
        if other is not None and not is_text_or_list(node.value):
            new = ast.AugAssign(target=node.target, op=other(), value=node.value)
            self._add("arithmetic", node, place, ast.copy_location(new, node))

    def _at_UnaryOp(self, node, place):
        number = as_number(node)
        if number is not None:
            self._add("constant", node, place, *[number_node(other) for other in other_numbers(number)])
            return True
        parent, field, _index = place
        if isinstance(node.op, ast.USub):
            self._add("arithmetic", node, place, node.operand)
        elif isinstance(node.op, ast.Not) and not (isinstance(parent, (ast.If, ast.IfExp)) and field == "test"):
            self._add("boolean", node, place, node.operand)
        return False

    def _at_Constant(self, node, place):
        if isinstance(node.value, bool):
            self._add("constant", node, place, ast.Constant(value=not node.value))
        elif type(node.value) in (int, float):
            self._add("constant", node, place, *[number_node(other) for other in other_numbers(node.value)])

    def _at_Call(self, node, place):
        name = _tail(node.func)
        if name == "range" and isinstance(node.func, ast.Name):
            stop = 0 if len(node.args) == 1 else 1
            for index, argument in enumerate(node.args[:2]):
                if as_number(argument) is None:
                    steps = (-1, 1) if index == stop else (1,)
                    self._add("range", argument, (node, "args", index), *[plus(argument, step) for step in steps])
        elif name in CALLS:
            field = "id" if isinstance(node.func, ast.Name) else "attr"
            self._add("call", node, (node.func, field, None), CALLS[name])

    def _at_keyword(self, node, place):
        # Steps of an iteration and its tolerance: nearly all changes leave the result within the test's own.
        return node.arg is not None and node.arg.endswith(("tol", "maxiter", "maxsize", "timeout"))

    def _at_Slice(self, node, place):
        if node.step is not None:
            return
        for field, step, default in (("lower", 1, 1), ("upper", -1, -1)):
            bound = getattr(node, field)
            if bound is None:
                self._add("range", node, (node, field, None), number_node(default))
            elif as_number(bound) is None:
                self._add("range", bound, (node, field, None), plus(bound, step))

    def _at_Return(self, node, place):
        if node.value is not None:
            self._add("return", node, (node, "value", None), *other_results(node.value, self._hints[-1]))


def _is_skipped(node):
    if isinstance(node, _SKIPPED_NODES):
        return True
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Call):
        return _is_silent(node)
    if isinstance(node, ast.If):
        names = {_tail(part) for part in ast.walk(node.test) if isinstance(part, (ast.Name, ast.Attribute))}
        return bool(names & {"__name__", "TYPE_CHECKING"})
    if isinstance(node, ast.Assign):
        return any(isinstance(target, ast.Name) and target.id.startswith("__") for target in node.targets)
    return type(node).__name__ == "TypeAlias"


def _is_silent(node):
    if not isinstance(node, ast.Call):
        return False
    name = _tail(node.func)
    if name.endswith(("Error", "Exception", "Warning")) or name == "print":
        return True
    owner = _tail(node.func.value) if isinstance(node.func, ast.Attribute) else ""
    return owner in _SILENT_OWNERS and name in _SILENT_CALLS


def _tail(node):
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
