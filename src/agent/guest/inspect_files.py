"""Describes input files for a model. Last part of a program that the host puts together; its function is called there.

Only the standard library, and nothing that depends on versions of packages, time or machine: the same file gives the same
text everywhere, because recorded exchanges with models rest on it.
"""

import json
import os

_INPUT = "/box/input"
_HEAD_LINES = 6
_LINE_CHARACTERS = 200
_HEAD_CHARACTERS = 1200
_COLUMNS = 200
_NAME_CHARACTERS = 200
_EXAMPLE_CHARACTERS = 40
_NOTES = 12
_NOTE_CHARACTERS = 300
_FILES = 100
# Parsed JSON takes some ten times its size in memory.
_JSON_BYTES = 16 << 20
_KEYS = 30
_OUTLINE_CHARACTERS = 8000

# Names that say nothing against a table in them.
_OPEN_NAMES = {"", ".txt", ".dat", ".data", ".asc", ".out"}
_TEXT_NAMES = {
    ".md": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".toml": "application/toml",
    ".py": "text/x-python",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".ts": "text/x-typescript",
    ".sql": "application/sql",
    ".css": "text/css",
}
_BINARY_NAMES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xls": "application/x-ole-storage",
    ".parquet": "application/vnd.apache.parquet",
    ".zip": "application/zip",
    ".tar": "application/x-tar",
    ".bz2": "application/x-bzip2",
    ".xz": "application/x-xz",
    ".db": "application/vnd.sqlite3",
    ".sqlite": "application/vnd.sqlite3",
    ".gz": "application/gzip",
}
_ADVICE = {
    "application/vnd.apache.parquet": "Parquet: pandas.read_parquet reads it",
    "application/vnd.apache.arrow.file": "Arrow file: pyarrow reads it",
    "application/x-ole-storage": "an old Office file (.xls, .doc), or another OLE file",
    "application/x-npy": "a NumPy array: numpy.load reads it",
    "application/vnd.sqlite3": "a SQLite database: the module sqlite3 reads it",
}


def inspect_files(names, words=()):
    """A record for each of the input files `names`, in their order. `words`: what the request speaks of."""
    return [inspect_path(os.path.join(_INPUT, name), name, words) for name in names[:_FILES]]


def inspect_path(path, name, words=(), is_member=False):
    """The record of one file. A member of an archive is not opened as an archive itself."""
    size = os.path.getsize(path)
    record = {"name": name, "bytes": size, "kind": "empty", "mediaType": "application/x-empty"}
    record.update({"encoding": None, "table": None, "head": "", "notes": [], "outline": ""})
    if size > 0:
        _describe(path, record, words, is_member)
    if record["outline"]:
        record["outline"] = _cut(record["outline"], _OUTLINE_CHARACTERS)
    else:
        del record["outline"]
    left_out = len(record["notes"]) - _NOTES
    record["notes"] = [_cut(_printable(note), _NOTE_CHARACTERS) for note in record["notes"][:_NOTES]]
    if left_out > 0:
        record["notes"].append(f"{_counted(left_out, 'more note')} left out")
    record["head"] = _cut(record["head"], _HEAD_CHARACTERS)
    return record


def _describe(path, record, words, is_member):
    extension = os.path.splitext(record["name"])[1].lower()
    binary = sniff_binary(path)
    if binary is not None:
        record["mediaType"], record["kind"] = binary
        _describe_binary(path, record, is_member)
    else:
        form = detect_text(path)
        if form is not None:
            _describe_text(path, record, form, extension, words)
        else:
            record["kind"], record["mediaType"] = "binary", "application/octet-stream"
            if not is_member and is_tar(path) and describe_tar(path, record):
                record["mediaType"] = "application/x-tar"
    _compare_with_name(record, extension)


def _describe_binary(path, record, is_member):
    media_type, notes = record["mediaType"], record["notes"]
    if media_type in _ADVICE:
        notes.append(_ADVICE[media_type])
    if media_type.startswith("image/"):
        pixels = image_size(path)
        notes.extend([pixels] if pixels else [])
    elif not is_member and media_type in _READERS:
        _READERS[media_type](path, record)


_READERS = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": describe_workbook,
    "application/vnd.apache.parquet": describe_parquet,
    "application/vnd.sqlite3": describe_database,
    "application/zip": describe_zip,
    "application/gzip": describe_compressed,
    "application/x-bzip2": describe_compressed,
    "application/x-xz": describe_compressed,
}


def _describe_text(path, record, form, extension, words):
    record["encoding"] = form.encoding
    record["notes"].extend(form.notes)
    head = read_head(path, form, 64 * 1024)
    record["head"] = text_lines(head, _HEAD_LINES, _LINE_CHARACTERS)
    start = head.lstrip("\ufeff \t\r\n")
    if not start:
        record["kind"], record["mediaType"] = "text", "text/plain"
        record["notes"].append("only blanks and line ends")
    elif (start[0] in "[{" or extension == ".json") and _describe_json(path, record, form):
        pass
    elif start[:100].lower().startswith(("<!doctype html", "<html")):
        record["kind"], record["mediaType"] = "text", "text/html"
        record["outline"] = outline_document(path, form, "text/html", words)
    elif start.startswith("<?xml") or start.startswith("<svg"):
        is_svg = "<svg" in start[:1000]
        record["kind"], record["mediaType"] = ("image", "image/svg+xml") if is_svg else ("text", "application/xml")
    elif not (extension in TABLE_NAMES or extension in _OPEN_NAMES) or not _describe_table(path, record, form, extension):
        record["kind"] = "text"
        record["mediaType"] = _TEXT_NAMES.get(extension, "text/plain")
        record["notes"].append(_counted(_count_lines(path, form), "line"))
        record["outline"] = outline_document(path, form, record["mediaType"], words)


