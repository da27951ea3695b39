"""What a file is, by its bytes, and how its text is to be read. Second part of a program that the host puts together."""

import codecs
import io
import re
import zipfile
import zlib

_CHUNK_BYTES = 1 << 20
# Larger files are looked into up to here: inspection has to end in seconds.
SCANNED_BYTES = 64 << 20

# Beginning of the file, media type, kind.
_SIGNATURES = [
    (b"\x89PNG\r\n\x1a\n", "image/png", "image"),
    (b"\xff\xd8\xff", "image/jpeg", "image"),
    (b"GIF87a", "image/gif", "image"),
    (b"GIF89a", "image/gif", "image"),
    (b"BM", "image/bmp", "image"),
    (b"II*\x00", "image/tiff", "image"),
    (b"MM\x00*", "image/tiff", "image"),
    (b"%PDF-", "application/pdf", "binary"),
    (b"\x1f\x8b", "application/gzip", "binary"),
    (b"BZh", "application/x-bzip2", "binary"),
    (b"\xfd7zXZ\x00", "application/x-xz", "binary"),
    (b"\x28\xb5\x2f\xfd", "application/zstd", "binary"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", "binary"),
    (b"PAR1", "application/vnd.apache.parquet", "binary"),
    (b"ARROW1\x00\x00", "application/vnd.apache.arrow.file", "binary"),
    (b"SQLite format 3\x00", "application/vnd.sqlite3", "binary"),
    (b"\x89HDF\r\n\x1a\n", "application/x-hdf5", "binary"),
    (b"\x93NUMPY", "application/x-npy", "binary"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage", "binary"),
    (b"\x7fELF", "application/x-executable", "binary"),
    (b"OggS", "audio/ogg", "binary"),
    (b"ID3", "audio/mpeg", "binary"),
    (b"fLaC", "audio/flac", "binary"),
]

_BYTE_ORDER_MARKS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    # The marks of UTF-32 begin with those of UTF-16.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]

# Control characters that no text has; tab, line feed, form feed, carriage return and escape do occur.
_CONTROLS = bytes(code for code in range(32) if code not in (9, 10, 12, 13, 27))
# Switch to Japanese letters in ISO-2022-JP, whose bytes are all ASCII.
_JAPANESE_ESCAPES = (b"\x1b$B", b"\x1b$@")


def sniff_binary(path):
    """(media type, kind) of a file with a known signature, or None."""
    with open(path, "rb") as file:
        head = file.read(512)
    for signature, media_type, kind in _SIGNATURES:
        if head.startswith(signature) and not (signature == b"BM" and not _is_bitmap(head)):
            return media_type, kind
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"WAVE", b"AVI "):
        return {b"WEBP": ("image/webp", "image"), b"WAVE": ("audio/wav", "binary")}.get(head[8:12], ("video/avi", "binary"))
    if head[4:8] == b"ftyp":
        return ("image/avif", "image") if head[8:12] == b"avif" else ("video/mp4", "binary")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return zip_media_type(path), "binary"
    return None


def _is_bitmap(head):
    """`BM` begins many texts; a bitmap has the size of a known header at byte 14."""
    return len(head) > 18 and int.from_bytes(head[14:18], "little") in (12, 40, 52, 56, 108, 124)


def zip_media_type(path):
    names = set(zip_names(path))
    office = "application/vnd.openxmlformats-officedocument."
    if "xl/workbook.xml" in names:
        return office + "spreadsheetml.sheet"
    if "word/document.xml" in names:
        return office + "wordprocessingml.document"
    if "ppt/presentation.xml" in names:
        return office + "presentationml.presentation"
    if "content.xml" in names and "mimetype" in names:
        return "application/vnd.oasis.opendocument"
    return "application/zip"


def zip_names(path):
    """Names in an archive; empty where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()[:10_000]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        # A damaged archive is still described as one.
        return []


def workbook_sheets(path):
    """Names of the sheets of an .xlsx workbook, without reading its cells."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open("xl/workbook.xml") as file:
            text = file.read(_CHUNK_BYTES).decode("utf-8", "replace")
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, zlib.error, NotImplementedError, RuntimeError):
        # Damaged or encrypted: the note then says only what the file is.
        return []
    return re.findall(r'<sheet [^>]*?name="([^"]{1,100})"', text)[:50]


def image_size(path):
    """'640 x 480 pixels' where it is cheap to tell, else None."""
    with open(path, "rb") as file:
        head = file.read(32)
    if head.startswith(b"\x89PNG") and head[12:16] == b"IHDR":
        return f"{int.from_bytes(head[16:20], 'big')} x {int.from_bytes(head[20:24], 'big')} pixels"
    if head.startswith(b"GIF8"):
        return f"{int.from_bytes(head[6:8], 'little')} x {int.from_bytes(head[8:10], 'little')} pixels"
    return None


