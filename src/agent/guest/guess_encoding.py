"""Which encoding a text has that is not UTF-8. First part of a program that the host puts together.

charset-normalizer tells scripts apart. Among the encodings of Latin letters it mostly takes the Central European one, so
those are told apart here, by which letters stand in words.
"""

import codecs
import re

_SAMPLE_BYTES = 48 * 1024
_LINE_BYTES = 64 * 1024

_SCRIPTS = ["gb18030", "big5", "cp932", "euc_jp", "cp949", "koi8_r", "cp1251", "cp866", "cp1253", "cp1255", "cp1256", "cp1250", "cp1252"]
_WESTERN = "äöüßÄÖÜéèêëàâçîïôûùœæøåÅØÆáíóúñÑ¿¡ãõÉÀÇìòýÂÊÁÍÓÚðþ"
_CENTRAL = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮŽőűŐŰöüÖÜäôľĺŕĽăâîşţŞŢđĐß"
_TURKISH = "çğıöşüÇĞİÖŞÜâîû"
# Of two that fit as well, the first is taken.
_LATIN = {"cp1252": _WESTERN, "cp1250": _CENTRAL, "iso8859_2": _CENTRAL, "cp1254": _TURKISH}
# Of two bytes for a character, the same pair is Hangul in Korea and Hanzi in China: what tables mostly have tells them apart.
_HANZI = frozenset(
    "的一是不了在人有这中大来上国年月日产品名姓称价格数量期编号城市口地区公司部门电话金额总计类型时间单位备注性别龄生售订客户北京海广州深圳南西东省县张王李刘陈"
)
_HANGUL = frozenset("이가은는을를에의로서도시구군동명나번호일자수량격금액합계비고지역성별주소전화름연령부회사울산대한민국김박최정인하기다년월")

# The letters that make up two thirds of any text.
_GREEK = frozenset("αοιετσνηυρςάέήίόύώ")
_RUSSIAN = frozenset("оеаинтрсвлкм")

_SYMBOLS = "€–—‘’“”„…•©®°§«»²³½£µ·\u00a0™"

# What people and pandas call them; the narrower name where it holds for the sample.
_ENCODING_NAMES = {
    "gb18030": ["gbk", "gb18030"],
    "big5": ["big5", "big5hkscs"],
    "cp932": ["shift_jis", "cp932"],
    "cp949": ["euc_kr", "cp949"],
    "euc_jp": ["euc_jp"],
    "koi8_r": ["koi8-r"],
    "cp866": ["cp866"],
    "iso8859_2": ["iso-8859-2"],
    # Bytes 80 to 9F are control characters in Latin-1 and letters or quotes in Windows-1252.
    "cp1252": ["iso-8859-1", "windows-1252"],
}


def guess_encoding(path, limit):
    """The likely encoding of a text file that is not UTF-8, from its lines with other than ASCII characters."""
    sample = _sample_lines(path, limit)
    found = _script_of(sample) or _latin_of(sample)
    for name in _ENCODING_NAMES.get(found, [f"windows-{found[2:]}"]):
        if _fits(sample, name):
            return name
    return "iso-8859-1"


def _sample_lines(path, limit):
    """Whole lines: no encoding of files in use has a line feed inside of a character."""
    lines, size, read = [], 0, 0
    with open(path, "rb") as file:
        for line in iter(lambda: file.readline(_LINE_BYTES), b""):
            read += len(line)
            if not line.isascii():
                lines.append(line)
                size += len(line)
            if size >= _SAMPLE_BYTES or read >= limit:
                break
    return b"".join(lines)[: _SAMPLE_BYTES + _LINE_BYTES]


