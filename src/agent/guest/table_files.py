"""Tables in text files: delimiter, header, rows. Sixth part of a program that the host puts together.

Column names are as pandas gives them by default, so that what is told of a file fits code that reads it with pandas.
"""

import collections
import csv
import gc
import itertools
import re
import time

# Millions of small lists without cycles: looking for cycles took a third of the time.
gc.disable()

# Endings of names that promise a table.
TABLE_NAMES = {".csv": "text/csv", ".tsv": "text/tab-separated-values", ".tab": "text/tab-separated-values", ".psv": "text/csv"}
_DELIMITERS = (",", ";", "\t", "|")
# A comma inside fields says nothing against a semicolon as delimiter; a semicolon speaks against a comma.
_STRONGER = {",": ";\t|", ";": "\t|", "|": "\t", "\t": ""}
_DETECTION_CHARACTERS = 256 * 1024
_SAMPLE_ROWS = 200
# Bounds what is held at one time, of wide tables too.
_CHUNK_ROWS = 20_000
_CHUNK_CELLS = 500_000
_PREAMBLE_ROWS = 40
_SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=([,;|\t])\"?[,;|\t]*\r?\n", re.IGNORECASE)
# Of the processor, for counting the rows of a file that is too large to be looked into whole: 7,000,000 take half of it.
_COUNTING_SECONDS = 4


class TableForm:
    """How a text file is read as a table."""

    def __init__(self, text_form, delimiter, names, preamble, has_header, notes, has_comments=False):
        self.text_form = text_form
        self.delimiter = delimiter
        self.names = names
        self.preamble = preamble
        self.has_header = has_header
        self.notes = notes
        self.has_comments = has_comments

    def rows(self, path, strict=False, characters=None):
        """The data rows, each a list of text; empty lines are left out. `strict` raises csv.Error at malformed quotes."""
        with self.text_form.open(path) as stream:
            lines = stream if characters is None else _lines_up_to(stream, characters)
            rows = filter(None, csv.reader(lines, delimiter=self.delimiter, strict=strict))
            data = itertools.islice(rows, self.preamble + (1 if self.has_header else 0), None)
            yield from (row for row in data if not _is_comment(row, len(self.names))) if self.has_comments else data


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
    sample = read_head(path, text_form, _DETECTION_CHARACTERS)
    named = _named_delimiter(sample)
    delimiters = _DELIMITERS if named is None else (named,)
    best = max((_score(sample, delimiter) for delimiter in delimiters), key=lambda score: score[:2])
    quality, width, delimiter, rows = best
    is_named_table = is_named_table or named is not None
    if not is_named_table and (width < 2 or len(rows) < 3 or quality < 0.9 or _is_prose(rows, width)):
        return None
    if width < 2:
        delimiter = named or next((d for d in "\t;|" if d in sample.partition("\n")[0]), ",")
        rows = _sample_rows(sample, delimiter)
    return _form(text_form, delimiter, rows, sample) if rows else None


def _named_delimiter(sample):
    """Excel takes a first line such as `sep=;` for the delimiter and not for data."""
    match = _SEPARATOR_LINE.match(sample)
    return None if match is None else match[1]


def _is_comment(row, width):
    """A line that begins with '#', unless it has the fields of a row: '#id,name' is a header, and '#1,x' a row."""
    return row[0].lstrip().startswith("#") and len(row) != width


def _sample_rows(sample, delimiter):
    rows = list(itertools.islice(filter(None, csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)), _SAMPLE_ROWS))
    # The last row of a cut sample may be cut too.
    return rows[:-1] if len(sample) >= _DETECTION_CHARACTERS and 1 < len(rows) < _SAMPLE_ROWS else rows


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
    return len(rows) < 10 and not any(all(is_value(row[place]) for row in body) for place in range(width))


def _form(text_form, delimiter, rows, sample):
    notes = []
    widths = collections.Counter(map(len, rows))
    width = max(widths.items(), key=lambda item: (item[1], item[0]))[0]
    preamble = _preamble(rows, width)
    if preamble:
        lines = _lines_before(sample, delimiter, preamble)
        notes.append(f"{_counted(lines, 'line')} before the table{_what_before(rows[:preamble])} (pandas: skiprows={lines})")
    comments = sum(1 for row in rows[preamble + 1 :] if _is_comment(row, width))
    if comments:
        notes.append("lines that begin with '#' stand between the rows: comments, which are left out (pandas: comment='#')")
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
    return TableForm(text_form, delimiter, names, preamble, has_header, notes, comments > 0)


def _preamble(rows, width):
    """How many rows stand before the header: the line with the delimiter, comments, and titles, which have few fields."""
    place = 0
    while place < min(len(rows) - 1, _PREAMBLE_ROWS) and _is_before_header(rows, place, width):
        place += 1
    return place if place < min(len(rows), _PREAMBLE_ROWS + 1) and not _is_before_header(rows, place, width) else 0


