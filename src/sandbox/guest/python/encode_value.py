"""Values of Python programs as JSON. Nothing of a value is lost: what JSON or JavaScript cannot hold travels in a tag.

    None, bool, str, int, float          as they are; NaN, infinities and integers beyond 2^53-1 as {"$number": "NaN"}
    list, tuple, set, frozenset, range   array (sets sorted where that is possible)
    dict, dataclass, named tuple         object; keys become text. As {"$entries": [[label, value], …]} where a JavaScript
                                         object would lose the order, as [label, value] pairs where keys are the same as text
    Decimal, numpy.longdouble            number; as {"$number": "11439.60"} where a double would lose digits
    Fraction, complex                    number; {"real", "imaginary"}
    date, time, datetime                 ISO 8601 text
    timedelta                            ISO 8601 duration such as PT1H30M: a number would not say its unit
    bytes                                {"$bytes": base64}
    UUID, Path, Enum                     text, text, its value
    numpy scalar, array                  number …, nested arrays; datetime64 as ISO text, NaT and NA as null
    pandas Series                        array; an object (or pairs) where the index is not the default one
    pandas DataFrame                     array of records; a named or non-default index becomes a field of each
"""

import base64
import collections.abc
import dataclasses
import datetime
import decimal
import enum
import fractions
import json
import math
import pathlib
import re
import sys
import uuid

_SAFE_INTEGER = (1 << 53) - 1
_DEPTH = 200
_encode_text = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode

# What JavaScript takes for the index of a list: its objects have such labels first, in ascending order.
_is_index = re.compile("0|[1-9][0-9]{0,9}").fullmatch
_LARGEST_INDEX = (1 << 32) - 2

_KNOWN = 64
_NOTES = 20
_NOTE_CHARACTERS = 80
# A decimal with more zeros than these is written with an exponent.
_MOST_ZEROS = 400

_NANOSECONDS = {
    "W": 7 * 86_400 * 10**9,
    "D": 86_400 * 10**9,
    "h": 3_600 * 10**9,
    "m": 60 * 10**9,
    "s": 10**9,
    "ms": 10**6,
    "us": 10**3,
    "ns": 1,
}


class ValueTooLarge(Exception):
    """The value is larger than the limit of the execution."""


class UnsupportedValue(TypeError):
    """The value has no form in JSON."""


class Encoder:
    """Holds the C functions that it needs, so that a program which patches modules only spoils its own value.

    `notes` says after `encode` where a value has another form than its reader may expect. With `ordered=False` objects
    are plain ones whatever their order: for readers in JavaScript that know no tags.
    """

    def __init__(self, limit, ordered=True):
        self._limit = limit
        self._encode = _encode_text
        self._ordered = ordered
        self.notes = []

    def encode(self, value):
        plainer = _Plainer(self._ordered)
        data = self._encode(plainer.to_plain(value, 0)).encode("utf-8", "backslashreplace")
        if len(data) > self._limit:
            raise ValueTooLarge(f"the value is {len(data)} bytes as JSON; the limit is {self._limit}: write a file")
        self.notes = list(plainer.notes)[:_NOTES]
        return data

    def encode_notes(self):
        return self._encode(self.notes).encode("utf-8", "backslashreplace")

    def encode_error(self, error, code):
        text = self._encode({"error": error, "exitCode": code})[1:-1]
        return text.encode("utf-8", "backslashreplace")


