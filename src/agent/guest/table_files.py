"""Tables in text files: delimiter, header, types of columns. Second part of a program that the host puts together.

Column names and missing values are as pandas has them by default, so that what is told of a file fits code that reads it
with pandas.
"""

import collections
import csv
import gc
import itertools
import re

# Millions of small lists without cycles: looking for cycles took a third of the time.
gc.disable()

# Endings of names that promise a table.
TABLE_NAMES = {".csv": "text/csv", ".tsv": "text/tab-separated-values", ".tab": "text/tab-separated-values", ".psv": "text/csv"}
_DELIMITERS = (",", ";", "\t", "|")
# A comma inside fields says nothing against a semicolon as delimiter; a semicolon speaks against a comma.
_STRONGER = {",": ";\t|", ";": "\t|", "|": "\t", "\t": ""}
_SAMPLE_CHARACTERS = 256 * 1024
_SAMPLE_ROWS = 200
# Bounds what is held at one time, of wide tables too.
_CHUNK_ROWS = 20_000
_CHUNK_CELLS = 500_000
_PREAMBLE_ROWS = 20
_SAFE_INTEGER = (1 << 53) - 1

# The default of pandas.read_csv, and blanks.
MISSING = frozenset(
    ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA"]
    + ["NULL", "NaN", "None", "n/a", "nan", "null"]
)
_LEADING_ZERO = re.compile(r"^\s*[+-]?0\d+\s*$", re.MULTILINE)
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


class TableForm:
    """How a text file is read as a table."""

    def __init__(self, text_form, delimiter, names, preamble, has_header, notes):
        self.text_form = text_form
        self.delimiter = delimiter
        self.names = names
        self.preamble = preamble
        self.has_header = has_header
        self.notes = notes

    def rows(self, path, strict=False, characters=None):
        """The data rows, each a list of text; empty lines are left out. `strict` raises csv.Error at malformed quotes."""
        with self.text_form.open(path) as stream:
            lines = stream if characters is None else _lines_up_to(stream, characters)
            rows = filter(None, csv.reader(lines, delimiter=self.delimiter, strict=strict))
            yield from itertools.islice(rows, self.preamble + (1 if self.has_header else 0), None)


def _lines_up_to(stream, characters):
    for line in stream:
        yield line
        characters -= len(line)
        if characters < 0:
            return


def detect_table(path, text_form, is_named_table):
    """The TableForm of a text file, or None where it does not look like a table.

    `is_named_table` says that its name ends like that of a table: then a single column is one too.
    """
    csv.field_size_limit(1 << 30)
    sample = read_head(path, text_form, _SAMPLE_CHARACTERS)
    best = max((_score(sample, delimiter) for delimiter in _DELIMITERS), key=lambda score: score[:2])
    quality, width, delimiter, rows = best
    if not is_named_table and (width < 2 or len(rows) < 3 or quality < 0.9 or _is_prose(rows, width)):
        return None
    if width < 2:
        delimiter = next((d for d in "\t;|" if d in sample.partition("\n")[0]), ",")
        rows = _sample_rows(sample, delimiter)
    return _form(text_form, delimiter, rows, sample) if rows else None


def _sample_rows(sample, delimiter):
    rows = list(itertools.islice(filter(None, csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)), _SAMPLE_ROWS))
    # The last row of a cut sample may be cut too.
    return rows[:-1] if len(sample) >= _SAMPLE_CHARACTERS and 1 < len(rows) < _SAMPLE_ROWS else rows


def _score(sample, delimiter):
    """(how well the rows agree, fields in a row, delimiter, rows)."""
    rows = _sample_rows(sample, delimiter)
    widths = collections.Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return 0.0, 1, delimiter, rows
    width, agreeing = max(widths.items(), key=lambda item: (item[1], item[0]))
    cells = [cell for row in rows if len(row) == width for cell in row]
    stronger = _STRONGER[delimiter]
    dirty = sum(1 for cell in cells if any(character in cell for character in stronger))
    return round(agreeing / len(rows) * (1 - dirty / len(cells)), 2), width, delimiter, rows


def _is_prose(rows, width):
    """Sentences with commas: long fields, and few lines without a number in any place."""
    cells = [cell for row in rows for cell in row]
    if sum(map(len, cells)) > 60 * len(cells):
        return True
    body = [row for row in rows[1:] if len(row) == width]
    return len(rows) < 10 and not any(all(_is_value(row[place]) for row in body) for place in range(width))


def _is_value(cell):
    return cell in MISSING or _are_numbers([cell]) or _DATE.fullmatch(cell) is not None


