"""Compares what a tool gives with what its tests expect, as handaxe does it."""

import asyncio
import contextlib
import datetime
import inspect
import math
import re
import unicodedata

# Six digits: what a hand calculation can be held to. Below NOISE numbers are the noise of floating point around zero.
TOLERANCE = 1e-6
NOISE = 1e-12
# A tolerance up to this one is for the rounding of floats, and an integer is not rounded. A larger one is for estimates.
LARGEST_ROUNDING = 1e-6
# From here on whole numbers are codes, ids and instants rather than estimates of a count.
SMALLEST_CODE = 10**12
# Larger floats are all whole, and are no integers for that.
LARGEST_EXACT = 2**53 - 1

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
    if _is_integer(actual) and _is_integer(expected):
        if int(actual) == int(expected):
            return True
        if (tolerance or 0) <= LARGEST_ROUNDING or abs(expected) >= SMALLEST_CODE:
            return False
    actual, expected = _to_float(actual), _to_float(expected)
    if math.isnan(actual) or math.isnan(expected):
        return math.isnan(actual) and math.isnan(expected)
    if actual == expected:
        return True
    if math.isinf(actual) or math.isinf(expected):
        return False
    share = TOLERANCE if tolerance is None else tolerance
    allowed = share if expected == 0 else share * max(abs(actual), abs(expected))
    return abs(actual - expected) <= max(allowed, NOISE)


def _is_integer(number):
    return isinstance(number, int) or (number.is_integer() and abs(number) <= LARGEST_EXACT)


def _to_float(number):
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)


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
    for read in (_read_instant, _read_duration):
        first = read(expected)
        if first is not None and first == read(actual):
            return True
    return False


DATE = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?"
    r"\s*(Z|UTC|[+-]\d{2}(?::?\d{2}(?::\d{2})?)?)?)?",
    re.ASCII | re.IGNORECASE,
)
ZONE = re.compile(r"([+-])(\d{2}):?(\d{2})?:?(\d{2})?", re.ASCII)
DURATION = re.compile(
    r"([+-])?P(?=[\dT])(?:(\d{1,12})W)?(?:(\d{1,12})D)?"
    r"(?:T(?=\d)(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,15})(?:\.(\d{1,9}))?S)?)?",
    re.ASCII,
)


def _read_instant(text):
    """Nanoseconds; without a zone the text counts as UTC. None where it is no date."""
    match = DATE.fullmatch(text.strip())
    if match is None:
        return None
    hour, minute, second = (int(digits or 0) for digits in match.group(2, 3, 4))
    offset = _read_zone(match[6] or "Z")
    if hour > 23 or minute > 59 or second > 59 or offset is None:
        return None
    try:
        days = _count_days(*(int(part) for part in match[1].split("-")))
    except ValueError:
        return None
    seconds = days * 86400 + hour * 3600 + minute * 60 + second - offset
    return seconds * 10**9 + int((match[5] or "").ljust(9, "0"))


def _count_days(year, month, day):
    if year > 0:
        return datetime.date(year, month, day).toordinal()
    # Python has no year 0, which is a leap year like 2000.
    return datetime.date(2000, month, day).toordinal() - datetime.date(2000, 12, 31).toordinal()


def _read_zone(zone):
    match = ZONE.fullmatch(zone)
    if match is None:
        return 0
    hours, minutes, seconds = (int(digits or 0) for digits in match.group(2, 3, 4))
    if hours > 23 or minutes > 59 or seconds > 59:
        return None
    return (-1 if match[1] == "-" else 1) * (hours * 3600 + minutes * 60 + seconds)


def _read_duration(text):
    match = DURATION.fullmatch(text.strip())
    if match is None:
        return None
    weeks, days, hours, minutes, seconds = (int(digits or 0) for digits in match.group(2, 3, 4, 5, 6))
    whole = (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds
    nanoseconds = whole * 10**9 + int((match[7] or "").ljust(9, "0"))
    return -nanoseconds if match[1] == "-" else nanoseconds


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
    if isinstance(value, datetime.timedelta):
        return _write_duration(value)
    if hasattr(value, "__iter__"):
        return [to_plain(item) for item in value]
    return float(value) if hasattr(value, "__float__") else str(value)


def _write_duration(value):
    sign, value = ("-", -value) if value < datetime.timedelta(0) else ("", value)
    return f"{sign}P{value.days}DT{value.seconds}.{value.microseconds:06}S"


def _show(path, actual, expected):
    return f"at {path}: expected {expected!r}, got {actual!r}"
