"""What a code of each vocabulary looks like, so that a cell that a spreadsheet broke is seen.

A code of another form is found by no source, and its line would find nobody in silence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ehrivig.codes.check_digits import CHECKED
from ehrivig.codes.kinds import Row
from ehrivig.codes.spelling import plain_vocabulary


@dataclass(frozen=True)
class Form:
    """The form of the codes of a vocabulary, without regard to case.

    `whole`: pattern of a code; `beginning`: of what a prefix may be, None: digits of no meaning,
    by which nothing can be matched in parts; `words`: the form in words, with an example.
    """

    whole: str
    words: str
    beginning: str | None = None

    def fits(self, code: str, match: str) -> bool:
        """Whether a code, or a beginning of one, has the form."""
        pattern = self.beginning if match == "prefix" else self.whole
        return pattern is not None and re.fullmatch(pattern, code, re.IGNORECASE) is not None


_ICD10 = Form(
    r"[A-Z]\d[0-9A-Z](\.?[0-9A-Z]{1,4})?",
    "a letter, a digit, a third sign, and up to four after a dot, as in J45.0",
    r"[A-Z](\d([0-9A-Z](\.?[0-9A-Z]{0,4})?)?)?",
)
_SNOMED = Form(r"[1-9]\d{5,17}", "6 to 18 digits, as in 195967001")
_NUMBER = Form(r"[1-9]\d{0,9}", "a whole number, as in 1518254")
FORMS = {
    "ICD10": _ICD10,
    "ICD10WHO": _ICD10,
    "ICD10CM": _ICD10,
    "ICD9CM": Form(
        r"(\d{3}|V\d{2})(\.?\d{1,2})?|E\d{3}(\.?\d)?",
        "three digits with their leading zeros (or V and two, E and three), and up to two after a "
        "dot, as in 038.9",
        r"\d{1,3}|\d{3}\.?\d{0,2}|V\d{0,2}|V\d{2}\.?\d{0,2}|E\d{0,3}|E\d{3}\.?\d?",
    ),
    "SNOMED": _SNOMED,
    "DMD": _SNOMED,
    "ATC": Form(
        r"[A-Z](\d{2}([A-Z]([A-Z](\d{2})?)?)?)?",
        "a letter, two digits, two letters, two digits, or the first of these, as in L04AC07",
        r"[A-Z](\d{1,2}|\d{2}[A-Z]{1,2}|\d{2}[A-Z]{2}\d{1,2})?",
    ),
    "RXNORM": _NUMBER,
    "OMOP": _NUMBER,
    "LOINC": Form(r"\d{1,7}-\d", "digits, a hyphen and a check digit, as in 1988-5"),
    "HCPCS": Form(
        r"[A-Z]\d{4}|\d{4}[0-9A-Z]",
        "a letter and four digits, or five signs of a procedure, as in J1561",
        r"[A-Z]\d{0,4}|\d{1,4}[0-9A-Z]?",
    ),
    "CVX": Form(r"\d{1,3}", "up to three digits, as in 86"),
    "DIN": Form(r"\d{8}", "eight digits, as in 02247724"),
    "PZN": Form(r"\d{7,8}", "seven or eight digits, as in 01234567"),
    "GTIN": Form(r"\d{8}|\d{12,14}", "8, 12, 13 or 14 digits"),
    "NPU": Form(r"NPU\d{5}", "NPU and five digits, as in NPU19748"),
}
"""Vocabulary -> its form. NDC has rules of its own; local codes and names have any form."""


def misshapen(row: Row) -> str | None:
    """What is wrong with the form of a line's code; None when nothing is, or nobody can say."""
    name = plain_vocabulary(row.get("vocabulary"))
    column = "value" if "value" in row else "code"
    code, match = row.get(column, ""), row.get("match", "exact")
    form = FORMS.get(name)
    if form is None or match not in ("exact", "single", "prefix"):
        return None
    if form.fits(code, match):
        return _digit_lost(name, column, code, match)
    if match == "prefix" and form.beginning is None:
        return (
            f"{column} {code!r}: codes of {name} say nothing by how they begin. Write match exact "
            "(what lies below it included) or single."
        )
    return f"{column} {code!r} is no code of {name} ({form.words}). {_cure(code)}"


def _digit_lost(name: str, column: str, code: str, match: str) -> str | None:
    """A code of the right form whose check digit is wrong; None where it is right."""
    if match == "prefix" or name not in CHECKED or CHECKED[name](code):
        return None
    lost = "0" * (len(code) - _KEPT)
    cure = "Mend the code"
    if lost and code.endswith(lost):
        cure = "A spreadsheet kept 15 digits of it: format the column as text and enter it anew"
    elif code.isdigit() and int(code) > _WHOLE and float(code) == int(code):
        cure = "A program read it as a number, which keeps 16 digits: read the column as text"
    return f"{column} {code!r} is no code of {name}: its last digit, a check, is wrong. {cure}."


_KEPT = 15
"""How many digits of a number a spreadsheet keeps."""
_WHOLE = 2**53
"""Up to here a floating-point number is every whole number; above, only some are left."""


def _cure(code: str) -> str:
    if re.fullmatch(r"\d+\.0+", code):
        return "A spreadsheet made a number of it: format the column as text and enter it anew."
    if re.search(r"\s", code) and not re.search(r"[,;/|]", code):
        return "Take the blanks out; one code a line."
    if re.fullmatch(r"[\w.]+\s*[-,;/|+]\s*[\w.]+.*", code):
        return "Write one code a line; what lies below a code is found with match prefix."
    if re.fullmatch(r"[\w.]+?\.?[-*!†‡%+#]+", code):
        return "Write the code without the mark; all below it are found with match prefix."
    return "Mend the code, or the vocabulary."
