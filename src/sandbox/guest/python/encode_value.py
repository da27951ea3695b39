"""Values of Python programs as JSON. Numbers that JSON or JavaScript cannot hold travel as `{"$number": "…"}`.

    None, bool, str, int, float          as they are; NaN, infinities and integers beyond 2^53-1 as {"$number": "NaN"}
    list, tuple, set, frozenset, range   array (sets sorted where that is possible)
    dict, dataclass, named tuple         object; keys become text
    Decimal, Fraction                    number; complex: {"real", "imaginary"}
    date, time, datetime, timedelta      ISO 8601 text; timedelta in seconds
    bytes                                {"$bytes": base64}
    UUID, Path, Enum                     text, text, its value
    numpy scalar, array                  number …, nested arrays; datetime64 as ISO text, NaT and NA as null
    pandas Series                        array; an object where the index is not the default one
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
import sys
import uuid

_SAFE_INTEGER = (1 << 53) - 1
_DEPTH = 200
_encode_text = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


class ValueTooLarge(Exception):
    """The value is larger than the limit of the execution."""


class UnsupportedValue(TypeError):
    """The value has no form in JSON."""


class Encoder:
    """Holds the C functions that it needs, so that a program which patches modules only spoils its own value."""

    def __init__(self, limit):
        self._limit = limit
        self._encode = _encode_text

    def encode(self, value):
        plain = to_plain(value, 0)
        data = self._encode(plain).encode("utf-8", "backslashreplace")
        if len(data) > self._limit:
            raise ValueTooLarge(f"the value is {len(data)} bytes as JSON; the limit is {self._limit}: write a file")
        return data

    def encode_error(self, error, code):
        text = self._encode({"error": error, "exitCode": code})[1:-1]
        return text.encode("utf-8", "backslashreplace")


def to_plain(value, depth):
    """`value` as what `json` can write. Raises UnsupportedValue with the type that has no form."""
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    if kind is str:
        return value
    if kind is int:
        return value if -_SAFE_INTEGER <= value <= _SAFE_INTEGER else {"$number": str(value)}
    if kind is float:
        return value if math.isfinite(value) else {"$number": _name_of(value)}
    if depth > _DEPTH:
        raise UnsupportedValue(f"the value is nested deeper than {_DEPTH} levels, or contains itself")
    if kind is list or kind is tuple:
        return [to_plain(item, depth + 1) for item in value]
    if kind is dict:
        return {_key(key): to_plain(item, depth + 1) for key, item in value.items()}
    return _other(value, kind, depth)


def _name_of(value):
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _key(key):
    if type(key) is str:
        return key
    plain = to_plain(key, 0)
    if isinstance(plain, dict) and "$number" in plain:
        return plain["$number"]
    return plain if isinstance(plain, str) else json.dumps(plain)


def _other(value, kind, depth):
    origin = kind.__module__.partition(".")[0]
    if origin == "numpy":
        return _from_numpy(value, depth)
    if origin == "pandas":
        return _from_pandas(value, depth)
    if isinstance(value, enum.Enum):
        return to_plain(value.value, depth + 1)
    if isinstance(value, (str, pathlib.PurePath, uuid.UUID)):
        return str(value)
    if isinstance(value, int):
        return to_plain(int(value), depth)
    if isinstance(value, (float, decimal.Decimal, fractions.Fraction)):
        return to_plain(float(value), depth)
    if isinstance(value, complex):
        return {"real": to_plain(value.real, depth), "imaginary": to_plain(value.imag, depth)}
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"$bytes": base64.b64encode(bytes(value)).decode()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        return {field.name: to_plain(getattr(value, field.name), depth + 1) for field in fields}
    return _from_collection(value, kind, depth)


def _from_collection(value, kind, depth):
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: to_plain(item, depth + 1) for name, item in zip(value._fields, value)}
    if isinstance(value, collections.abc.Mapping):
        return {_key(key): to_plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        try:
            value = sorted(value)
        except TypeError:
            # Mixed types have no order: as the set gives them.
            pass
        return [to_plain(item, depth + 1) for item in value]
    if isinstance(value, (collections.abc.Sequence, collections.abc.ValuesView, collections.abc.KeysView)):
        return [to_plain(item, depth + 1) for item in value]
    raise UnsupportedValue(f"a value of type {kind.__module__}.{kind.__qualname__} has no form in JSON: convert it first")


def _from_numpy(value, depth):
    numpy = sys.modules["numpy"]
    if isinstance(value, numpy.ma.MaskedArray):
        return to_plain(value.tolist(), depth)
    if isinstance(value, (numpy.datetime64, numpy.timedelta64)):
        return _from_time(value, numpy)
    if isinstance(value, numpy.ndarray):
        if value.dtype.kind in "mM":
            return _from_times(value, numpy)
        return to_plain(value.tolist(), depth)
    if isinstance(value, numpy.generic):
        return to_plain(value.item(), depth)
    raise UnsupportedValue(f"a value of type numpy.{type(value).__name__} has no form in JSON: convert it first")


def _from_times(value, numpy):
    if value.ndim == 0:
        return _from_time(value[()], numpy)
    return [_from_times(value[place, ...], numpy) for place in range(len(value))]


def _from_time(value, numpy):
    if numpy.isnat(value):
        return None
    if isinstance(value, numpy.timedelta64):
        return float(value / numpy.timedelta64(1, "ns")) / 1e9
    return str(numpy.datetime_as_string(value))


def _from_pandas(value, depth):
    pandas = sys.modules["pandas"]
    if value is pandas.NaT or value is pandas.NA:
        return None
    if isinstance(value, pandas.Timestamp):
        return value.isoformat()
    if isinstance(value, pandas.Timedelta):
        return value.total_seconds()
    if isinstance(value, (pandas.Period, pandas.Interval)):
        return str(value)
    if isinstance(value, pandas.DataFrame):
        return _from_frame(value, pandas, depth)
    if isinstance(value, pandas.Series):
        items = [to_plain(item, depth + 1) for item in value.tolist()]
        if _is_default(value.index, pandas):
            return items
        return dict(zip((_label(label) for label in value.index.tolist()), items))
    if isinstance(value, (pandas.Index, pandas.api.extensions.ExtensionArray)):
        return [to_plain(item, depth + 1) for item in value.tolist()]
    raise UnsupportedValue(f"a value of type pandas.{type(value).__name__} has no form in JSON: convert it first")


def _from_frame(frame, pandas, depth):
    if not _is_default(frame.index, pandas):
        frame = frame.reset_index()
    names = _distinct([_label(name) for name in frame.columns.tolist()])
    columns = [[to_plain(item, depth + 2) for item in frame.iloc[:, place].tolist()] for place in range(len(names))]
    return [dict(zip(names, row)) for row in zip(*columns)] if names else [{} for _ in range(len(frame))]


def _distinct(names):
    """Like read_csv: the second column named a is a.1."""
    seen = {}
    for place, name in enumerate(names):
        count = seen.get(name, 0)
        seen[name] = count + 1
        if count:
            names[place] = f"{name}.{count}"
    return names


def _label(label):
    return " ".join(_key(part) for part in label) if isinstance(label, tuple) else _key(label)


def _is_default(index, pandas):
    return isinstance(index, pandas.RangeIndex) and index.start == 0 and index.step == 1 and index.name is None


def decode(value):
    """Arguments from the host: `{"$number": "NaN"}` and `{"$bytes": "…"}` become what they stand for."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        if len(value) == 1:
            number, data = value.get("$number"), value.get("$bytes")
            if isinstance(number, str):
                return _number(number)
            if isinstance(data, str):
                return base64.b64decode(data)
        return {key: decode(item) for key, item in value.items()}
    return value


def _number(text):
    try:
        return int(text)
    except ValueError:
        return float(text)