def _describe_table(path, record, form, extension):
    table = detect_table(path, form, extension in TABLE_NAMES)
    if table is None:
        return False
    is_large = record["bytes"] > SCANNED_BYTES
    columns, locale, rows, notes = profile_table(path, table, SCANNED_BYTES if is_large else None)
    is_all = True
    if is_large:
        notes.insert(0, f"types, missing values and notes are those of the first {_counted(rows, 'row')}")
        rows, is_all = max((rows, False), count_rows(path, table))
    record["kind"] = "table"
    record["mediaType"] = "text/tab-separated-values" if table.delimiter == "\t" else "text/csv"
    record["table"] = {
        "delimiter": table.delimiter,
        "rows": rows,
        "columns": [_describe_column(column, locale) for column in columns[:_COLUMNS]],
    }
    if not is_all:
        record["table"]["rowsAtLeast"] = True
    record["notes"].extend(table.notes)
    if len(columns) > _COLUMNS:
        record["table"]["columnCount"] = len(columns)
        record["notes"].append(f"{len(columns)} columns, of which the first {_COLUMNS} are listed")
    if rows == 0:
        record["notes"].append("a header and no rows" if table.has_header else "no rows")
    record["notes"].extend(notes)
    return True


def _describe_column(column, locale):
    return {
        "name": _cut(_printable(column.name), _NAME_CHARACTERS),
        "type": locale.type(column),
        "missing": column.missing,
        "examples": [_cut(_printable(example), _EXAMPLE_CHARACTERS) for example in column.examples],
    }


def _describe_json(path, record, form):
    """True where the text is JSON, or JSON lines, or would be if it were not too large to look into."""
    if record["bytes"] > _JSON_BYTES:
        return _describe_large_json(path, record, form)
    with form.open(path) as stream:
        text = stream.read()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        if _describe_json_lines(path, record, form):
            return True
        if record["name"].lower().endswith(".json"):
            record["notes"].append(_json_fault(error))
        return False
    record["kind"], record["mediaType"] = "json", "application/json"
    record["notes"].append(_outline(value))
    record["outline"] = outline_json(value)
    return True


def _describe_large_json(path, record, form):
    if _describe_json_lines(path, record, form):
        return True
    found = shape_of_large_list(path, form)
    record["kind"], record["mediaType"] = "json", "application/json"
    if found is None or found[0].count == 0:
        record["notes"].append("looks like JSON; too large to be parsed here")
        return True
    shape, is_all = found
    record["notes"].append(f"a list of {'' if is_all else 'at least '}{_counted(shape.count, 'item')}")
    record["outline"] = outline_shape(shape, "Items", is_all)
    return True


def _json_fault(error):
    return f"not valid JSON: {'nested too deeply' if isinstance(error, RecursionError) else error}"


def _describe_json_lines(path, record, form):
    found = shape_of_lines(path, form)
    if found is None:
        return False
    shape, first, lines, bad, is_all = found
    record["kind"], record["mediaType"] = "json", "application/x-ndjson"
    record["notes"].append(f"JSON lines: {'' if is_all else 'at least '}{lines} values, one a line; the first is {_outline(first)}")
    if bad:
        record["notes"].append(f"not valid JSON: {_counted(bad, 'line')}")
    record["outline"] = outline_shape(shape, "Values", is_all)
    return True


def _outline(value):
    """The form of a JSON value in a few words."""
    if isinstance(value, dict):
        keys = [f"{_printable(str(key))[:60]} ({_word(item)})" for key, item in list(value.items())[:_KEYS]]
        more = f" and {len(value) - _KEYS} more" if len(value) > _KEYS else ""
        count = _counted(len(value), "key")
        return f"an object with {count}: {', '.join(keys)}{more}" if keys else "an empty object"
    if isinstance(value, list):
        if not value:
            return "an empty list"
        first = _word(value[0]) if isinstance(value[0], list) else _outline(value[0])
        return f"a list of {_counted(len(value), 'item')}; the first is {first}"
    return _word(value)


def _word(value):
    if isinstance(value, dict):
        return f"object of {len(value)}"
    if isinstance(value, list):
        return f"list of {len(value)}"
    names = {bool: "boolean", int: "integer", float: "number", str: "text", type(None): "null"}
    return names[type(value)]


def _count_lines(path, form):
    """Lines of the whole file. A lone carriage return ended lines on old systems; it is rare enough to be left uncounted."""
    unit = 1 if not form.encoding.startswith(("utf-16", "utf-32")) else 0
    count, last = 0, None
    with (open(path, "rb") if unit else form.open(path)) as stream:
        for chunk in iter(lambda: stream.read(_CHUNK_BYTES), b"" if unit else ""):
            count += chunk.count(b"\n" if unit else "\n")
            last = chunk[-1:]
    return count + (last not in (None, b"\n", "\n"))


def _compare_with_name(record, extension):
    """A name that promises something else than the content is."""
    kind, media_type = record["kind"], record["mediaType"]
    promised = _BINARY_NAMES.get(extension) or TABLE_NAMES.get(extension)
    if extension == ".json":
        promised = "application/json"
    if promised is None or promised == media_type:
        return
    if extension in TABLE_NAMES and kind == "table" or extension == ".json" and kind == "json":
        return
    record["notes"].insert(0, f"the name ends in {extension}, but the content is {media_type}")


def _cut(text, characters):
    return text if len(text) <= characters else text[: characters - 1] + "…"
