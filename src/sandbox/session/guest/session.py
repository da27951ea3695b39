"""The `session` of a program: values of earlier executions, and those that later ones are to have. Runs inside the sandbox.

from tools import session
session.keep(prices=prices)   # for later executions
prices = session.prices       # or session["prices"]: loaded when it is first used

Plain values are kept as JSON, which JavaScript can read too, arrays as npy, tables as parquet where pyarrow is installed,
everything else as pickle. Snapshots are read here and nowhere else.
"""

import hashlib
import io
import json
import math
import os
import pickle
import re
import sys
import types

_INPUT = "/box/input"
_OUTPUT = "/box/output/.session"
_NAME = re.compile(r"[^\W\d]\w{0,63}")
# JavaScript's numbers hold no larger integers exactly.
_EXACT = 2**53
_DEPTH = 64
_NOT_KEPT = (types.FunctionType, type)


class _Pickler(pickle.Pickler):
    def reducer_override(self, given):
        # By its name only: the next program does not define it.
        if isinstance(given, _NOT_KEPT) and getattr(given, "__module__", None) == "__main__":
            raise pickle.PicklingError(f"{given.__qualname__!r} is defined in the program, which is not kept")
        return NotImplemented


class Session:
    def __init__(self):
        with open(f"{_INPUT}/.session.json", encoding="utf-8") as file:
            given = json.load(file)
        self._stored = {record["name"]: record for record in given["values"]}
        self._limits = given["limits"]
        self._loaded = {}
        self._kept = {}
        self._dropped = []
        self._failed = {}
        self._files = 0

    def keep(self, **values):
        """Keeps each value under its name. One that cannot be kept is named in the result; the others are kept."""
        for name, value in values.items():
            self._keep(name, value)
        self._write_index()

    def drop(self, *names):
        """Forgets values."""
        for name in names:
            self._kept.pop(name, None)
            self._loaded.pop(name, None)
            if self._stored.pop(name, None) is not None:
                self._dropped.append(name)
        self._write_index()

    def __getitem__(self, name):
        if name not in self._loaded:
            record = self._stored.get(name)
            if record is None:
                known = ", ".join(sorted(self)) or "none"
                raise KeyError(f"the session has no value {name!r}; it has: {known}")
            self._loaded[name] = _load(record)
        return self._loaded[name]

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def __contains__(self, name):
        return name in self._stored or name in self._kept

    def __iter__(self):
        return iter(sorted({*self._stored, *self._kept}))

    def __len__(self):
        return len({*self._stored, *self._kept})

    def __dir__(self):
        return ["drop", "keep", *self]

    def _keep_named(self, variables, names):
        for name in names:
            if name in variables:
                self._keep(name, variables[name])
            else:
                self._failed[name] = "the program does not define it"
        self._write_index()

    def _keep(self, name, value):
        self._failed.pop(name, None)
        try:
            if _NAME.fullmatch(name) is None:
                raise ValueError("not a name of 1 to 64 letters, digits and underscores")
            kind, content = _dump(value)
            if len(content) > self._limits["valueBytes"]:
                raise ValueError(f"{len(content)} bytes as {kind}; the limit is {self._limits['valueBytes']}")
            self._files += 1
            file = f"{self._files}.{kind}"
            os.makedirs(_OUTPUT, exist_ok=True)
            _write(f"{_OUTPUT}/{file}", content)
        except (Exception, RecursionError) as error:
            self._failed[name] = f"{type(error).__name__}: {error}"[:400]
            return
        earlier = self._kept.get(name)
        if earlier is not None:
            os.unlink(f"{_OUTPUT}/{earlier['file']}")
        self._kept[name] = {"name": name, "format": kind, "file": file, "type": _describe_type(value)}
        self._loaded[name] = value

    def _write_index(self):
        os.makedirs(_OUTPUT, exist_ok=True)
        failed = [{"name": name, "reason": reason} for name, reason in self._failed.items()]
        index = {"values": list(self._kept.values()), "dropped": self._dropped, "failed": failed}
        with open(f"{_OUTPUT}/index.json", "w", encoding="utf-8") as file:
            json.dump(index, file)


def _write(path, content):
    try:
        with open(path, "wb") as file:
            file.write(content)
    except OSError:
        # Half a file would take the room of the next value.
        os.unlink(path)
        raise


def _describe_type(value):
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    shape = getattr(value, "shape", None)
    return (f"{name} {shape}" if isinstance(shape, tuple) else name)[:120]


def _dump(value):
    if _is_plain(value, _DEPTH):
        return "json", json.dumps(value, allow_nan=False).encode()
    numpy = sys.modules.get("numpy")
    if numpy is not None and type(value) is numpy.ndarray and not value.dtype.hasobject:
        file = io.BytesIO()
        numpy.save(file, value, allow_pickle=False)
        return "npy", file.getvalue()
    pandas = sys.modules.get("pandas")
    if pandas is not None and type(value) is pandas.DataFrame:
        table = _dump_table(pandas, value)
        if table is not None:
            return "parquet", table
    file = io.BytesIO()
    _Pickler(file, protocol=5).dump(value)
    return "pickle", file.getvalue()


def _dump_table(pandas, frame):
    """None where pyarrow is missing, or where parquet would give back something else."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return None
    try:
        content = frame.to_parquet(engine="pyarrow")
        back = pandas.read_parquet(io.BytesIO(content), engine="pyarrow")
        pandas.testing.assert_frame_equal(frame, back, check_exact=True, check_freq=True)
        is_same = type(frame.index) is type(back.index) and frame.attrs == back.attrs
        return content if is_same else None
    except Exception:
        # Columns of mixed types, intervals, complex numbers: pickle has them.
        return None


def _is_plain(value, depth):
    """Whether JSON gives back the same, in Python and in JavaScript."""
    kind = type(value)
    if value is None or kind is bool:
        return True
    if kind is int:
        return -_EXACT < value < _EXACT
    if kind is float:
        return math.isfinite(value)
    if kind is str:
        return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)
    if depth == 0:
        return False
    if kind is list:
        return all(_is_plain(item, depth - 1) for item in value)
    if kind is dict:
        return all(type(key) is str and _is_plain(key, 0) and _is_plain(item, depth - 1) for key, item in value.items())
    return False


def _load(record):
    name, kind = record["name"], record["format"]
    with open(f"{_INPUT}/{record['input']}", "rb") as file:
        content = file.read()
    if hashlib.sha256(content).hexdigest() != record["sha256"]:
        raise ValueError(f"the snapshot of {name!r} is not what was kept")
    if kind == "json":
        return json.loads(content)
    if kind == "npy":
        import numpy

        return numpy.load(io.BytesIO(content), allow_pickle=False)
    if kind == "parquet":
        import pandas

        return pandas.read_parquet(io.BytesIO(content))
    if kind == "pickle":
        return pickle.loads(content)
    raise TypeError(f"the value {name!r} was kept by JavaScript in a form that Python cannot read")


session = Session()
