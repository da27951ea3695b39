"""Compares what a tool gives with what its tests expect, as handaxe does it."""

import asyncio
import contextlib
import datetime
import inspect
import math
import unicodedata

# Six digits: what a hand calculation can be held to. Below NOISE numbers are the noise of floating point around zero.
TOLERANCE = 1e-6
NOISE = 1e-12
LARGEST_COUNT = 1e12

# A test that asks for any error is not passed by a misspelt name.
BROKEN_CODE = (NameError, ImportError, SyntaxError, AttributeError, RecursionError)


def call(function, arguments):
    """The tool's value, as data."""
    value = function(**arguments)
    if inspect.isawaitable(value):
        value = asyncio.run(_await(value))
    return to_plain(value)


async def _await(value):
    return await value


@contextlib.contextmanager
def raises(name=None):
    """Passes where the block raises an error of the class of this name; without a name, any error of working code."""
    try:
        yield
    except Exception as error:
        kind = type(error).__name__
        if name in (None, "Exception", "BaseException", "Error"):
            assert not isinstance(error, BROKEN_CODE), f"expected an error, but the code is broken: {kind}: {error}"
        else:
            assert kind == name, f"expected {name}, got {kind}: {error}"
        return
    raise AssertionError(f"expected {name or 'an error'}, but it gave a value")


def assert_agrees(actual, expected, tolerance=None):
    difference = find_difference(actual, expected, tolerance, "value")
    assert difference is None, difference


def find_difference(actual, expected, tolerance, path):
    """The first difference, as a sentence with its place; None where both agree."""
    if _is_number(expected) and _is_number(actual):
        return None if _numbers_agree(actual, expected, tolerance) else _show(path, actual, expected)
    if isinstance(expected, str):
        return None if _texts_agree(actual, expected) else _show(path, actual, expected)
    if isinstance(expected, list) and isinstance(actual, list):
        return _find_in_lists(actual, expected, tolerance, path)
    if isinstance(expected, dict) and isinstance(actual, dict):
        return _find_in_records(actual, expected, tolerance, path)
    same = type(expected) is type(actual) and expected == actual
    return None if same else _show(path, actual, expected)


def _find_in_lists(actual, expected, tolerance, path):
    for place, (one, other) in enumerate(zip(actual, expected)):
        difference = find_difference(one, other, tolerance, f"{path}[{place}]")
        if difference is not None:
            return difference
    if len(actual) == len(expected):
        return None
    return f"at {path}: expected {len(expected)} items, got {len(actual)}"


def _find_in_records(actual, expected, tolerance, path):
    for key in [*expected, *(key for key in actual if key not in expected)]:
        # A key with None says as much as no key.
        difference = find_difference(actual.get(key), expected.get(key), tolerance, f"{path}[{key!r}]")
        if difference is not None:
            return difference
    return None


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _numbers_agree(actual, expected, tolerance):
    if math.isnan(actual) or math.isnan(expected):
        return math.isnan(actual) and math.isnan(expected)
    if actual == expected:
        return True
    if math.isinf(actual) or math.isinf(expected):
        return False
    if tolerance is None and _is_count(actual) and _is_count(expected):
        return False
    share = TOLERANCE if tolerance is None else tolerance
    allowed = share if expected == 0 else share * max(abs(actual), abs(expected))
    return abs(actual - expected) <= max(allowed, NOISE)


def _is_count(number):
    return float(number).is_integer() and abs(number) < LARGEST_COUNT


def _texts_agree(actual, expected):
    if _is_number(actual):
        try:
            # Tests are kept as JSON, which has no other word for them.
            return not math.isfinite(float(expected)) and _numbers_agree(actual, float(expected), None)
        except ValueError:
            return False
    if not isinstance(actual, str):
        return False
    if unicodedata.normalize("NFC", actual) == unicodedata.normalize("NFC", expected):
        return True
    instant = _read_instant(expected)
    return instant is not None and instant == _read_instant(actual)


def _read_instant(text):
    try:
        instant = datetime.datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=datetime.timezone.utc)


def to_plain(value):
    """Lists, records, texts and numbers, as the value would be in JSON."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    if hasattr(value, "_asdict"):
        return to_plain(value._asdict())
    if isinstance(value, (set, frozenset)):
        return [to_plain(item) for item in sorted(value)]
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return to_plain(value.to_dict("records"))
    if hasattr(value, "tolist"):
        return to_plain(value.tolist())
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "__iter__"):
        return [to_plain(item) for item in value]
    return float(value) if hasattr(value, "__float__") else str(value)


def _show(path, actual, expected):
    return f"at {path}: expected {expected!r}, got {actual!r}"
