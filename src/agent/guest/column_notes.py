"""What a person would have to know before computing with columns. Fifth part of a program that the host puts together."""

_NAMED_COLUMNS = 5
_QUOTED_CHARACTERS = 30


def describe_columns(columns, locale):
    """Notes on the file's numbers and dates; columns of which the same is to be said share a note."""
    said = {}
    for column in columns:
        for note in [*_number_notes(column, locale), *_date_notes(column, locale), *_text_notes(column, locale)]:
            said.setdefault(note, []).append(column.name)
    return [*_file_notes(locale), *(f"{_named(names)} {_for_several(note) if len(names) > 1 else note}" for note, names in said.items())]


def _named(names):
    listed = ", ".join(repr(name[:60]) for name in names[:_NAMED_COLUMNS])
    more = f" and {len(names) - _NAMED_COLUMNS} more" if len(names) > _NAMED_COLUMNS else ""
    return f"column{'' if len(names) == 1 else 's'} {listed}{more}"


def _for_several(note):
    verb, _, rest = note.partition(" ")
    return f"{ {'has': 'have', 'is': 'are'}.get(verb, verb)} {rest}"


def _quoted(cell):
    return repr(cell.strip()[:_QUOTED_CHARACTERS])


def _file_notes(locale):
    notes = []
    dot, comma = locale.number_proofs["dot"], locale.number_proofs["comma"]
    if dot is not None and comma is not None:
        notes.append(
            f"numbers are written in two ways: decimal points in column {dot.name[:60]!r} ({_quoted(dot.numbers.proofs['dot'])}),"
            f" decimal commas in column {comma.name[:60]!r} ({_quoted(comma.numbers.proofs['comma'])})"
        )
    day, month = locale.date_proofs["day"], locale.date_proofs["month"]
    if day is not None and month is not None:
        notes.append(
            f"dates are written in two ways: the day first in column {day.name[:60]!r} ({_quoted(day.date_proofs['day'])}),"
            f" the month first in column {month.name[:60]!r} ({_quoted(month.date_proofs['month'])})"
        )
    return notes


def _number_notes(column, locale):
    numbers, form = column.numbers, locale.form(column)
    if numbers.is_contradictory and column.kind() == "text":
        yield (
            f"has decimal points ({_quoted(numbers.proofs['dot'])}) and decimal commas ({_quoted(numbers.proofs['comma'])}):"
            " it is kept as text, because nothing says how to read it"
        )
        return
    if numbers.is_possible and numbers.counted > 0 and form == "text":
        yield from _undecided_notes(column, locale)
        return
    if form == "comma":
        # With only one of the two, pandas reads "1.234,5" as text or as another number.
        yield f"has decimal commas (pandas: decimal=',', thousands={_thousands(numbers, '.')})"
    elif form == "dot" and numbers.seen & {",", "blank", "apostrophe"}:
        what = {",": "commas", "blank": "blanks", "apostrophe": "apostrophes"}
        between = next(what[sign] for sign in ("blank", "apostrophe", ",") if sign in numbers.seen)
        yield f"has {between} between thousands (pandas: thousands={_thousands(numbers, ',')})"
    if "minus behind" in numbers.seen and form in ("dot", "comma"):
        yield "has the minus sign behind the number: pandas reads it as text"
    if form in ("dot", "comma", "number") and _is_open(column, locale):
        yield _open_note(numbers.open_example, "comma" if form == "comma" else "dot")


def _is_open(column, locale):
    numbers = column.numbers
    return numbers.open_example is not None and numbers.proven is None and numbers.fits["comma"] and locale.numbers is None


def _open_note(example, form):
    number = example.strip()
    other = "comma" if form == "dot" else "dot"
    return (
        f"has numbers such as {_quoted(number)} that can be {to_number(number, form)} or {to_number(number, other)}:"
        f" nothing in the file says which; it is read as {to_number(number, form)} here"
    )


def _thousands(numbers, usual):
    between = sorted(sign for sign in numbers.seen if len(sign) == 1 and sign not in ".,%(")
    return repr(between[0]) if between else repr(usual)


def _undecided_notes(column, locale):
    numbers = column.numbers
    form = numbers.proven or locale.numbers
    sign = {"dot": ", decimal point", "comma": ", decimal comma", None: ""}[form]
    if "currency" in numbers.seen:
        yield f"has amounts with a currency sign{sign}: text until it is converted"
    elif "percent" in numbers.seen:
        yield f"has numbers with a percent sign{sign}: text until it is converted"
    elif "brackets" in numbers.seen:
        yield f"has numbers in brackets, which mostly are negative amounts{sign}: text until it is converted"
    elif column.odd is not None:
        # Words with a number here and there are no numbers.
        counted = sum(1 for value in column.sample if is_written_number(value))
        if counted * 2 >= len(column.sample):
            yield f"is mostly numbers{sign}, but not all (such as {_quoted(column.odd)})"


def _date_notes(column, locale):
    if not column.might_be_dates or column.kind() not in ("date", "text"):
        return
    proofs = column.date_proofs
    if proofs["neither"] is not None:
        yield f"has dates that no order of day and month explains ({_quoted(proofs['neither'])}): it is kept as text"
    elif column.has_contradictory_dates:
        yield (
            f"has dates with the day first ({_quoted(proofs['day'])}) and with the month first ({_quoted(proofs['month'])}):"
            " it is kept as text, because nothing says how to read it"
        )
    elif proofs["day"] is not None or proofs["month"] is not None:
        yield f"has dates with the {'day' if proofs['day'] is not None else 'month'} first"
    elif column.has_open_dates and locale.dates is not None:
        yield f"has dates with the {locale.dates} first, as column {locale.date_proofs[locale.dates].name[:60]!r} shows"
    elif column.has_open_dates:
        yield "has dates that do not say whether the day or the month comes first"
    if column.is_dotted and locale.numbers == "comma":
        yield "is read as a number by pandas with thousands='.', unless dtype=str is given for it"


def _text_notes(column, locale):
    if column.kind() != "text" or column.might_be_dates:
        return
    numbers = column.numbers
    if numbers.is_possible and numbers.counted > 0 or numbers.is_contradictory:
        return
    if all(map(_DIGITS.fullmatch, column.sample)):
        yield "is kept as text: digits with leading zeros, or too many for a number"
        return
    counted = sum(1 for value in column.sample if is_written_number(value) or are_numbers([value]))
    if counted * 2 > len(column.sample):
        odd = next((value for value in column.sample if not is_written_number(value) and not are_numbers([value])), None)
        yield f"is mostly numbers, but not all{'' if odd is None else f' (such as {_quoted(odd)})'}"
