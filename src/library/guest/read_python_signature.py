"""The signature of a Python tool, from its syntax tree alone: the module is never run. Last part of a program that the host
puts together; its function is called there. Problems are sentences for the model that wrote the code."""

import ast
import inspect
import re
import warnings


def read_signature(code):
    """`{"signature", "facts"}`, or `{"problems"}`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(code)
    except SyntaxError as error:
        return {"problems": [_syntax_problem(error, code)]}
    except (ValueError, RecursionError, MemoryError) as error:
        return {"problems": [f"The code cannot be parsed: {error or type(error).__name__}."]}
    functions = [node for node in module.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    public = [node for node in functions if not node.name.startswith("_")]
    problems = _count_problems(public, functions) + _import_problems(module)
    if len(public) != 1:
        return {"problems": problems}
    function = public[0]
    reader = _Reader(module, function)
    signature = reader.read()
    problems += reader.problems
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", function.name):
        problems.append(f"The name {function.name[:100]} has to be snake_case, of at most 64 letters.")
    if problems:
        return {"problems": problems}
    return {"signature": signature, "facts": read_code_facts(module, function)}


def _syntax_problem(error, code):
    lines = code.split("\n")
    line = lines[error.lineno - 1].strip()[:200] if error.lineno and error.lineno <= len(lines) else ""
    place = f"Line {error.lineno}: " if error.lineno else ""
    return f"{place}{type(error).__name__}: {error.msg}{f': `{line}`' if line else ''}."


def _count_problems(public, functions):
    if len(public) == 1:
        return []
    if public:
        names = ", ".join(node.name for node in public)
        return [f"There are {len(public)} public functions ({names}): let the names of helpers begin with an underscore."]
    hint = f" All begin with an underscore: {', '.join(node.name for node in functions)}." if functions else ""
    return [f"There is no public function: a tool is a module with one function at its top level.{hint}"]


def _import_problems(module):
    problems = []
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.level > 0:
            problems.append(f"Line {node.lineno}: relative imports do not work in a tool.")
        elif isinstance(node, ast.ImportFrom) and node.module == "tools" and any(item.name == "*" for item in node.names):
            problems.append(f"Line {node.lineno}: import each tool by its name: `from tools import name`.")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tools."):
            problems.append(f"Line {node.lineno}: import tools by `from tools import name`.")
    return problems


class _Reader:
    def __init__(self, module, function):
        self._module = module
        self._function = function
        self._types = Types(module)
        self._constants = {
            node.targets[0].id: node.value
            for node in module.body
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        }
        self.problems = []

    def read(self):
        function = self._function
        document = self._docstring()
        return {
            "name": function.name,
            "function": function.name,
            "language": "python",
            "summary": document.summary,
            "description": document.description,
            "inputSchema": self._input_schema(document),
            "outputSchema": self._output_schema(document),
            "imports": sorted(top_level_imports(self._module)),
            "uses": self._uses(),
        }

    def _docstring(self):
        text = ast.get_docstring(self._function, clean=False)
        if text is None or not text.strip():
            self.problems.append(
                f"{self._function.name} has no docstring: write what it gives, then `Args:`, `Returns:` and `Raises:`."
            )
            return Docstring()
        return read_docstring(inspect.cleandoc(text))

    def _input_schema(self, document):
        arguments = self._function.args
        self._check_kinds(arguments)
        places = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(places) - len(arguments.defaults)) + list(arguments.defaults)
        pairs = [*zip(places, defaults), *zip(arguments.kwonlyargs, arguments.kw_defaults)]
        properties = {place.arg: self._property(place, default, document) for place, default in pairs}
        required = [place.arg for place, default in pairs if default is None]
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}

    def _check_kinds(self, arguments):
        for extra, stars in ((arguments.vararg, "*"), (arguments.kwarg, "**")):
            if extra is not None:
                self.problems.append(f"{stars}{extra.arg} has no schema: give each parameter its own name.")
        if arguments.posonlyargs:
            self.problems.append("Parameters before `/` cannot be passed by name: leave the `/` out.")

    def _property(self, place, default, document):
        if place.annotation is None:
            self.problems.append(f"The parameter {place.arg} has no type hint.")
        schema = self._schema(place.annotation, f"The parameter {place.arg}")
        if default is not None:
            known, value = literal_value(default, self._constants)
            if known:
                if value is None and schema:
                    schema = _union([schema, {"type": "null"}])
                schema = {**schema, "default": value}
        description = document.parameters.get(place.arg, "")
        return {**schema, "description": description} if description else schema

    def _output_schema(self, document):
        if self._function.returns is None:
            self.problems.append("The result has no type hint: write `-> type` after the parameters.")
        schema = self._schema(self._function.returns, "The result")
        return {**schema, "description": document.returns} if document.returns else schema

    def _schema(self, hint, what):
        try:
            return self._types.schema(hint)
        except NoJsonForm as error:
            self.problems.append(f"{what} is a {error}: arguments and results are JSON data.")
            return {}

    def _uses(self):
        names = set()
        aliases = {"tools"} if any(
            isinstance(node, ast.Import) and any(item.name == "tools" and not item.asname for item in node.names)
            for node in ast.walk(self._module)
        ) else set()
        for node in ast.walk(self._module):
            if isinstance(node, ast.ImportFrom) and node.module == "tools" and node.level == 0:
                names.update(item.name for item in node.names)
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in aliases:
                names.add(node.attr)
        return sorted(names)
