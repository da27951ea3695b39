"""Columns of typed values, as workbooks and databases have them. A part of a program that the host puts together."""

import datetime
import decimal
import json

_OUTLINE_COLUMNS = 40
_OUTLINE_EXAMPLES = 3


class ValueColumn:
    """Counts the types of a column's values."""

    def __init__(self, name):
        self.name = name
        self.missing = 0
        self.types = {}
        self.examples = []

    def add(self, value):
        kind = _type_of(value)
        if kind is None:
            self.missing += 1
            return
        self.types[kind] = self.types.get(kind, 0) + 1
        if len(self.examples) < _OUTLINE_EXAMPLES:
            text = _value_text(value)
            if text not in self.examples:
                self.examples.append(text)

    @property
    def type(self):
        if not self.types:
            return "empty"
        if set(self.types) == {"integer", "number"}:
            return "number"
        if len(self.types) == 1:
            return next(iter(self.types))
        counted = sorted(self.types.items(), key=lambda item: (-item[1], item[0]))
        return f"mixed ({', '.join(f'{count} {kind}' for kind, count in counted)})"


def _type_of(value):
    """None for a missing value."""
    if value is None or isinstance(value, str) and not value.strip() or isinstance(value, float) and value != value:
        return None
    for kinds, name in (
        (bool, "boolean"),
        (int, "integer"),
        ((float, decimal.Decimal), "number"),
        ((datetime.date, datetime.time), "date"),
        (datetime.timedelta, "duration"),
        (str, "text"),
        ((bytes, bytearray, memoryview), "bytes"),
        ((list, tuple), "list"),
        (dict, "object"),
    ):
        if isinstance(value, kinds):
            return name
    return type(value).__name__


def _value_text(value):
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"{len(value)} bytes"
    # Cut before it is printed: a cell can hold megabytes.
    text = value[:_EXAMPLE_CHARACTERS] if isinstance(value, str) else str(value)[: _EXAMPLE_CHARACTERS * 2]
    return _cut(_printable(" ".join(text.split())), _EXAMPLE_CHARACTERS)


def quoted_name(name):
    return json.dumps(_cut(_printable(str(name)), 100), ensure_ascii=False)


def outline_columns(columns):
    """Lines on columns, as tables of text files have them."""
    lines = []
    for column in columns[:_OUTLINE_COLUMNS]:
        missing = f", {column.missing} missing" if column.missing else ""
        examples = f"; such as {' | '.join(column.examples)}" if column.examples else ""
        lines.append(f"- {quoted_name(column.name)}: {column.type}{missing}{examples}")
    if len(columns) > _OUTLINE_COLUMNS:
        lines.append(f"- and {len(columns) - _OUTLINE_COLUMNS} more columns")
    return lines


def outline_rows(rows, count=2):
    """The first rows as they are, one a line."""
    return [_cut(" | ".join("" if value is None else _value_text(value) for value in row[:_OUTLINE_COLUMNS]), 300) for row in rows[:count]]
