"""Values and types of columns. Second part of a program that the host puts together.

What is missing is as pandas has it by default, so that what is told of a file fits code that reads it with pandas.
"""

import itertools
import re

_SAFE_INTEGER = (1 << 53) - 1
_SAMPLE_CHARACTERS = 60

# The default of pandas.read_csv, and blanks.
MISSING = frozenset(
    ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"]
    + ["NULL", "NaN", "None", "n/a", "nan", "null"]
)
_LEADING_ZERO = re.compile(r"^[ \t]*[+-]?0\d+[ \t]*$", re.MULTILINE)
_DECIMAL_COMMA = re.compile(r"\s*[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?\s*")
_GROUPED = re.compile(r"\s*[+-]?\d{1,3}(,\d{3})+(\.\d+)?\s*")
_MONEY = re.compile(r"\s*[(+-]?\s*[$€£¥]\s*[+-]?\d[\d,. ]*\)?\s*|\s*[+-]?\d[\d,. ]*\s*[$€£¥]\s*")
_DIGITS = re.compile(r"\s*[+-]?\d+\s*")
_PERCENT = re.compile(r"\s*[+-]?\d+([.,]\d+)?\s*%\s*")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE = re.compile(
    r"\s*(?:"
    r"\d{4}-(?:0[1-9]|1[0-2])|\d{4}([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|[12]\d|3[01])\2(?:\d{4}|\d{2})"
    rf"|\d{{1,2}}[- ]{_MONTH}[- ,]+(?:\d{{4}}|\d{{2}})"
    rf"|{_MONTH}\.? \d{{1,2}},? \d{{4}}"
    r")(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s*(?:Z|UTC|[AP]M|[+-]\d{2}:?\d{2}))?)?\s*",
    re.IGNORECASE,
)
_AMBIGUOUS_DATE = re.compile(r"\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}\b")


def is_value(cell):
    return cell in MISSING or _are_numbers([cell]) or _DATE.fullmatch(cell) is not None


class Column:
    """The type of a column, found chunk by chunk."""

    def __init__(self, name, delimiter):
        self.name = name
        self.missing = 0
        self.present = 0
        self.examples = []
        self.sample = []
        self._possible = {"integer", "number", "boolean", "date"}
        if delimiter != ",":
            self._possible.add("decimal-comma")

    def add(self, values):
        present = [value for value in values if value not in MISSING]
        if any(map(str.isspace, present)):
            present = [value for value in present if not value.isspace()]
        self.missing += len(values) - len(present)
        if not present:
            return
        self.present += len(present)
        for value in present if len(self.examples) < 3 else ():
            if value not in self.examples:
                self.examples.append(value)
                if len(self.examples) == 3:
                    break
        if len(self.sample) < 1000:
            # Amounts and numbers are short; what is longer would only cost time.
            self.sample.extend(value[:_SAMPLE_CHARACTERS] for value in present[:1000])
        self._narrow(present)

    def _narrow(self, present):
        possible = self._possible
        if "integer" in possible and not _are_integers(present):
            possible.discard("integer")
        if "number" in possible and "integer" not in possible and not _are_numbers(present):
            possible.discard("number")
        if "decimal-comma" in possible and not all(map(_DECIMAL_COMMA.fullmatch, present)):
            possible.discard("decimal-comma")
        if possible & {"boolean", "date"}:
            distinct = set(present)
            if not {value.strip().lower() for value in itertools.islice(distinct, 3)} <= {"true", "false"} or len(distinct) > 8:
                possible.discard("boolean")
            if "date" in possible and not all(map(_DATE.fullmatch, distinct)):
                possible.discard("date")

    @property
    def form(self):
        """How the values are read: a type, or 'decimal-comma'."""
        if self.present == 0:
            return "empty"
        for form in ("integer", "number", "decimal-comma", "boolean", "date"):
            if form in self._possible:
                return form
        return "text"

    @property
    def type(self):
        return "number" if self.form == "decimal-comma" else self.form

    def notes(self):
        """What a person would have to know before computing with the column."""
        found = []
        if self.form == "decimal-comma":
            found.append("has decimal commas (pandas: decimal=',')")
        if self.form == "text":
            for pattern, what in (
                (_GROUPED, "numbers with commas between thousands"),
                (_MONEY, "amounts with a currency sign"),
                (_PERCENT, "numbers with a percent sign"),
            ):
                if any(map(pattern.fullmatch, self.sample)) and all(
                    pattern.fullmatch(value) or _are_numbers([value]) for value in self.sample
                ):
                    found.append(f"has {what}: text until it is converted")
                    break
            else:
                found.extend(self._other_text_notes())
        if self.form == "date" and all(map(_AMBIGUOUS_DATE.match, self.sample)):
            found.append(_day_order(self.sample))
        return found

    def _other_text_notes(self):
        if all(map(_DIGITS.fullmatch, self.sample)):
            return ["is kept as text: digits with leading zeros, or too many for a number"]
        numbers = sum(1 for value in self.sample if _are_numbers([value]))
        if numbers * 2 > len(self.sample):
            odd = next((value for value in self.sample if not _are_numbers([value])), None)
            return [f"is mostly numbers, but not all{'' if odd is None else f' (such as {odd[:30]!r})'}"]
        return []


def _day_order(values):
    pairs = [tuple(map(int, _AMBIGUOUS_DATE.match(value).groups())) for value in values]
    if any(first > 12 for first, _ in pairs):
        return "has dates with the day first"
    if any(second > 12 for _, second in pairs):
        return "has dates with the month first"
    return "has dates that do not say whether the day or the month comes first"


_INTEGER_CHARACTERS = str.maketrans("", "", "0123456789+- \t\n")
_NUMBER_CHARACTERS = str.maketrans("", "", "0123456789+-.eE \t\n")


def _are_integers(values):
    numbers = _parse_all(int, values, _INTEGER_CHARACTERS)
    return numbers is not None and -_SAFE_INTEGER <= min(numbers) and max(numbers) <= _SAFE_INTEGER


def _are_numbers(values):
    numbers = _parse_all(float, values, _NUMBER_CHARACTERS)
    if numbers is None:
        return False
    if -_SAFE_INTEGER <= min(numbers) and max(numbers) <= _SAFE_INTEGER:
        return True
    return all(map(_is_plain, numbers, values))


def _parse_all(parse, values, characters):
    """The numbers, or None where not all values are. Whole columns go through C functions: millions of cells are usual.

    `int` and `float` also take 'nan', 'inf', '1_000' and the digits of other scripts: none of them is a number of a table.
    """
    text = "\n".join(values)
    if text.translate(characters) or _LEADING_ZERO.search(text):
        return None
    try:
        return list(map(parse, values))
    except ValueError:
        return None


def _is_plain(number, text):
    """Neither infinite nor an integer that a double cannot hold."""
    if number - number != 0:
        return False
    return abs(number) <= _SAFE_INTEGER or "." in text or "e" in text.lower()


def convert_column(values, name, delimiter):
    column = Column(name, delimiter)
    column.add(values)
    convert = {
        "integer": int,
        "number": float,
        "decimal-comma": lambda value: float(value.replace(".", "").replace(",", ".")),
        "boolean": lambda value: value.strip().lower() == "true",
    }.get(column.form, str)
    return [None if value in MISSING or value.isspace() else convert(value) for value in values]
