"""Numbers as people write them in different places. Third part of a program that the host puts together.

A number is written with a decimal point ("dot") or with a decimal comma ("comma"). What stands between thousands can be the
other of the two, a blank of some kind, or an apostrophe. "1,5" fits only one of the two, "1,500" fits both.
"""

import re

SAFE_INTEGER = (1 << 53) - 1
# Longer cells are no numbers; matching them would only cost time.
_LONGEST = 60
_EXACT_DIGITS = 15

_BLANKS = " \u00a0\u2009\u202f"
_APOSTROPHES = "'\u2019"
_MINUS = "-\u2212"
_CURRENCY = (
    r"(?:(?:US|A|C|NZ|HK|R)?\$|[€£¥₹₽₩₺₴₫₪฿]|Fr\.?|kr\.?|zł|Kč|Ft|руб\.?|р\.|円|元|원"
    r"|(?:EUR|USD|GBP|CHF|JPY|CNY|INR|SEK|NOK|DKK|PLN|CZK|HUF|RUB|TRY|BRL|CAD|AUD|MXN|ZAR|KRW))"
)


def _core(decimal, thousands):
    """A number without signs. Digits with a leading zero are no number: codes are written like that."""
    grouped = [rf"[1-9]\d{{0,2}}(?:{thousands}\d{{3}})+"]
    grouped.extend(rf"[1-9]\d{{0,2}}(?:[{between}]\d{{3}})+" for between in (_BLANKS, _APOSTROPHES))
    if decimal == r"\.":
        # As in India: 12,34,567.
        grouped.append(rf"[1-9]\d?(?:{thousands}\d\d)+{thousands}\d{{3}}")
    return rf"(?:(?:{'|'.join(grouped)}|0|[1-9]\d*)(?:{decimal}\d+)?|{decimal}\d+)(?:[eE][+-]?\d{{1,3}})?"


def _written(decimal, thousands):
    return re.compile(
        rf"\s*\(?\s*(?:{_CURRENCY}\s*)?(?:[{_MINUS}+]\s*)?(?:{_CURRENCY}\s*)?{_core(decimal, thousands)}"
        rf"(?:\s*[{_MINUS}])?(?:\s*%|\s*{_CURRENCY})?\s*\)?\s*",
    )


_FORMS = {"dot": _written(r"\.", ","), "comma": _written(",", r"\.")}
# Most cells of most files; matched without a look at each part, as there are millions.
_SIMPLE = {
    "dot": re.compile(r"-?(?:[1-9]\d{0,2}(?:,\d{3}){1,4}|0|[1-9]\d{0,14})(?:\.\d{1,30})?"),
    "comma": re.compile(r"-?(?:[1-9]\d{0,2}(?:\.\d{3}){1,4}|0|[1-9]\d{0,14})(?:,\d{1,30})?"),
}
_HAS_CURRENCY = re.compile(_CURRENCY)
_MINUS_BEHIND = re.compile(rf"\d\s*[{_MINUS}]\s*$")
_HAS_DIGIT = re.compile(r"\d")
_GROUPING = re.compile(rf"\d([.,{_BLANKS}{_APOSTROPHES}])\d{{2,3}}(?!\d)")
_LEADING_ZERO = re.compile(r"^[ \t]*[+-]?0\d+[ \t]*$", re.MULTILINE)
_REMOVED = str.maketrans("", "", _BLANKS + _APOSTROPHES)


def fits_form(cell, form):
    if len(cell) > _LONGEST or _FORMS[form].fullmatch(cell) is None:
        return False
    return len(cell) <= _EXACT_DIGITS or len(re.findall(r"\d", cell.partition(".,"[form == "comma"])[0])) <= _EXACT_DIGITS


def has_digit(cell):
    return _HAS_DIGIT.search(cell) is not None


def is_written_number(cell):
    return fits_form(cell, "dot") or fits_form(cell, "comma")