def _is_before_header(rows, place, width):
    row = rows[place]
    if place == 0 and row[0].lstrip("\ufeff").lower().startswith("sep="):
        return True
    if row[0].lstrip().startswith("#"):
        # As wide as the table it can be the header, if what follows is data.
        return len(row) != width or not any(map(is_value, filter(None, rows[place + 1] if place + 1 < len(rows) else [])))
    if width < 2:
        return False
    filled = sum(1 for cell in row if cell.strip())
    if width == 2:
        # pandas writes a header without a first name for an index.
        return filled == 0 or filled == 1 and bool(row[0].strip())
    return not (len(row) == width and filled > 1 or filled > width / 2)


def _what_before(rows):
    kinds = {}
    for row in rows:
        first = next((cell.strip() for cell in row if cell.strip()), "")
        if first.lstrip("\ufeff").lower().startswith("sep="):
            kinds["the delimiter"] = None
        elif first.startswith("#"):
            kinds["comments"] = None
        elif first and not any(kind.startswith("titles") for kind in kinds):
            kinds[f"titles such as {first[:60]!r}"] = None
    return f": {', '.join(kinds)}" if kinds else ""


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
    return bool(filled) and all(map(is_value, filled))


def _column_names(row, notes):
    """As pandas names them: `Unnamed: 0` where there is no name, `a.1` for the second `a`."""
    given = [cell if cell.strip() else f"Unnamed: {place}" for place, cell in enumerate(row)]
    unnamed = sum(1 for cell in row if not cell.strip())
    duplicates = [name for name, count in collections.Counter(given).items() if count > 1]
    if unnamed:
        notes.append(f"{_counted(unnamed, 'column')} without a name, called as pandas calls them (Unnamed: 0, …)")
    if duplicates:
        notes.append(f"column names that occur twice, called as pandas calls them (name.1): {', '.join(duplicates[:5])[:200]}")
    if any(name != name.strip() for name in given):
        notes.append("some column names have blanks at their ends")
    return _without_duplicates(given)


def _without_duplicates(given):
    taken, counts, names = set(given), {}, []
    for name in given:
        unique, count = name, counts.get(name, 0)
        while count > 0:
            counts[name] = count + 1
            unique = f"{name}.{count}"
            count = count + 1 if unique in taken else counts.get(unique, 0)
        counts[unique] = count + 1
        names.append(unique)
    return names


def profile_table(path, form, characters=None):
    """(columns, locale, rows, notes): one pass over the file, or its first characters, in chunks."""
    try:
        return _profile(form, form.rows(path, strict=True, characters=characters))
    except csv.Error as error:
        columns, locale, count, notes = _profile(form, form.rows(path, characters=characters))
        return columns, locale, count, [f"malformed quotes ({error}): read as well as they can be", *notes]


def _profile(form, rows):
    columns = [Column(name) for name in form.names]
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
    locale = FileLocale(columns, form.delimiter)
    return columns, locale, count, [*notes, *describe_columns(columns, locale)]


def read_columns(path, form, names, profiled):
    """The columns `names` as lists of values: numbers, booleans, text, None for missing ones.

    `profiled` are the columns of the file's beginning: how its numbers are written is decided over all of them.
    """
    places = [form.names.index(name) for name in names]
    raw = [[] for _ in places]
    for row in form.rows(path):
        for values, place in zip(raw, places):
            values.append(row[place] if place < len(row) else "")
    columns = [_column_of(name, values) for name, values in zip(names, raw)]
    others = [column for column in profiled if column.name not in names]
    locale = FileLocale([*columns, *others], form.delimiter)
    return [locale.convert(column, values) for column, values in zip(columns, raw)]


def _column_of(name, values):
    column = Column(name)
    column.add(values)
    return column


def count_rows(path, form):
    """(data rows, whether that is all of them) of a file that is too large to be profiled."""
    deadline = time.process_time() + _COUNTING_SECONDS
    counted = _count_by_line_ends(path, form, deadline)
    if counted is not None:
        return counted, True
    count = 0
    try:
        for count, _ in enumerate(form.rows(path), 1):
            if count % 10_000 == 0 and time.process_time() > deadline:
                return count, False
    except csv.Error:
        # A field beyond the limit: what follows is not counted.
        return count, False
    return count, True


def _count_by_line_ends(path, form, deadline):
    """The data rows, where every line is a row for certain; else None. Looks at bytes only, a gigabyte in a second or two."""
    if form.has_comments or form.text_form.encoding.startswith(("utf-16", "utf-32")):
        return None
    lines, last = 0, b"\n"
    with open(path, "rb") as file:
        for data in iter(lambda: file.read(_CHUNK_BYTES), b""):
            # A quoted field may have line ends in it; empty lines are no rows; a lone carriage return ends a line too.
            if b'"' in data or time.process_time() > deadline:
                return None
            text = last + data
            if re.search(rb"\n\r?\n|\r[^\n]", text) is not None:
                return None
            lines += data.count(b"\n")
            last = text[-2:]
    rows = lines + (not last.endswith(b"\n"))
    return max(0, rows - form.preamble - (1 if form.has_header else 0))