class TextForm:
    """How a file is read as text: `encoding` is a name that Python's `open` knows."""

    def __init__(self, encoding, notes, has_nul):
        self.encoding = encoding
        self.notes = notes
        self.has_nul = has_nul

    def open(self, path):
        """A text stream without NUL characters; bad bytes become U+FFFD; line ends stay as they are."""
        stream = open(path, encoding=self.encoding, errors="replace", newline="")
        return _WithoutNul(stream) if self.has_nul else stream


class _WithoutNul:
    """Lines of a stream with the NUL characters taken out."""

    def __init__(self, stream):
        self._stream = stream

    def __iter__(self):
        return (line.replace("\0", "") for line in self._stream)

    def read(self, size=-1):
        return self._stream.read(size).replace("\0", "")

    def __enter__(self):
        return self

    def __exit__(self, *details):
        self._stream.close()


def detect_text(path):
    """The TextForm of a file, or None where it is no text."""
    with open(path, "rb") as file:
        head = file.read(_CHUNK_BYTES)
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return TextForm(encoding, ["begins with a byte order mark"], False)
    wide = wide_encoding(head)
    if wide is not None:
        return TextForm(wide, ["UTF-16 without a byte order mark"], False)
    counts = _count_bytes(path)
    if counts.controls > max(2, counts.total // 100) or counts.nul > max(2, counts.total // 20):
        return None
    if any(escape in head for escape in _JAPANESE_ESCAPES):
        return TextForm("iso2022_jp", ["read as iso2022_jp (pandas: encoding='iso2022_jp')"], False)
    encoding, notes = _single_or_utf8(path, counts)
    if counts.nul > 0:
        notes.append(f"{_counted(counts.nul, 'NUL byte')} left out")
    if counts.truncated:
        notes.append(f"only the first {SCANNED_BYTES >> 20} MiB were looked at")
    return TextForm(encoding, notes, counts.nul > 0)


class _Counts:
    def __init__(self):
        self.total = self.nul = self.controls = self.bad = self.multibyte = 0
        self.truncated = False


def _count_bytes(path):
    """One pass over the file: what speaks for and against UTF-8."""
    counts = _Counts()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with open(path, "rb") as file:
        while counts.total < SCANNED_BYTES:
            data = file.read(_CHUNK_BYTES)
            if not data:
                break
            counts.total += len(data)
            counts.nul += data.count(0)
            counts.controls += len(data) - len(data.translate(None, _CONTROLS)) - data.count(0)
            text = decoder.decode(data)
            bad = text.count("\ufffd") - data.count(b"\xef\xbf\xbd")
            counts.bad += max(0, bad)
            if not data.isascii():
                counts.multibyte += len(text) - len(text.encode("ascii", "ignore")) - max(0, bad)
        counts.truncated = bool(file.read(1))
    # A sequence that is cut off at the very end; where the scan stopped early it is the scan that cut it.
    if not counts.truncated:
        counts.bad += decoder.decode(b"", True).count("\ufffd")
    return counts


def _single_or_utf8(path, counts):
    if counts.bad == 0:
        return "utf-8", []
    if counts.multibyte > 4 * counts.bad:
        return "utf-8", [f"not UTF-8 at {_counted(counts.bad, 'place')}: shown as \ufffd (pandas: encoding_errors='replace')"]
    encoding = guess_encoding(path, SCANNED_BYTES)
    return encoding, [f"not UTF-8; read as {encoding}, which is a guess from its letters (pandas: encoding={encoding!r})"]


def named_text(encoding):
    """The TextForm of a file whose encoding was named, or None where there is no such encoding of text."""
    try:
        codec = codecs.lookup(encoding)
        "".encode(codec.name)
    except (LookupError, ValueError):
        # Also codecs of bytes, such as 'hex': they encode no text.
        return None
    return TextForm(codec.name, [], False)


def _counted(count, noun):
    return f"{count} {noun}{'' if count == 1 else 's'}"


def read_head(path, form, characters):
    """The first characters of a text file."""
    with form.open(path) as stream:
        return stream.read(characters)


def text_lines(text, count, width):
    """The first lines of `text`, each cut at `width`, control characters shown as U+FFFD."""
    lines = io.StringIO(text, newline=None).read().split("\n")[:count]
    while lines and not lines[-1]:
        lines.pop()
    return "\n".join(_printable(line[:width]) + ("…" if len(line) > width else "") for line in lines)


def _printable(text):
    return "".join(c if c == "\t" or c.isprintable() or c == "\u3000" else "\ufffd" for c in text)