def _script_of(sample):
    try:
        from charset_normalizer import from_bytes
    except ImportError:
        # An environment of its own may be without it; then only the Latin ones are told apart.
        return None
    matches = [match.encoding for match in from_bytes(sample, cp_isolation=_SCRIPTS)]
    latin = _is_latin(sample)
    found = next((encoding for encoding in matches if _is_plausible(sample, encoding, latin)), None)
    if found is None and "cp949" in matches and _fits(sample, "gb18030"):
        return "gb18030"
    if found is None and latin is False:
        return "cp1255" if _may_be_hebrew(sample) else "cp1251"
    return None if found in _LATIN else found


def _is_latin(sample):
    """Words of Latin letters have only a letter here and there beyond ASCII; None where that does not tell."""
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", sample)]
    share = sum(run for run in runs if run >= 3) / max(1, sum(runs))
    return True if share < 0.2 else False if share > 0.5 else None


def _is_plausible(sample, encoding, latin):
    """Of a few words the detector is not sure; what it finds has to look like words of that script."""
    high = [byte for byte in sample if byte >= 0x80]
    if encoding == "cp949":
        return not _fits(sample, "gb18030") or _share(sample, "cp949", _HANGUL) >= _share(sample, "gb18030", _HANZI)
    if encoding in ("gb18030", "big5", "cp932", "euc_jp"):
        return True
    if latin is not None and latin is not (encoding in _LATIN):
        return False
    if encoding == "cp1255":
        # Points and marks are for children and scripture.
        return sum(0xE0 <= byte <= 0xFA for byte in high) >= 0.9 * len(high)
    if encoding in ("cp1251", "cp1253"):
        is_greek = _share(sample, "cp1253", _GREEK) > _share(sample, "cp1251", _RUSSIAN)
        return is_greek is (encoding == "cp1253") and not _may_be_hebrew(sample)
    return True


def _may_be_hebrew(sample):
    """Read as Cyrillic or Greek there are small letters only, and never one of the last, which every such text has."""
    high = [byte for byte in sample if byte >= 0x80]
    return len(high) >= 10 and all(0xE0 <= byte <= 0xFA for byte in high)


def _share(sample, encoding, characters):
    text = [character for character in sample.decode(encoding, "ignore") if not character.isascii()]
    return sum(1 for character in text if character in characters) / max(1, len(text))


def _latin_of(sample):
    best, best_score = "cp1252", None
    for encoding, letters in _LATIN.items():
        if not _fits(sample, encoding):
            continue
        score = _score_words(sample.decode(encoding), frozenset(letters))
        if best_score is None or score > best_score:
            best, best_score = encoding, score
    return best


def _score_words(text, letters):
    """High where the characters stand as they do in words: no capital behind a small letter, no sign between letters."""
    score = 0.0
    for place, character in enumerate(text):
        if character.isascii():
            continue
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        if character.isalpha():
            # Portuguese has it before 'e'; elsewhere it mostly is the Hungarian letter at its place.
            is_odd = character == "õ" and after not in ("e", "E", "")
            score += 0.5 if is_odd else 2 if character in letters else -1
            if character.isupper() and before.islower() or character.islower() and before.isupper() and after.isupper():
                score -= 3
        elif character in _SYMBOLS:
            score += -2 if before.isalpha() and after.isalpha() else 0.5
        else:
            score -= 3
    return score


def _fits(sample, encoding):
    try:
        text = sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return encoding != "iso-8859-1" or not any("\x80" <= character <= "\x9f" for character in text)


def wide_encoding(head):
    """UTF-16 text without a mark: half of the bytes of delimiters, digits and line ends are NUL, all in the same places."""
    sample = head[: 4096 & ~1]
    half = len(sample) // 2
    if half < 4:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    for encoding, here, there in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if here > 0.05 * half and there <= 0.01 * half and _is_wide_text(sample[: 2 * half], encoding):
            return encoding
    return None


def _is_wide_text(sample, encoding):
    # The cut may have split a pair of surrogates.
    text = codecs.getincrementaldecoder(encoding)("replace").decode(sample)
    bad = sum(1 for character in text if character == "\ufffd" or not (character.isprintable() or character in "\t\n\r\f\u3000\u00a0"))
    return bad * 50 <= len(text)
