"""Values and types of columns. Fourth part of a program that the host puts together.

What is missing is as pandas has it by default, so that what is told of a file fits code that reads it with pandas.
"""

import itertools
import re

_SAMPLE_CHARACTERS = 60
_SAMPLE = 1000

# The default of pandas.read_csv, and blanks.
MISSING = frozenset(
    ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"]
    + ["NULL", "NaN", "None", "n/a", "nan", "null"]
)
_DIGITS = re.compile(r"\s*[+-]?\d+\s*")
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
_ORDERED_DATE = re.compile(r"\s*(\d{1,2})[-/.](\d{1,2})[-/.]\d{2,4}\b")
_DOTTED = re.compile(r"\s*\d+(?:\.\d+)+")


def is_value(cell):
    return cell in MISSING or is_written_number(cell) or are_numbers([cell]) or _DATE.fullmatch(cell) is not None


class Column:
    """The type of a column, found chunk by chunk. How its numbers and dates are written is decided for the file."""

    def __init__(self, name):
        self.name = name
        self.missing = 0
        self.present = 0
        self.examples = []
        self.sample = []
        self.numbers = NumberColumn()
        # The first date that has the day first for sure, or the month, or neither.
        self.date_proofs = {"day": None, "month": None, "neither": None}
        self.has_open_dates = False
        # The first cell without a digit among numbers.
        self.odd = None
        self.is_dotted = False
        self._possible = {"integer", "number", "boolean", "date"}

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
        if len(self.sample) < _SAMPLE:
            # What is longer would only cost time.
            self.sample.extend(value[:_SAMPLE_CHARACTERS] for value in present[:_SAMPLE])
        self._narrow(present)

    def _narrow(self, present):
        possible = self._possible
        if "integer" in possible and not are_integers(present):
            possible.discard("integer")
        if "number" in possible and "integer" not in possible and not are_numbers(present):
            possible.discard("number")
        if "integer" in possible:
            self.numbers.counted += len(present)
            possible -= {"boolean", "date"}
            return
        # In the order of the file: the examples of two runs have to be the same.
        distinct = None
        if "number" in possible:
            self.numbers.add_plain(present)
        elif self.numbers.is_possible:
            distinct = dict.fromkeys(present)
            self.numbers.add(distinct)
            if self.odd is None:
                self.odd = next((value for value in distinct if not has_digit(value)), None)
        if possible & {"boolean", "date"}:
            self._narrow_words(distinct or dict.fromkeys(present))

    def _narrow_words(self, distinct):
        if not {value.strip().lower() for value in itertools.islice(distinct, 3)} <= {"true", "false"} or len(distinct) > 8:
            self._possible.discard("boolean")
        if "date" in self._possible:
            if all(map(_DATE.fullmatch, distinct)):
                self._order_dates(distinct)
            else:
                self._possible.discard("date")
        self.is_dotted = self.is_dotted or any(map(_DOTTED.match, itertools.islice(distinct, _SAMPLE)))

    def _order_dates(self, distinct):
        for value in distinct:
            match = _ORDERED_DATE.match(value)
            if match is None:
                continue
            first, second = int(match[1]), int(match[2])
            self.has_open_dates = self.has_open_dates or first <= 12 and second <= 12
            order = ("neither" if second > 12 else "day") if first > 12 else "month" if second > 12 else None
            if order is not None and self.date_proofs[order] is None:
                self.date_proofs[order] = value.strip()

    @property
    def has_contradictory_dates(self):
        found = self.date_proofs
        return found["neither"] is not None or found["day"] is not None and found["month"] is not None

    def kind(self):
        """What the cells look like, before the file's locale is known: a type, or 'written' for numbers in some form."""
        if self.present == 0:
            return "empty"
        possible = self._possible
        if "integer" in possible:
            return "integer"
        if "number" in possible:
            return "number"
        if self.numbers.is_possible and self.numbers.counted > 0 and self.odd is None and not self.numbers.needs_decision:
            return "written"
        if "boolean" in possible:
            return "boolean"
        if "date" in possible and not self.has_contradictory_dates:
            return "date"
        return "text"

    @property
    def might_be_dates(self):
        return "date" in self._possible


class FileLocale:
    """How numbers and dates are written in one file, decided over all its columns."""

    def __init__(self, columns, delimiter):
        self.delimiter = delimiter
        written = [column for column in columns if column.numbers.proven is not None and column.kind() != "date"]
        self.number_proofs = {
            form: next((column for column in written if column.numbers.proven == form), None) for form in ("dot", "comma")
        }
        dated = [column for column in columns if column.kind() == "date"]
        self.date_proofs = {
            order: next((column for column in dated if column.date_proofs[order] is not None), None) for order in ("day", "month")
        }

    @property
    def numbers(self):
        """'dot' or 'comma', or None: nothing proves one of them, or columns prove both."""
        return _only(self.number_proofs)

    @property
    def dates(self):
        """'day' or 'month', whichever comes first; None where nothing proves one of them, or columns prove both."""
        return _only(self.date_proofs)

    def form(self, column):
        """How the values of a column are read: 'integer', 'number', 'dot', 'comma', 'boolean', 'date', 'text', 'empty'."""
        kind = column.kind()
        numbers = column.numbers
        if kind == "number" and numbers.fits["comma"] and self.numbers == "comma":
            return "comma"
        if kind != "written":
            return kind
        if numbers.fits["dot"] and numbers.fits["comma"]:
            # Nothing proves one: where semicolons separate fields, the comma mostly is the decimal sign.
            return self.numbers or ("comma" if self.delimiter == ";" else "dot")
        return "dot" if numbers.fits["dot"] else "comma"

    def type(self, column):
        form = self.form(column)
        if form not in ("dot", "comma"):
            return form
        return "number" if ("." if form == "dot" else ",") in column.numbers.seen else "integer"

    def convert(self, column, values):
        form, kind = self.form(column), self.type(column)
        convert = {
            "integer": int,
            "number": float,
            "dot": lambda value: to_number(value, "dot"),
            "comma": lambda value: to_number(value, "comma"),
            "boolean": lambda value: value.strip().lower() == "true",
        }.get(form, str)
        if form in ("dot", "comma") and kind == "number":
            to_value = convert
            convert = lambda value: float(to_value(value))
        return [None if value in MISSING or value.isspace() else convert(value) for value in values]


def _only(proofs):
    found = [key for key, column in proofs.items() if column is not None]
    return found[0] if len(found) == 1 else None
