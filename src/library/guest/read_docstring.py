"""Docstrings of the Google, NumPy and Sphinx styles. First part of a program that the host puts together."""

import re

_PARAMETERS = {"args", "arguments", "parameters", "params", "other parameters", "keyword args", "keyword arguments"}
_RETURNS = {"returns", "return", "yields"}
_RAISES = {"raises", "exceptions"}
_OTHER = {"example", "examples", "note", "notes", "warning", "warnings", "see also", "references", "attributes", "todo"}
_SECTIONS = _PARAMETERS | _RETURNS | _RAISES | _OTHER
_GOOGLE_HEAD = re.compile(r"^([A-Z][A-Za-z ]+):\s*$")
_ENTRY = re.compile(r"^\*{0,2}(\w+)\s*(?:\([^)]*(?:\([^)]*\)[^)]*)*\))?\s*:\s*(.*)$")
_NUMPY_ENTRY = re.compile(r"^\*{0,2}(\w+(?:\s*,\s*\w+)*)\s*(?::.*)?$")
_FIELD = re.compile(r"^:(param|parameter|arg|argument|key|keyword|returns?|raises?|except|type|rtype)\b\s*([^:]*):\s*(.*)$")
_CHARACTERS = 2000


class Docstring:
    def __init__(self):
        self.summary = ""
        self.description = ""
        self.parameters = {}
        self.returns = ""


def read_docstring(text):
    """What a docstring (dedented) says: summary, description without the parts on arguments, result and errors."""
    document = Docstring()
    rest = []
    for kind, lines in _sections(text.expandtabs().split("\n")):
        if kind in _PARAMETERS:
            document.parameters.update(_entries(lines))
        elif kind in _RETURNS:
            document.returns = document.returns or _result(lines)
        elif kind not in _RAISES:
            rest.extend(_without_fields(lines, document) if kind == "" else lines)
    document.description = re.sub(r"\n{3,}", "\n\n", "\n".join(rest)).strip()[: 4 * _CHARACTERS]
    document.summary = document.description.split("\n", 1)[0].strip()
    return document


def _sections(lines):
    """Pairs of section name, lower case, and its lines; '' for what stands outside of them. Keeps other headings."""
    kind, block, found = "", [], []
    place = 0
    while place < len(lines):
        name = _heading(lines, place)
        if name is not None:
            found.append((kind, block))
            underlined = _is_underline(lines, place + 1)
            kind = name
            block = [] if name not in _OTHER else lines[place : place + 1 + underlined]
            place += 1 + underlined
            continue
        line = lines[place]
        # In Google style the section ends where the text is no longer indented.
        if kind and line.strip() and not line.startswith(" ") and not _in_numpy(lines, place):
            found.append((kind, block))
            kind, block = "", []
        block.append(line)
        place += 1
    found.append((kind, block))
    return found


def _heading(lines, place):
    line = lines[place]
    if _is_underline(lines, place + 1) and line.strip().lower() in _SECTIONS:
        return line.strip().lower()
    match = _GOOGLE_HEAD.match(line)
    if match and match.group(1).strip().lower() in _SECTIONS:
        return match.group(1).strip().lower()
    return None


def _is_underline(lines, place):
    return place < len(lines) and re.fullmatch(r"\s*-{3,}\s*", lines[place]) is not None


def _in_numpy(lines, place):
    """True below a heading that is underlined: there the entries themselves are not indented."""
    for before in range(place - 1, -1, -1):
        if _is_underline(lines, before):
            return True
        if _GOOGLE_HEAD.match(lines[before]):
            return False
    return False


def _entries(lines):
    """name → description of the entries of a section, whose continuation lines are indented further."""
    filled = [line for line in lines if line.strip()]
    if not filled:
        return {}
    margin = min(len(line) - len(line.lstrip()) for line in filled)
    entries, names = {}, []
    for line in filled:
        text = line.strip()
        if len(line) - len(line.lstrip()) == margin:
            match = _ENTRY.match(text) if margin else _NUMPY_ENTRY.match(text) or _ENTRY.match(text)
            names = re.split(r"\s*,\s*", match.group(1)) if match else []
            text = match.group(2) if match and margin else ""
        for name in names:
            entries[name] = f"{entries.get(name, '')} {text}".strip()[:_CHARACTERS]
    return entries


def _result(lines):
    """In NumPy style the type stands in a line of its own, and its description is indented."""
    indented = [line for line in lines if line.startswith(" ")]
    is_numpy = indented and any(line.strip() and not line.startswith(" ") for line in lines)
    return _without_type(_joined(indented if is_numpy else lines))


def _joined(lines):
    return " ".join(line.strip() for line in lines if line.strip())[:_CHARACTERS]


def _without_type(text):
    """`float: The mean.` says its type once more; `Note: …` does not."""
    match = re.match(r"^(?:[a-z_][\w.]*|[A-Za-z_][\w.]*\[[^:]*\]|DataFrame|Series|None)(?:\s*\|\s*[\w\[\], .]+)*\s*:\s+(.+)$", text)
    return match.group(1) if match else text


def _without_fields(lines, document):
    """Takes Sphinx fields (`:param x: …`) out of `lines`, into `document`."""
    kept, target = [], None
    for line in lines:
        match = _FIELD.match(line.strip())
        if match:
            kind, subject, text = match.groups()
            if kind in ("param", "parameter", "arg", "argument", "key", "keyword") and subject.split():
                target = subject.split()[-1].lstrip("*")
                document.parameters[target] = text[:_CHARACTERS]
            elif kind in ("return", "returns"):
                target = ":returns"
                document.returns = text[:_CHARACTERS]
            else:
                target = ":other"
        elif target is not None and line.startswith(" ") and line.strip():
            if target == ":returns":
                document.returns = f"{document.returns} {line.strip()}"[:_CHARACTERS]
            elif target != ":other":
                document.parameters[target] = f"{document.parameters[target]} {line.strip()}"[:_CHARACTERS]
        else:
            target = None if line.strip() else target
            kept.append(line)
    return kept
