"""The shape of JSON over all its records. A part of a program that the host puts together."""

import json
import time

_SHAPE_KEYS = 60
_DISTINCT = 8
_SHAPE_TEXT = 40
_SHAPE_SECONDS = 8.0
_SHAPE_LEVELS = 2
# Ids as keys make as many places as there are records.
_PLACES = 5000


class Shape:
    """What the values at one place are, over all records. `room` bounds how many places are told apart in all."""

    def __init__(self, level=0, room=None, is_item=False):
        self.level = level
        self.room = [_PLACES] if room is None else room
        self.is_item = is_item
        self.count = 0
        self.types = {}
        self.empty = 0
        self.distinct = {}
        self.has_more = False
        self.range = None
        self.lengths = None
        self.keys = {}
        self.left_out = 0
        self.items = None

    def add(self, value):
        self.count += 1
        kind = _json_type(value)
        self.types[kind] = self.types.get(kind, 0) + 1
        if kind in ("text", "list", "object"):
            size = len(value)
            self.empty += size == 0
            self.lengths = (size, size) if self.lengths is None else (min(self.lengths[0], size), max(self.lengths[1], size))
        if kind in ("integer", "number"):
            self.range = (value, value) if self.range is None else (min(self.range[0], value), max(self.range[1], value))
        if kind == "object":
            self._add_keys(value)
        elif kind == "list":
            self._add_items(value)
        elif kind != "null" and not self.has_more:
            self._add_distinct(value)

    def _add_distinct(self, value):
        # True and 1 are one key of a dictionary, and two values of JSON.
        key = (type(value).__name__, value if not isinstance(value, str) else value[:200])
        if key not in self.distinct and len(self.distinct) == _DISTINCT:
            self.has_more = True
        else:
            self.distinct[key] = None

    def _add_keys(self, value):
        if self.level >= _SHAPE_LEVELS:
            return
        for key, part in value.items():
            shape = self.keys.get(key)
            if shape is None:
                if self.room[0] <= 0:
                    self.left_out += 1
                    continue
                self.room[0] -= 1
                shape = self.keys[key] = Shape(self.level + 1, self.room)
            shape.add(part)

    def _add_items(self, value):
        if self.is_item and self.level >= _SHAPE_LEVELS:
            return
        if self.items is None:
            self.items = Shape(self.level + self.is_item, self.room, True)
        for item in value:
            self.items.add(item)

    def describe(self, total):
        """A line on the values, of `total` records."""
        kinds = [f"{kind}{'' if len(self.types) == 1 else f' {_share_of(count, self.count)}'}" for kind, count in sorted(self.types.items(), key=lambda item: (-item[1], item[0])) if kind != "null"]
        parts = [" or ".join(kinds) or "null"]
        if self.count < total:
            parts.append(f"in {_share_of(self.count, total)}")
        if self.types.get("null") and kinds:
            parts.append(f"null {_share_of(self.types['null'], self.count)}")
        if self.empty:
            parts.append(f"empty {_share_of(self.empty, self.count)}")
        if self.range is not None and self.has_more:
            parts.append(f"{_number(self.range[0])} to {_number(self.range[1])}")
        if self.lengths is not None and (self.has_more or self.items is not None):
            shortest, longest = self.lengths
            parts.append(f"{'items' if self.items is not None else 'characters'} {shortest}{'' if shortest == longest else f' to {longest}'}")
        values = [_shown(value) for _, value in self.distinct]
        if values:
            parts.append(f"{'such as' if self.has_more else 'only'} {' | '.join(values[: 3 if self.has_more else _DISTINCT])}")
        return ", ".join(parts)

    def lines(self, prefix=""):
        found = []
        for key, shape in list(self.keys.items())[:_SHAPE_KEYS]:
            name = f"{prefix}{_key_name(key)}"
            found.append(f"- {name}: {shape.describe(self.types.get('object', 0))}")
            found.extend(shape.lines(f"{name}."))
            if shape.items is not None and shape.items.count:
                found.append(f"- {name}[]: {shape.items.describe(shape.items.count)}")
                found.extend(shape.items.lines(f"{name}[]."))
        more = len(self.keys) - _SHAPE_KEYS
        if more > 0:
            found.append(f"- {prefix}… and {'at least ' if self.left_out else ''}{more} more keys")
        return found


