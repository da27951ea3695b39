"""Type hints as JSON Schema. Second part of a program that the host puts together: it looks at syntax trees only."""

import ast
import math

_SIMPLE = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "str": {"type": "string"},
    "bool": {"type": "boolean"},
    "None": {"type": "null"},
    "NoneType": {"type": "null"},
    "LiteralString": {"type": "string"},
    "Number": {"type": "number"},
    "Real": {"type": "number"},
    "Integral": {"type": "integer"},
    "Decimal": {"type": "number"},
    "Fraction": {"type": "number"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "Timestamp": {"type": "string", "format": "date-time"},
    "datetime64": {"type": "string", "format": "date-time"},
    "time": {"type": "string", "format": "time"},
    "timedelta": {"type": "string", "format": "duration"},
    "Path": {"type": "string"},
    "PurePath": {"type": "string"},
    "UUID": {"type": "string", "format": "uuid"},
    "floating": {"type": "number"},
    "integer": {"type": "integer"},
    "bool_": {"type": "boolean"},
    "str_": {"type": "string"},
    "dict": {"type": "object"},
    "Dict": {"type": "object"},
    "Mapping": {"type": "object"},
    "DataFrame": {"type": "array", "items": {"type": "object"}},
    "Any": {},
    "object": {},
}
_ARRAYS = set(
    "list List tuple Tuple set Set frozenset FrozenSet AbstractSet Sequence MutableSequence Iterable Iterator Collection "
    "Generator deque Deque ndarray NDArray ArrayLike Series Index array".split()
)
_UNIQUE = {"set", "Set", "frozenset", "FrozenSet", "AbstractSet"}
_OBJECTS = {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict", "Counter"}
_TRANSPARENT = {"Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "Awaitable", "Coroutine"}
_FUNCTIONS = {"Callable", "Type", "type"}
_DEPTH = 12


class NoJsonForm(Exception):
    """A hint for what cannot be passed as JSON."""


class Types:
    """Reads hints with what the module defines itself: aliases, typed dictionaries, data classes, enumerations."""

    def __init__(self, module):
        self._classes = {node.name: node for node in module.body if isinstance(node, ast.ClassDef)}
        self._aliases = {}
        for node in module.body:
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self._aliases[node.targets[0].id] = node.value
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                self._aliases[node.target.id] = node.value
            elif node.__class__.__name__ == "TypeAlias":
                self._aliases[node.name.id] = node.value

    def schema(self, hint, depth=0):
        """The schema of a hint; {} for one that is not known."""
        if depth > _DEPTH or hint is None:
            return {}
        if isinstance(hint, ast.Constant):
            return self._constant(hint.value, depth)
        if isinstance(hint, ast.BinOp) and isinstance(hint.op, ast.BitOr):
            return _union([self.schema(hint.left, depth + 1), self.schema(hint.right, depth + 1)])
        if isinstance(hint, (ast.Name, ast.Attribute)):
            return self._named(_tail(hint), depth)
        if isinstance(hint, ast.Subscript):
            return self._generic(hint, depth)
        return {}

    def _constant(self, value, depth):
        if value is None:
            return {"type": "null"}
        if isinstance(value, str):
            try:
                return self.schema(ast.parse(value.strip(), mode="eval").body, depth + 1)
            except SyntaxError:
                return {}
        return {}

    def _named(self, name, depth):
        if name in self._classes:
            return self._class(self._classes[name], depth)
        if name in _FUNCTIONS:
            raise NoJsonForm(name)
        if name in _SIMPLE:
            return dict(_SIMPLE[name])
        if name in _ARRAYS:
            return {"type": "array", "uniqueItems": True} if name in _UNIQUE else {"type": "array"}
        if name in _OBJECTS:
            return {"type": "object"}
        if name.startswith(("int", "uint", "float")) and name.lstrip("uintfloat").isdigit():
            return {"type": "number" if name.startswith("float") else "integer"}
        if name in self._aliases:
            return self.schema(self._aliases[name], depth + 1)
        return {}

    def _generic(self, hint, depth):
        name = _tail(hint.value)
        parts = hint.slice.elts if isinstance(hint.slice, ast.Tuple) else [hint.slice]
        if name == "Optional":
            return _union([self.schema(parts[0], depth + 1), {"type": "null"}])
        if name == "Union":
            return _union([self.schema(part, depth + 1) for part in parts])
        if name == "Literal":
            return _literal(parts)
        if name == "Annotated":
            return self._annotated(parts, depth)
        if name in _TRANSPARENT:
            return self.schema(parts[-1], depth + 1)
        if name in _FUNCTIONS:
            raise NoJsonForm(name)
        if name in ("tuple", "Tuple"):
            return self._tuple(parts, depth)
        if name in ("ndarray", "NDArray", "Series", "Index"):
            return {"type": "array"}
        if name in _ARRAYS:
            return self._named(name, depth) | _items(self.schema(parts[0], depth + 1))
        if name in _OBJECTS:
            values = {"type": "integer"} if name == "Counter" else self.schema(parts[-1], depth + 1)
            return {"type": "object", "additionalProperties": values} if values else {"type": "object"}
        return self._named(name, depth)

    def _annotated(self, parts, depth):
        schema = self.schema(parts[0], depth + 1)
        notes = [part.value for part in parts[1:] if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        return schema | {"description": notes[0]} if notes else schema

    def _tuple(self, parts, depth):
        if len(parts) == 2 and isinstance(parts[1], ast.Constant) and parts[1].value is ...:
            return {"type": "array"} | _items(self.schema(parts[0], depth + 1))
        items = [self.schema(part, depth + 1) for part in parts]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}

    def _class(self, node, depth):
        bases = {_tail(base) for base in node.bases}
        if bases & {"Enum", "StrEnum", "IntEnum"}:
            values = [item.value for item in node.body if isinstance(item, ast.Assign)]
            return _literal(values)
        decorators = {_tail(item.func if isinstance(item, ast.Call) else item) for item in node.decorator_list}
        inherited = [self._class(self._classes[base], depth + 1) for base in bases if base in self._classes and depth < _DEPTH]
        is_record = bases & {"TypedDict", "NamedTuple", "BaseModel"} or "dataclass" in decorators
        if not is_record and not any("properties" in schema for schema in inherited):
            return {}
        return self._record(node, inherited, depth)

    def _record(self, node, inherited, depth):
        properties, required = {}, []
        for schema in inherited:
            properties.update(schema.get("properties", {}))
            required.extend(schema.get("required", []))
        total = not any(
            keyword.arg == "total" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            for keyword in node.keywords
        )
        for item in node.body:
            if not isinstance(item, ast.AnnAssign) or not isinstance(item.target, ast.Name):
                continue
            wrapper = _tail(item.annotation.value) if isinstance(item.annotation, ast.Subscript) else ""
            if wrapper == "ClassVar":
                continue
            properties[item.target.id] = self.schema(item.annotation, depth + 1)
            if item.value is None and wrapper != "NotRequired" and (total or wrapper == "Required"):
                required.append(item.target.id)
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _tail(node):
    """The last part of a dotted name: `np` and `numpy`, `typing.List` and `List` are the same here."""
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return _tail(node.value)
    return node.id if isinstance(node, ast.Name) else ""


def _items(schema):
    return {"items": schema} if schema else {}


def _union(schemas):
    """`anyOf`, or the short form where each is a bare type; {} takes everything."""
    flat = []
    for schema in schemas:
        for one in schema.get("anyOf", [schema]):
            if one not in flat:
                flat.append(one)
    if {} in flat:
        return {}
    if {"type": "number"} in flat:
        flat = [one for one in flat if one != {"type": "integer"}]
    if len(flat) == 1:
        return flat[0]
    return {"anyOf": flat}


def _literal(parts):
    values = []
    for part in parts:
        try:
            values.append(ast.literal_eval(part))
        except (ValueError, TypeError, SyntaxError):
            return {}
    kinds = {type(value) for value in values}
    names = {str: "string", int: "integer", float: "number", bool: "boolean"}
    schema = {"enum": values}
    return {"type": names[kinds.pop()], **schema} if len(kinds) == 1 and kinds <= set(names) else schema


def literal_value(node, constants, depth=0):
    """(True, value) of a default that is written out, or named by a constant of the module; else (False, None)."""
    if isinstance(node, ast.Name) and node.id in constants and depth < 5:
        return literal_value(constants[node.id], constants, depth + 1)
    try:
        value = _to_json(ast.literal_eval(node))
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False, None
    return True, value


def _to_json(value):
    if isinstance(value, (list, tuple)):
        return [_to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("no number of JSON")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise ValueError("no value of JSON")