class NumberColumn:
    """What the cells of a column say about how its numbers are written. What fits only one form proves it."""

    def __init__(self):
        self.fits = {"dot": True, "comma": True}
        # The first cell that fits this form and not the other one.
        self.proofs = {"dot": None, "comma": None}
        # The first cell with a separator that fits both.
        self.open_example = None
        self.seen = set()
        self.counted = 0

    @property
    def is_possible(self):
        return self.fits["dot"] or self.fits["comma"]

    @property
    def is_contradictory(self):
        return self.proofs["dot"] is not None and self.proofs["comma"] is not None

    @property
    def proven(self):
        """The only form that all cells fit, where a cell proves it; else None."""
        for form, other in (("dot", "comma"), ("comma", "dot")):
            if self.fits[form] and not self.fits[other] and self.proofs[form] is not None:
                return form
        return None

    def add_plain(self, cells):
        """Cells that are plain numbers already: only their points can say something."""
        self.counted += len(cells)
        if self.proofs["dot"] is None or self.open_example is None and self.fits["comma"]:
            for cell in cells:
                if "." in cell:
                    self.seen.add(".")
                    self._weigh(cell, True, fits_form(cell, "comma"))
                    if self.proofs["dot"] is not None:
                        return

    def add(self, cells):
        """Different cells, in the order of the file. Cells without a digit, such as 'n.a.', say nothing."""
        if self.proven is not None and all(map(_SIMPLE[self.proven].fullmatch, cells)):
            self.counted += len(cells)
            text = "".join(cells)
            self.seen.update(sign for sign in ".," if sign in text)
            return
        for cell in cells:
            if not has_digit(cell):
                continue
            dot, comma = fits_form(cell, "dot"), fits_form(cell, "comma")
            if not (dot or comma) or self.is_contradictory:
                self.fits = {"dot": False, "comma": False}
                return
            self.counted += 1
            self._look_at(cell)
            self._weigh(cell, dot, comma)

    def _weigh(self, cell, dot, comma):
        for form, fits, other in (("dot", dot, comma), ("comma", comma, dot)):
            self.fits[form] = self.fits[form] and fits
            if fits and not other and self.proofs[form] is None:
                self.proofs[form] = cell
        if dot and comma and self.open_example is None and ("." in cell or "," in cell):
            self.open_example = cell

    def _look_at(self, cell):
        for sign, name in (("%", "percent"), ("(", "brackets"), (".", "."), (",", ",")):
            if sign in cell:
                self.seen.add(name)
        if _MINUS_BEHIND.search(cell):
            self.seen.add("minus behind")
        if not cell.isascii() or not cell.translate(_PLAIN_CHARACTERS) == "":
            if _HAS_CURRENCY.search(cell):
                self.seen.add("currency")
        between = _GROUPING.search(cell)
        if between is not None and between[1] not in ".,":
            self.seen.add("blank" if between[1] in _BLANKS else "apostrophe")
            self.seen.add(between[1])

    @property
    def needs_decision(self):
        """A currency or a percent sign: which number is meant is for the code to decide."""
        return bool(self.seen & {"percent", "brackets", "currency"})


_PLAIN_CHARACTERS = str.maketrans("", "", "0123456789.,-+ ")


def to_number(cell, form):
    text = cell.strip()
    negative = text.endswith(tuple(_MINUS))
    text = text.strip(_MINUS + "+ ") if negative else text.replace("\u2212", "-").replace("- ", "-")
    text = text.translate(_REMOVED)
    text = text.replace(",", "") if form == "dot" else text.replace(".", "").replace(",", ".")
    value = float(text) if "." in text or "e" in text.lower() else int(text)
    return -value if negative else value


_INTEGER_CHARACTERS = str.maketrans("", "", "0123456789+- \t\n")
_NUMBER_CHARACTERS = str.maketrans("", "", "0123456789+-.eE \t\n")


def are_integers(values):
    numbers = _parse_all(int, values, _INTEGER_CHARACTERS)
    return numbers is not None and -SAFE_INTEGER <= min(numbers) and max(numbers) <= SAFE_INTEGER


def are_numbers(values):
    """Whether all are numbers as programs write them."""
    numbers = _parse_all(float, values, _NUMBER_CHARACTERS)
    if numbers is None:
        return False
    if -SAFE_INTEGER <= min(numbers) and max(numbers) <= SAFE_INTEGER:
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
    return abs(number) <= SAFE_INTEGER or "." in text or "e" in text.lower()
