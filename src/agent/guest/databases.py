"""Tables of SQLite and Parquet files. A part of a program that the host puts together.

A database can be made to break its reader: it is opened read-only, what it defines is not trusted, and a query that takes
long is ended.
"""

import sqlite3
import time

_TABLES = 20
_TYPED_ROWS = 1000
_QUERY_SECONDS = 1.0
_DATABASE_SECONDS = 6.0
_LONGEST_VALUE = 1 << 20
_TABLE_COLUMNS = 200


def describe_database(path, record):
    deadline = time.process_time() + _DATABASE_SECONDS
    try:
        connection = _open_database(path)
        tables = connection.execute(
            "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY type, name LIMIT 10000"
        ).fetchall()
        parts = [_outline_table(connection, *table, deadline) for table in tables[:_TABLES]]
    except (sqlite3.Error, ValueError, OverflowError) as error:
        record["notes"].append(f"its tables cannot be read: {_cut(str(error), 100)}")
        return
    record["notes"].append(f"{_counted(sum(1 for table in tables if table[1] == 'table'), 'table')}, {_counted(sum(1 for table in tables if table[1] == 'view'), 'view')}")
    if len(tables) > _TABLES:
        parts.append(f"and {len(tables) - _TABLES} more tables and views")
    record["outline"] = "\n\n".join(parts)


def _open_database(path):
    from urllib.parse import quote

    connection = sqlite3.connect(f"file:{quote(path)}?mode=ro&immutable=1", uri=True)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    if hasattr(connection, "setlimit"):
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.execute("PRAGMA trusted_schema=OFF")
    connection.execute("PRAGMA cell_size_check=ON")
    connection.execute("PRAGMA query_only=ON")
    return connection


def _outline_table(connection, name, kind, sql, deadline):
    title = f"{'View' if kind == 'view' else 'Table'} {quoted_name(name)}"
    if "VIRTUAL" in (sql or "")[:40].upper():
        return f"{title}: a virtual table, which was not read"
    identifier = '"' + name.replace('"', '""') + '"'
    try:
        declared = _query(connection, f"PRAGMA table_xinfo({identifier})", deadline)
        types = {row[1]: f"{row[2]}{', key' if row[5] else ''}" for row in declared[:_TABLE_COLUMNS]}
        rows = _query(connection, f"SELECT * FROM {identifier} LIMIT {_TYPED_ROWS}", deadline)
    except sqlite3.Error as error:
        return f"{title}: cannot be read ({_cut(str(error), 100)})"
    columns = [ValueColumn(column) for column in types]
    for row in rows:
        for column, value in zip(columns, row):
            column.add(value)
    lines = []
    for column, line in zip(columns, outline_columns(columns)):
        lines.append(line.replace(": ", f" ({_cut(types[column.name], 40)}): ", 1) if types[column.name].strip() else line)
    count = _row_count(connection, identifier, rows, deadline)
    about = "" if len(rows) < _TYPED_ROWS else f"; types are those of the first {_TYPED_ROWS} rows"
    return "\n".join([f"{title}: {count}, {_counted(len(declared), 'column')}{about}", *lines, *(f"row: {row}" for row in outline_rows(rows))])


def _row_count(connection, identifier, rows, deadline):
    if len(rows) < _TYPED_ROWS:
        return _counted(len(rows), "row")
    try:
        return _counted(_query(connection, f"SELECT count(*) FROM {identifier}", deadline)[0][0], "row")
    except sqlite3.Error:
        # Counting took too long, or met damage.
        return f"at least {len(rows)} rows"


def _query(connection, sql, deadline):
    """The rows of a query, which is ended after a second."""
    end = min(deadline, time.process_time() + _QUERY_SECONDS)
    connection.set_progress_handler(lambda: time.process_time() > end, 1000)
    return connection.execute(sql).fetchall()


def describe_parquet(path, record):
    try:
        import pyarrow.parquet

        file = pyarrow.parquet.ParquetFile(path, memory_map=True, thrift_string_size_limit=32 << 20, thrift_container_size_limit=1 << 20)
        rows, schema = file.metadata.num_rows, file.schema_arrow
        columns = [ValueColumn(field.name) for field in list(schema)[:_TABLE_COLUMNS]]
        first = _first_rows(file, [column.name for column in columns])
    except ImportError:
        record["notes"].append("not looked into: pyarrow is not here")
        return
    except Exception as error:
        # Whatever a damaged or hostile file makes the reader raise.
        record["notes"].append(f"it cannot be read: {type(error).__name__}")
        return
    for row in first:
        for column, value in zip(columns, row):
            column.add(value)
    types = [str(field.type)[:60] for field in list(schema)[:_TABLE_COLUMNS]]
    lines = outline_columns(columns)[:_OUTLINE_COLUMNS]
    # The file's own types say more than those of its first values.
    lines = [line.replace(": ", f" ({kind}): ", 1) for line, kind in zip(lines, types)]
    if len(schema) > len(lines):
        lines.append(f"- and {len(schema) - len(lines)} more columns")
    record["outline"] = "\n".join([f"Table: {_counted(rows, 'row')}, {_counted(len(schema), 'column')}", *lines, *(f"row: {row}" for row in outline_rows(first))])


def _first_rows(file, names):
    if not names or file.metadata.num_rows == 0:
        return []
    batch = next(file.iter_batches(batch_size=20, columns=names, use_threads=False), None)
    return [] if batch is None else [[row.get(name) for name in names] for row in batch.to_pylist()]
