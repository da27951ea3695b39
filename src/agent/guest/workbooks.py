"""Sheets of Excel workbooks. A part of a program that the host puts together."""

import collections
import itertools
import time
import zipfile

_SHEETS = 12
_WORKBOOK_SECONDS = 8
# Of all members unpacked, and of the list of all texts, which is held in memory as a whole.
_UNPACKED_BYTES = 400 << 20
_TEXTS_BYTES = 48 << 20
_HEADER_ROWS = 40
_SHEET_COLUMNS = 500


def describe_workbook(path, record):
    """Adds the sheets to a record: what they have for columns, types and first rows."""
    names = workbook_sheets(path)
    record["notes"].append(f"Excel workbook{f' with the sheets {names}' if names else ''}: pandas.read_excel reads it")
    problem = _refuse_workbook(path)
    if problem is not None:
        record["notes"].append(f"its cells were not looked at: {problem}")
        return
    try:
        import openpyxl

        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except ImportError:
        record["notes"].append("its cells were not looked at: openpyxl is not here")
        return
    except Exception as error:
        # Whatever a damaged or hostile file makes the reader raise: it is told, and nothing else of the file is.
        record["notes"].append(f"its cells cannot be read: {type(error).__name__}")
        return
    deadline = time.process_time() + _WORKBOOK_SECONDS
    parts = [_outline_sheet(book, name, deadline) for name in book.sheetnames[:_SHEETS]]
    if len(book.sheetnames) > _SHEETS:
        parts.append(f"and {len(book.sheetnames) - _SHEETS} more sheets")
    record["outline"] = "\n\n".join(parts)


def _refuse_workbook(path):
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "it is damaged"
    if sum(member.file_size for member in members) > _UNPACKED_BYTES:
        return f"unpacked it is larger than {_UNPACKED_BYTES >> 20} MiB"
    if any(member.file_size > _TEXTS_BYTES and "sharedStrings" in member.filename for member in members):
        return f"its texts are larger than {_TEXTS_BYTES >> 20} MiB"
    return None


def _outline_sheet(book, name, deadline):
    title = f"Sheet {quoted_name(name)}"
    try:
        sheet = book[name]
        if not hasattr(sheet, "iter_rows"):
            return f"{title}: no cells (a chart)"
        # What the file says of its size is not to be relied on.
        sheet.reset_dimensions()
        hidden = "" if sheet.sheet_state == "visible" else " (hidden)"
        lines = _outline_cells(sheet, name, deadline) or ["empty"]
        return "\n".join([f"{title}{hidden}: {lines[0]}", *lines[1:]])
    except Exception as error:
        return f"{title}: cannot be read ({type(error).__name__})"


def _outline_cells(sheet, name, deadline):
    rows, is_all = _sheet_rows(sheet, deadline)
    first = next(rows, None)
    if first is None:
        return []
    head = [first, *(row for _, row in zip(range(_HEADER_ROWS - 1), rows))]
    header, width = _find_header(head)
    cells = [*head[header][1], *[None] * (width - len(head[header][1]))]
    columns = [ValueColumn(f"Unnamed: {place}" if cell is None else str(cell)) for place, cell in enumerate(cells)]
    count = 0
    for _, row in itertools.chain(head[header + 1 :], rows):
        _add_row(columns, row)
        count += 1
    lines = [f"{'' if is_all[0] else 'at least '}{_counted(count, 'row')}, {_counted(len(columns), 'column')}"]
    before = head[header][0]
    if before > 0:
        titles = "; ".join(_value_text(cell) for _, row in head[:header] for cell in row if cell is not None)
        lines.append(f"{_counted(before, 'row')} before the header (pandas: sheet_name={name!r}, skiprows={before}){f': {_cut(titles, 200)}' if titles else ''}")
    return [*lines, *outline_columns(columns), *(f"row: {row}" for row in outline_rows([row for _, row in head[header + 1 :]]))]


def _sheet_rows(sheet, deadline):
    """(number of the row, its cells without empty ones at the end) for each row that is not empty; whether those were all."""
    is_all = [True]

    def rows():
        for number, row in enumerate(sheet.iter_rows(values_only=True)):
            cells = list(row[:_SHEET_COLUMNS])
            while cells and cells[-1] is None:
                cells.pop()
            if cells:
                yield number, cells
            if number % 500 == 499 and time.process_time() > deadline:
                is_all[0] = False
                return

    return rows(), is_all


def _find_header(head):
    """(place of the header among the first rows, how many columns): titles above a table have few cells."""
    width = max(collections.Counter(len(row) for _, row in head).items(), key=lambda item: (item[1], item[0]))[0]
    for place, (_, row) in enumerate(head):
        filled = sum(1 for cell in row if cell is not None)
        if filled * 2 > width or filled > 1 and len(row) == width:
            return place, max(width, len(row))
    return 0, max(width, len(head[0][1]))


def _add_row(columns, row):
    for place, column in enumerate(columns):
        column.add(row[place] if place < len(row) else None)