class _Plainer:
    """Makes of one value what `json` can write."""

    def __init__(self, ordered):
        self._ordered = ordered
        # Each once, in their order.
        self.notes = {}
        # Labels of objects that need no second look: a hundred thousand records have the same ones.
        self._known = set()

    def to_plain(self, value, depth):
        """Raises UnsupportedValue with the type that has no form."""
        if value is None or value is True or value is False:
            return value
        kind = type(value)
        if kind is str:
            return value
        if kind is int:
            return value if -_SAFE_INTEGER <= value <= _SAFE_INTEGER else {"$number": _digits_of(value)}
        if kind is float:
            return value if math.isfinite(value) else {"$number": _name_of(value)}
        if depth > _DEPTH:
            raise UnsupportedValue(f"the value is nested deeper than {_DEPTH} levels, or contains itself")
        if kind is list or kind is tuple:
            return [self.to_plain(item, depth + 1) for item in value]
        if kind is dict:
            return self._from_mapping(value, depth)
        return self._other(value, kind, depth)

    def _from_mapping(self, value, depth):
        shape = tuple(value)
        if shape in self._known:
            depth, to_plain = depth + 1, self.to_plain
            return {label: to_plain(item, depth) for label, item in value.items()}
        if len(self._known) < _KNOWN and all(type(label) is str for label in shape) and _keeps_order(shape):
            self._known.add(shape)
        labels, items = [], []
        for label, item in value.items():
            labels.append(label)
            items.append(self.to_plain(item, depth + 1))
        return self._from_labels(labels, items, "keys of a dict")

    def _from_labels(self, labels, items, what, text_of=None):
        """An object where the labels differ as text; else pairs, and a note. No value takes another one's place."""
        text_of = text_of or self._text_of
        names = [label if type(label) is str else text_of(label) for label in labels]
        plain = dict(zip(names, items))
        if len(plain) == len(names):
            if not self._ordered or _keeps_order(names):
                return plain
            return {"$entries": [[name, item] for name, item in plain.items()]}
        seen = set()
        same = next(name for name in names if name in seen or seen.add(name))
        self._note(f"{what} are the same as text ({_shorten(same)}): they are given as [label, value] pairs")
        return [[self.to_plain(label, 0), item] for label, item in zip(labels, items)]

    def _text_of(self, label):
        plain = self.to_plain(label, 0)
        if isinstance(plain, dict) and "$number" in plain:
            return plain["$number"]
        return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)

    def _text_of_label(self, label):
        """Of an index or of columns: the parts of a label with several levels stand side by side."""
        if isinstance(label, tuple):
            return " ".join(part if type(part) is str else self._text_of(part) for part in label)
        return label if type(label) is str else self._text_of(label)

    def _note(self, text):
        self.notes[text] = None

    def _other(self, value, kind, depth):
        origin = kind.__module__.partition(".")[0]
        if origin == "numpy":
            return self._from_numpy(value, depth)
        if origin == "pandas":
            return self._from_pandas(value, depth)
        if isinstance(value, enum.Enum):
            return self.to_plain(value.value, depth + 1)
        if isinstance(value, (str, pathlib.PurePath, uuid.UUID)):
            return str(value)
        if isinstance(value, int):
            return self.to_plain(int(value), depth)
        if isinstance(value, decimal.Decimal):
            return self._from_decimal(value, depth)
        if isinstance(value, fractions.Fraction):
            return self.to_plain(value.numerator if value.denominator == 1 else float(value), depth)
        if isinstance(value, float):
            return self.to_plain(float(value), depth)
        if isinstance(value, complex):
            return {"real": self.to_plain(value.real, depth), "imaginary": self.to_plain(value.imag, depth)}
        if isinstance(value, (datetime.date, datetime.time)):
            return value.isoformat()
        if isinstance(value, datetime.timedelta):
            return _duration_of(value)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return {"$bytes": base64.b64encode(bytes(value)).decode()}
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            fields = dataclasses.fields(value)
            return {field.name: self.to_plain(getattr(value, field.name), depth + 1) for field in fields}
        return self._from_collection(value, kind, depth)

    def _from_decimal(self, value, depth):
        if not value.is_finite():
            return {"$number": "NaN" if value.is_nan() else "Infinity" if value > 0 else "-Infinity"}
        exponent = value.as_tuple().exponent
        if 0 <= exponent <= _MOST_ZEROS:
            return self.to_plain(int(value), depth)
        return _shortest(format(value, "f") if abs(exponent) <= _MOST_ZEROS else str(value))

    def _from_collection(self, value, kind, depth):
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return {name: self.to_plain(item, depth + 1) for name, item in zip(value._fields, value)}
        if isinstance(value, collections.abc.Mapping):
            return self._from_mapping(value, depth)
        if isinstance(value, (set, frozenset)):
            try:
                value = sorted(value)
            except TypeError:
                # Mixed types have no order: as the set gives them.
                pass
            return [self.to_plain(item, depth + 1) for item in value]
        if isinstance(value, (collections.abc.Sequence, collections.abc.ValuesView, collections.abc.KeysView)):
            return [self.to_plain(item, depth + 1) for item in value]
        raise _unsupported(kind.__module__, kind.__qualname__)

    def _from_numpy(self, value, depth):
        numpy = sys.modules["numpy"]
        if isinstance(value, numpy.ma.MaskedArray):
            return self.to_plain(value.tolist(), depth)
        if isinstance(value, (numpy.datetime64, numpy.timedelta64)):
            return _from_time(value, numpy)
        if isinstance(value, numpy.ndarray):
            if value.dtype.kind in "mM":
                return _from_times(value, numpy)
            return self.to_plain(value.tolist(), depth)
        # These two have no equal among Python's own types: their item is they themselves.
        if isinstance(value, numpy.longdouble):
            return _from_longdouble(value)
        if isinstance(value, numpy.clongdouble):
            return {"real": _from_longdouble(value.real), "imaginary": _from_longdouble(value.imag)}
        if isinstance(value, numpy.generic):
            item = value.item()
            if not isinstance(item, numpy.generic):
                return self.to_plain(item, depth)
        raise _unsupported("numpy", type(value).__name__)

    def _from_pandas(self, value, depth):
        pandas = sys.modules["pandas"]
        if value is pandas.NaT or value is pandas.NA:
            return None
        if isinstance(value, pandas.Timestamp):
            return value.isoformat()
        if isinstance(value, pandas.Timedelta):
            return _duration_of(value)
        if isinstance(value, (pandas.Period, pandas.Interval)):
            return str(value)
        if isinstance(value, pandas.DataFrame):
            return self._from_frame(value, pandas, depth)
        if isinstance(value, pandas.Series):
            items = [self.to_plain(item, depth + 1) for item in value.tolist()]
            if _is_default(value.index, pandas):
                return items
            return self._from_labels(value.index.tolist(), items, "labels of a Series", self._text_of_label)
        if isinstance(value, (pandas.Index, pandas.api.extensions.ExtensionArray)):
            return [self.to_plain(item, depth + 1) for item in value.tolist()]
        raise _unsupported("pandas", type(value).__name__)

    def _from_frame(self, frame, pandas, depth):
        columns = [frame.iloc[:, place].tolist() for place in range(frame.shape[1])]
        names = [self._text_of_label(name) for name in frame.columns.tolist()]
        if not _is_default(frame.index, pandas):
            levels = [frame.index.get_level_values(place) for place in range(frame.index.nlevels)]
            columns = [*(level.tolist() for level in levels), *columns]
            names = [*(self._name_of_level(level.name, place, levels, names) for place, level in enumerate(levels)), *names]
        if not columns:
            return [{} for _ in range(len(frame))]
        names = self._distinct(names)
        columns = [[self.to_plain(item, depth + 2) for item in column] for column in columns]
        if not self._ordered or _keeps_order(names):
            return [dict(zip(names, row)) for row in zip(*columns)]
        return [{"$entries": [list(pair) for pair in zip(names, row)]} for row in zip(*columns)]

    def _name_of_level(self, name, place, levels, names):
        """As `reset_index` calls it."""
        if name is not None:
            return self._text_of_label(name)
        return "index" if len(levels) == 1 and "index" not in names else f"level_{place}"

    def _distinct(self, names):
        """Like read_csv: the second column named a is a.1."""
        taken = set(names)
        if len(taken) == len(names):
            return names
        seen, distinct = set(), []
        for name in names:
            other, count = name, 0
            while other in seen or (count and other in taken):
                count += 1
                other = f"{name}.{count}"
            seen.add(other)
            distinct.append(other)
        renamed = next(other for name, other in zip(names, distinct) if name != other)
        self._note(f"columns of a table have the same name: they are told apart by a number, such as {_shorten(renamed)}")
        return distinct


