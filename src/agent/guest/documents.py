"""Headings of text documents, and lines that share words with the request. A part of a program that the host puts together."""

import html.parser
import re

_WHOLE_CHARACTERS = 4000
_READ_CHARACTERS = 4 << 20
# The parser takes quadratic time for some broken pages.
_PAGE_CHARACTERS = 512 * 1024
_HEADINGS = 40
_FOUND_LINES = 20
_FIRST_LINES = 5
_DOCUMENT_LINE = 240
_ATX = re.compile(r" {0,3}#{1,6}\s+\S")
_UNDERLINE = re.compile(r" {0,3}(=|-)\1{2,}\s*")
_NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,3}\.?\s+[^\W\d].{0,100}")
_WORD = re.compile(r"[^\W\d_]{3,}|\d{3,}")
# Scripts without blanks between words.
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]+")


def outline_document(path, form, media_type, words):
    """A small text whole; of a larger one its headings, and the lines that have words of the request."""
    with form.open(path) as stream:
        text = stream.read(_READ_CHARACTERS)
        is_all = not stream.read(1)
    lines = _html_lines(text) if media_type == "text/html" else [(line, False) for line in text.splitlines()]
    if is_all and sum(len(line) + 1 for line, _ in lines) <= _WHOLE_CHARACTERS:
        return "The whole text:\n" + "\n".join(_printable(line) for line, _ in lines)
    first = [_cut(_printable(line), _DOCUMENT_LINE) for line, _ in lines[:_FIRST_LINES]]
    parts = ["\n".join(["First lines:", *first]), _headings_part(lines, media_type), _found_part(lines, words)]
    if not is_all:
        parts.append(f"Only the first {_READ_CHARACTERS >> 20} million characters were looked at.")
    return "\n\n".join(part for part in parts if part)


def _headings_part(lines, media_type):
    headings = [(number, line) for number, line in enumerate(line_headings(lines, media_type), 1) if line is not None]
    if not headings:
        return ""
    shown = [f"{number}: {_cut(_printable(line.strip()), 120)}" for number, line in headings[:_HEADINGS]]
    if len(headings) > _HEADINGS:
        shown.append(f"and {len(headings) - _HEADINGS} more")
    return "Headings, with the numbers of their lines:\n" + "\n".join(shown)


def line_headings(lines, media_type):
    """For each line the heading that it is, or None."""
    in_code = False
    for place, (line, is_heading) in enumerate(lines):
        if media_type == "text/html":
            yield line if is_heading else None
            continue
        if line.lstrip().startswith(("```", "~~~")):
            in_code = not in_code
        following = lines[place + 1][0] if place + 1 < len(lines) else ""
        before = lines[place - 1][0] if place > 0 else ""
        is_underlined = bool(line.strip()) and len(line) <= 120 and _UNDERLINE.fullmatch(following[:200]) is not None
        is_numbered = len(line) <= 120 and not before.strip() and not following.strip() and _NUMBERED.fullmatch(line.strip()) is not None
        yield line if not in_code and (_ATX.match(line) or is_underlined or is_numbered) else None


def _found_part(lines, words):
    wanted = set(_words_of(" ".join(words)))
    if not wanted:
        return ""
    places, counts = [], {}
    for place, (line, _) in enumerate(lines):
        found = wanted & set(_words_of(line[:2000]))
        if found:
            places.append((place, found))
            for word in found:
                counts[word] = counts.get(word, 0) + 1
    # A word that stands everywhere says little of where to look.
    ranked = sorted(places, key=lambda item: (-sum(1 / counts[word] ** 0.5 for word in item[1]), item[0]))[:_FOUND_LINES]
    if not ranked:
        return ""
    shown = [f"{place + 1}: {_around(lines[place][0], found)}" for place, found in sorted(ranked, key=lambda item: item[0])]
    more = f" ({len(places)} have some; these have most)" if len(places) > len(shown) else ""
    return f"Lines with words of the request{more}:\n" + "\n".join(shown)


def _words_of(text):
    folded = text.casefold()
    for run in _UNSPACED.findall(folded):
        yield from (run[place : place + 2] for place in range(max(1, len(run) - 1)))
    # Endings differ: words count as the same where their first five letters are.
    yield from (word[:5] for word in _WORD.findall(_UNSPACED.sub(" ", folded)))


def _around(line, found):
    """The line, or the part of a long one where a word stands."""
    text = _printable(line.strip())
    if len(text) <= _DOCUMENT_LINE:
        return text
    folded = text.casefold()
    at = min((place for place in (folded.find(word) for word in found) if place >= 0), default=0)
    start = max(0, at - _DOCUMENT_LINE // 3)
    return f"{'…' if start else ''}{text[start : start + _DOCUMENT_LINE]}…"


class _Document(html.parser.HTMLParser):
    """The text of a page, a line for each block."""

    _BLOCKS = frozenset("p div li tr h1 h2 h3 h4 h5 h6 br section article table ul ol pre blockquote title td th dt dd".split())

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.lines = []
        self._text = []
        self._heading = False
        self._hidden = 0

    def handle_starttag(self, tag, attributes):
        if tag in ("script", "style", "template"):
            self._hidden += 1
        elif tag in ("td", "th"):
            self._text.append(" | ")
        elif tag in self._BLOCKS:
            self._end_line()
            self._heading = len(tag) == 2 and tag[0] == "h" and tag[1].isdigit()

    def handle_endtag(self, tag):
        if tag in ("script", "style", "template"):
            self._hidden = max(0, self._hidden - 1)
        elif tag in self._BLOCKS and tag not in ("td", "th"):
            self._end_line()

    def handle_data(self, data):
        if not self._hidden:
            self._text.append(data)

    def _end_line(self):
        line = " ".join("".join(self._text).split()).strip(" |")
        if line:
            self.lines.append((line, self._heading))
        self._text, self._heading = [], False

    def close(self):
        super().close()
        self._end_line()


def _html_lines(text):
    document = _Document()
    document.feed(text[:_PAGE_CHARACTERS])
    document.close()
    return document.lines
