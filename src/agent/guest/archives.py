"""Members of archives. A part of a program that the host puts together.

Nothing is unpacked whole: of each member that is looked into, its beginning is, so that an archive that unpacks to more than
the machine has costs no more than another one.
"""

import bz2
import gzip
import lzma
import os
import tarfile
import tempfile
import time
import zipfile
import zlib

_MEMBERS_LISTED = 40
_MEMBERS_OPENED = 12
_MEMBER_BYTES = 128 * 1024
_ARCHIVE_SECONDS = 8.0
_MEMBERS_COUNTED = 20_000
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, ValueError, NotImplementedError, RuntimeError, zlib.error, lzma.LZMAError, KeyError)


def describe_zip(path, record):
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            record["notes"].append(_archive_note([member.filename for member in members], True))
            parts = [_outline_member(member.filename, member.file_size, lambda: _zip_head(archive, member), place) for place, member in enumerate(members[:_MEMBERS_LISTED])]
    except _DAMAGE:
        record["notes"].append("a damaged archive")
        return
    _join_members(record, parts, len(members))


def _archive_note(names, is_all):
    if not names:
        return "an empty archive"
    return f"archive of {'' if is_all else 'at least '}{_counted(len(names), 'file')}: {', '.join(names[:10])}"


def _zip_head(archive, member):
    if member.flag_bits & 1:
        return None
    with archive.open(member) as stream:
        return stream.read(_MEMBER_BYTES)


def is_tar(path):
    with open(path, "rb") as file:
        return _has_tar_header(file.read(512))


def _has_tar_header(data):
    return data[257:262] == b"ustar"


def describe_tar(path, record):
    """True where the file is a tar archive, compressed or not."""
    parts, names, is_all = [], [], True
    deadline = time.process_time() + _ARCHIVE_SECONDS
    try:
        with open(path, "rb") as raw, tarfile.open(fileobj=_Bounded(_unpacked(raw), deadline), mode="r|") as archive:
            for member in archive:
                if len(names) >= _MEMBERS_COUNTED:
                    is_all = False
                    break
                if member.isfile():
                    names.append(member.name)
                    if len(parts) < _MEMBERS_LISTED:
                        parts.append(_outline_member(member.name, member.size, lambda: archive.extractfile(member).read(_MEMBER_BYTES), len(parts)))
    except _DAMAGE:
        if not names:
            return False
        is_all = False
    record["notes"].append(_archive_note(names, is_all))
    _join_members(record, parts, len(names))
    return True


class _Bounded:
    """A stream that ends in an error when it has taken too long: a small file can unpack to terabytes."""

    def __init__(self, stream, deadline):
        self._stream = stream
        self._deadline = deadline

    def read(self, size):
        if time.process_time() > self._deadline:
            raise OSError("it takes too long")
        return self._stream.read(size)


def _unpacked(raw):
    head = raw.read(6)
    raw.seek(0)
    for signature, opener in ((b"\x1f\x8b", gzip.GzipFile), (b"BZh", bz2.BZ2File), (b"\xfd7zXZ\x00", lzma.LZMAFile)):
        if head.startswith(signature):
            return opener(fileobj=raw) if opener is gzip.GzipFile else opener(raw)
    return raw


def describe_compressed(path, record):
    """One compressed file, or a compressed tar archive."""
    try:
        with open(path, "rb") as raw:
            data = _unpacked(raw).read(_MEMBER_BYTES)
    except _DAMAGE:
        # Also where it needs more memory than there is.
        record["notes"].append("damaged: it cannot be decompressed")
        return
    if _has_tar_header(data) and describe_tar(path, record):
        return
    name = os.path.splitext(record["name"])[0]
    inner = _inspect_bytes(name, data)
    if inner["kind"] in ("binary", "empty", "image"):
        record["notes"].append("compressed binary data" if inner["kind"] != "empty" else "nothing is in it")
        return
    record["head"] = inner["head"]
    record["notes"].append("compressed text: the first lines are shown decompressed; pandas and gzip.open read it as it is")
    record["outline"] = _member_text(inner, len(data) >= _MEMBER_BYTES)


def _outline_member(name, size, read, place):
    title = f"{quoted_name(name)} ({size} bytes)"
    if place >= _MEMBERS_OPENED:
        return title
    try:
        data = read()
    except _DAMAGE:
        return f"{title}: damaged"
    if data is None:
        return f"{title}: encrypted"
    return f"{title}: {_member_text(_inspect_bytes(name, data), size > len(data))}"


def _inspect_bytes(name, data):
    """The record of a member's beginning. Archives in archives are named, not opened."""
    safe = "member" + os.path.splitext(name)[1][:10]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, os.path.basename(safe))
        with open(path, "wb") as file:
            file.write(data)
        return inspect_path(path, safe, is_member=True)


def _member_text(record, is_cut):
    about = [record["kind"], record["mediaType"], *([record["encoding"]] if record["encoding"] else [])]
    lines = [", ".join(about)]
    table = record["table"]
    if table is not None:
        rows = f"{'at least ' if is_cut else ''}{_counted(table['rows'], 'row')}"
        lines[0] += f"; {rows}, {_counted(table.get('columnCount', len(table['columns'])), 'column')} separated by {json.dumps(table['delimiter'])}"
        for column in table["columns"][:20]:
            examples = f"; such as {' | '.join(column['examples'])}" if column["examples"] else ""
            lines.append(f"- {quoted_name(column['name'])}: {column['type']}{examples}")
    elif record.get("outline"):
        lines.append(_cut(record["outline"], 600))
    elif record["head"]:
        lines.append(_cut(record["head"], 300))
    lines.extend(f"note: {note}" for note in record["notes"][:4] if not note.startswith("the name ends in"))
    return "\n".join(lines)


def _join_members(record, parts, count):
    if count > len(parts):
        parts.append(f"and {count - len(parts)} more")
    record["outline"] = "\n\n".join(parts)