def _keeps_order(names):
    """Whether a JavaScript object has these labels in this order."""
    last, others = -1, False
    for name in names:
        if "0" <= name[:1] <= "9" and _is_index(name) and int(name) <= _LARGEST_INDEX:
            if others or int(name) < last:
                return False
            last = int(name)
        else:
            # The first would become the prototype, the second be read as a tag.
            if name == "__proto__" or name == "$entries":
                return False
            others = True
    return True


def _digits_of(value):
    try:
        return str(value)
    except ValueError:
        # Python writes integers of up to 4300 digits unless it is told otherwise.
        limit = sys.get_int_max_str_digits()
        sys.set_int_max_str_digits(0)
        try:
            return str(value)
        finally:
            sys.set_int_max_str_digits(limit)


def _name_of(value):
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _shortest(text):
    """A number where a double gives the same digits back, zeros at the end included."""
    return float(text) if repr(float(text)) == text else {"$number": text}


def _shorten(text):
    return text if len(text) <= _NOTE_CHARACTERS else f"{text[:_NOTE_CHARACTERS]}…"


def _unsupported(module, name):
    return UnsupportedValue(f"a value of type {module}.{name} has no form in JSON: convert it first")


def _from_longdouble(value):
    if value != value or value in (math.inf, -math.inf):
        return {"$number": _name_of(float(value))}
    return _shortest(str(value))