def _form(text_form, delimiter, rows, sample):
    notes = []
    widths = collections.Counter(map(len, rows))
    width = max(widths.items(), key=lambda item: (item[1], item[0]))[0]
    preamble = _preamble(rows, width)
    if preamble:
        lines = _lines_before(sample, delimiter, preamble)
        notes.append(f"{_counted(lines, 'line')} before the table (pandas: skiprows={lines})")
    first = rows[preamble]
    has_header = not _is_data(first)
    if has_header and len(first) < width:
        notes.append(f"the header has {_counted(len(first), 'name')}, most rows have {width} fields")
    width = max(width, len(first))
    if has_header:
        names = _column_names(first + [""] * (width - len(first)), notes)
    else:
        names = [f"column_{place}" for place in range(1, width + 1)]
        notes.append("no header: the first row is data (pandas: header=None); the columns are named column_1, … here")
    return TableForm(text_form, delimiter, names, preamble, has_header, notes)


def _preamble(rows, width):
    """Titles and comments before the header are much shorter than the table is wide."""
    if width < 3:
        return 0
    for place, row in enumerate(rows[: _PREAMBLE_ROWS + 1]):
        filled = sum(1 for cell in row if cell.strip())
        if len(row) == width and filled > 1 or filled > width / 2:
            return place
    return 0


def _lines_before(sample, delimiter, rows):
    """Lines of the file before the row of that number: fields can have line ends in them, and empty lines count."""
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    before = 0
    for row in reader:
        if row and rows == 0:
            break
        rows -= bool(row)
        before = reader.line_num
    return before


def _is_data(row):
    """A header has at least one field that is neither a number nor a date."""
    filled = [cell for cell in row if cell not in MISSING]
    return bool(filled) and all(map(_is_value, filled))


def _column_names(row, notes):
    """As pandas names them: `Unnamed: 0` where there is no name, `a.1` for the second `a`."""
    names, counts = [], {}
    unnamed, duplicates = 0, []
    for place, cell in enumerate(row):
        name = cell if cell.strip() else f"Unnamed: {place}"
        unnamed += not cell.strip()
        if name in counts:
            duplicates.append(name)
            while f"{name}.{counts[name]}" in counts:
                counts[name] += 1
            name = f"{name}.{counts[name]}"
        counts[name] = 1
        names.append(name)
    if unnamed:
        notes.append(f"{_counted(unnamed, 'column')} without a name, called as pandas calls them (Unnamed: 0, …)")
    if duplicates:
        notes.append(f"column names that occur twice, called as pandas calls them (name.1): {', '.join(duplicates[:5])[:200]}")
    if any(name != name.strip() for name in names):
        notes.append("some column names have blanks at their ends")
    return names


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
            self.sample.extend(present[:1000])
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


def profile_table(path, form, characters=None):
    """(columns, rows, notes): one pass over the file, or its first characters, in chunks."""
    try:
        return _profile(form, form.rows(path, strict=True, characters=characters))
    except csv.Error as error:
        columns, count, notes = _profile(form, form.rows(path, characters=characters))
        return columns, count, [f"malformed quotes ({error}): read as well as they can be", *notes]


def _profile(form, rows):
    columns = [Column(name, form.delimiter) for name in form.names]
    width = len(columns)
    ragged, first_ragged, count = 0, 0, 0
    size = max(1, min(_CHUNK_ROWS, _CHUNK_CELLS // width))
    while chunk := list(itertools.islice(rows, size)):
        for place, row in enumerate(chunk):
            if len(row) != width:
                ragged += 1
                first_ragged = first_ragged or count + place + 1
                chunk[place] = row[:width] + [""] * (width - len(row))
        count += len(chunk)
        for column, values in zip(columns, zip(*chunk)):
            column.add(values)
    notes = []
    if ragged:
        notes.append(f"{_counted(ragged, 'row')} with another number of fields than the header; the first is data row {first_ragged}")
    for column in columns:
        notes.extend(f"column {column.name[:60]!r} {note}" for note in column.notes())
    return columns, count, notes


def read_columns(path, form, names):
    """The columns `names` as lists of values: numbers, booleans, text, None for missing ones."""
    places = [form.names.index(name) for name in names]
    raw = [[] for _ in places]
    for row in form.rows(path):
        for values, place in zip(raw, places):
            values.append(row[place] if place < len(row) else "")
    return [_convert(values, name, form.delimiter) for values, name in zip(raw, names)]


def _convert(values, name, delimiter):
    column = Column(name, delimiter)
    column.add(values)
    convert = {
        "integer": int,
        "number": float,
        "decimal-comma": lambda value: float(value.replace(".", "").replace(",", ".")),
        "boolean": lambda value: value.strip().lower() == "true",
    }.get(column.form, str)
    return [None if value in MISSING or value.isspace() else convert(value) for value in values]
