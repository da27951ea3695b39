"""Reads from input files what the arguments of a tool refer to. Last part of a program that the host puts together."""

import difflib
import json
import os

_INPUT = "/box/input"
_LISTED = 60
_NAME_CHARACTERS = 100


class _Problem(Exception):
    """A reference that cannot be bound; its text is for the model that wrote it."""


def bind_arguments(references):
    """For each reference (kind, file, columns, encoding) either its value or what is wrong with it, in their order."""
    tables = {}
    return [_bind(reference, tables) for reference in references]


def _bind(reference, tables):
    try:
        return {"value": _READERS[reference["kind"]](reference, tables)}
    except _Problem as problem:
        return {"problem": str(problem)}


def _path(name):
    return os.path.join(_INPUT, name)


def _text_form(reference, what):
    name, encoding = reference["file"], reference.get("encoding")
    path = _path(name)
    if encoding is not None and os.path.getsize(path) > 0:
        return _named_form(name, encoding)
    binary = sniff_binary(path)
    form = detect_text(path) if binary is None and os.path.getsize(path) > 0 else None
    if form is not None:
        return form
    found = "empty" if os.path.getsize(path) == 0 else binary[0] if binary else "binary data"
    advice = "" if found == "empty" else f'; pass its path with {{"$file": {json.dumps(name)}}}'
    raise _Problem(f"{name} is {found}, not {what}{advice}")


def _named_form(name, encoding):
    form = named_text(encoding)
    if form is None:
        raise _Problem(f"there is no encoding {json.dumps(encoding[:_NAME_CHARACTERS], ensure_ascii=False)} (of {name})")
    return form


def _table(reference, tables):
    name = reference["file"]
    key = (name, reference.get("encoding"))
    if key not in tables:
        form = _text_form(reference, "a table")
        extension = os.path.splitext(name)[1].lower()
        table = detect_table(_path(name), form, extension in TABLE_NAMES)
        if table is None:
            raise _Problem(f'{name} is not a table; use {{"$text": …}} or {{"$json": …}}, or pass its path with {{"$file": …}}')
        size = os.path.getsize(_path(name))
        profiled = profile_table(_path(name), table, SCANNED_BYTES if size > SCANNED_BYTES else None)[0]
        tables[key] = (table, profiled)
    return tables[key]


def _columns(reference, tables):
    """(names, columns) of a table reference."""
    name = reference["file"]
    table, profiled = _table(reference, tables)
    names = reference["columns"] or table.names
    unknown = [column for column in names if column not in table.names]
    if unknown:
        raise _Problem(" ".join(_unknown_column(name, column, table.names) for column in unknown[:5]))
    return names, read_columns(_path(name), table, names, profiled)


def _unknown_column(file, wanted, names):
    folded = {name.strip().casefold(): name for name in reversed(names)}
    close = difflib.get_close_matches(wanted.strip().casefold(), folded, n=3, cutoff=0.6)
    near = [folded[name] for name in close]
    ordered = near + [name for name in names if name not in near]
    listed = ", ".join(json.dumps(name[:_NAME_CHARACTERS], ensure_ascii=False) for name in ordered[:_LISTED])
    more = f" and {len(ordered) - _LISTED} more" if len(ordered) > _LISTED else ""
    meant = f" Did you mean {json.dumps(near[0], ensure_ascii=False)}?" if near else ""
    return f"{file} has no column {json.dumps(wanted, ensure_ascii=False)}.{meant} Its columns: {listed}{more}."


def _read_column(reference, tables):
    return _columns(reference, tables)[1][0]


def _read_columns(reference, tables):
    names, columns = _columns(reference, tables)
    return dict(zip(names, columns))


def _read_records(reference, tables):
    names, columns = _columns(reference, tables)
    return [dict(zip(names, row)) for row in zip(*columns)]


def _read_text(reference, tables):
    with _text_form(reference, "text").open(_path(reference["file"])) as stream:
        return stream.read()


def _read_json(reference, tables):
    name = reference["file"]
    with _text_form(reference, "JSON").open(_path(name)) as stream:
        text = stream.read()
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            # One value a line is how logs and exports come.
            if len(lines) > 1:
                return [json.loads(line) for line in lines]
        except (ValueError, RecursionError):
            # Neither: the error of the whole text says more.
            pass
        fault = "nested too deeply" if isinstance(error, RecursionError) else error
        raise _Problem(f"{name} is not valid JSON: {fault}") from None


_READERS = {
    "column": _read_column,
    "columns": _read_columns,
    "records": _read_records,
    "json": _read_json,
    "text": _read_text,
}