def _duration_of(value):
    """Of a timedelta, whose fields have no rounding; that of pandas has nanoseconds too."""
    microseconds = (value.days * 86_400 + value.seconds) * 10**6 + value.microseconds
    return _write_duration(microseconds * 1000 + getattr(value, "nanoseconds", 0))


def _write_duration(nanoseconds):
    rest = abs(nanoseconds)
    parts = []
    for unit in ("D", "h", "m"):
        count, rest = divmod(rest, _NANOSECONDS[unit])
        parts.append(f"{count}{unit.upper()}" if count else "")
    seconds, fraction = divmod(rest, 10**9)
    if rest or not any(parts):
        parts.append(f"{seconds}{f'.{fraction:09}'.rstrip('0') if fraction else ''}S")
    day, time = parts[0], "".join(parts[1:])
    return f"{'-' if nanoseconds < 0 else ''}P{day}{'T' if time else ''}{time}"


def _from_times(value, numpy):
    if value.ndim == 0:
        return _from_time(value[()], numpy)
    return [_from_times(value[place, ...], numpy) for place in range(len(value))]


def _from_time(value, numpy):
    if numpy.isnat(value):
        return None
    if isinstance(value, numpy.timedelta64):
        unit, count = numpy.datetime_data(value.dtype)
        if unit not in _NANOSECONDS:
            # Months and picoseconds, in words.
            return str(value)
        return _write_duration(int(value.astype("int64")) * count * _NANOSECONDS[unit])
    return str(numpy.datetime_as_string(value))


def _is_default(index, pandas):
    return isinstance(index, pandas.RangeIndex) and index.start == 0 and index.step == 1 and index.name is None


def decode(value):
    """Arguments from the host: `{"$number": "NaN"}`, `{"$bytes": "…"}` and `{"$entries": […]}` become what they stand for."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        if len(value) == 1:
            number, data, entries = value.get("$number"), value.get("$bytes"), value.get("$entries")
            if isinstance(number, str):
                return _number(number)
            if isinstance(data, str):
                return base64.b64decode(data)
            if isinstance(entries, list) and all(_is_entry(entry) for entry in entries):
                return {label: decode(item) for label, item in entries}
        return {key: decode(item) for key, item in value.items()}
    return value


def _is_entry(entry):
    return isinstance(entry, list) and len(entry) == 2 and isinstance(entry[0], str)


def _number(text):
    if not text.lstrip("-").isdecimal():
        return float(text)
    try:
        return int(text)
    except ValueError:
        limit = sys.get_int_max_str_digits()
        sys.set_int_max_str_digits(0)
        try:
            return int(text)
        finally:
            sys.set_int_max_str_digits(limit)