def _key_name(key):
    return key if key.isidentifier() and len(key) <= 60 else quoted_name(key)


def _share_of(count, total):
    if count == total:
        return "always"
    share = 100 * count / max(1, total)
    return f"{count} of {total}" if total <= 20 else f"{share:.0f}%" if 1 <= share <= 99 else f"{share:.2g}%"


def _number(value):
    return repr(value) if len(repr(value)) <= 25 else f"{value:.6e}" if isinstance(value, float) else f"an integer of {len(repr(value))} digits"


def _shown(value):
    text = json.dumps(value[:_SHAPE_TEXT] if isinstance(value, str) else value, ensure_ascii=False) if not isinstance(value, (int, float)) or isinstance(value, bool) else _number(value)
    return _cut(_printable(text), _SHAPE_TEXT + 2)


def _json_type(value):
    return {bool: "boolean", int: "integer", float: "number", str: "text", type(None): "null", list: "list", dict: "object"}[type(value)]


def outline_json(value):
    """The shape of one value: of a list over its items."""
    shape = Shape()
    records = value if isinstance(value, list) else [value]
    for record in records:
        shape.add(record)
    return outline_shape(shape, "Items" if isinstance(value, list) else None, True)


def outline_shape(shape, what, is_all):
    lines = shape.lines()
    if what is not None and shape.count:
        about = shape.describe(shape.count)
        lines.insert(0, f"{what}: {'' if is_all else 'the first '}{shape.count}, {about}")
    if shape.items is not None and shape.items.count:
        lines.append(f"- []: {shape.items.describe(shape.items.count)}")
        lines.extend(shape.items.lines("[]."))
    return "\n".join(lines)


def shape_of_lines(path, form):
    """(shape, the first value, lines, bad lines, whether that is all) of JSON lines, or None where they are none."""
    shape, lines, bad, first = Shape(), 0, 0, None
    deadline = time.process_time() + _SHAPE_SECONDS
    with form.open(path) as stream:
        for line in stream:
            if not line.strip():
                continue
            lines += 1
            try:
                value = json.loads(line)
                first = value if shape.count == 0 else first
                shape.add(value)
            except (ValueError, RecursionError):
                bad += 1
                # A single bad line among many is damage; more of them are another format.
                if bad * 10 > lines and lines >= 10 or lines <= 2:
                    return None
            if lines % 200 == 0 and time.process_time() > deadline:
                return shape, first, lines, bad, False
    return (shape, first, lines, bad, True) if lines >= 2 else None


def shape_of_large_list(path, form):
    """(shape, whether that is all) of a list that is too large to be parsed at once, item by item; None where it is no list."""
    decoder, shape = json.JSONDecoder(), Shape()
    deadline = time.process_time() + _SHAPE_SECONDS
    with form.open(path) as stream:
        text = stream.read(_CHUNK_BYTES).lstrip("\ufeff \t\r\n")
        if not text.startswith("["):
            return None
        place = 1
        while True:
            while place < len(text) and text[place] in " \t\r\n,":
                place += 1
            if place < len(text) and text[place] == "]":
                return shape, True
            try:
                value, end = decoder.raw_decode(text, place)
                # A number at the very end may go on in the next piece.
                if end == len(text):
                    raise ValueError("cut")
            except RecursionError:
                return shape, False
            except ValueError:
                more = stream.read(_CHUNK_BYTES)
                if not more or len(text) - place > 16 * _CHUNK_BYTES:
                    return shape, False
                text, place = text[place:] + more, 0
                continue
            shape.add(value)
            place = end
            if shape.count % 200 == 0 and time.process_time() > deadline:
                return shape, False
