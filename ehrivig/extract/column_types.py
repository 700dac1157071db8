"""How a column of some type is shown as the kind of column that a layout reads, losing nothing.

A type that may lose something by its values is shown only after these were counted: each `Way` says
in SQL which values it cannot show. Of several ways the first is taken that can show all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ehrivig.contract import SQL_TYPE
from ehrivig.extract.usual_words import MISSING, NO, NO_KEY, NOT_SAID, YES

SIGNED = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
INTEGERS = (*SIGNED, *(f"U{name}" for name in SIGNED))
ZONED = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")
CLOCKS = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
FLOATS = ("DOUBLE", "FLOAT")
UNTYPED = '"NULL"'
_OF_64_BITS = tuple(name for name in INTEGERS if name not in ("HUGEINT", "UHUGEINT", "UBIGINT"))
_NUMBER = r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?0?[0-9]{1,2})?"
_WHOLE = r"-?(0|[1-9][0-9]{0,19})([.]0+)?"
_BLANKS = " \t\u00a0\u3000"
_TEXT = ("VARCHAR", "BLOB")
SHOWN_AS_TEXT = ("ENUM", "UUID")
"""Types of which a value is what its text is."""
_EXACT_DIGITS = 15
_64_BITS = "whole numbers of 64 bits"
_DIGITS = "whole numbers of 64 bits in digits alone, without a zero before them"


_MOMENT = (
    r"[0-9]{4}([-/])[0-9]{1,2}([-/])[0-9]{1,2}"
    r"([T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?%s)%s"
)
_ZONE = r" ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
_WRITTEN = "moments (YYYY-MM-DD HH:MM:SS, all of them with a zone or none)"


@dataclass(frozen=True)
class Way:
    """One way to show a column: an expression, the type it has, and what it cannot show.

    `expression` None: as it is. `doubt`: SQL that is true of a value that would be lost; None where
    there is none. `told`: what such values are not, in words.
    """

    type: str
    expression: str | None
    doubt: str | None = None
    told: str = ""

    def shown(self, expression: str, kind: str) -> Way:
        """The same values shown in another way."""
        return Way(kind, expression, self.doubt, self.told)


def base(kind: str) -> str:
    """The name of a type without its width; of a list all of it."""
    return kind if kind.endswith("]") else kind.partition("(")[0]


def sql_type(kind: str) -> str:
    """The type of a kind of column."""
    own = {"utc": "TIMESTAMP", "whole": "BIGINT"}
    return own.get(kind) or SQL_TYPE[kind]  # type: ignore[index]


def ways(quoted: str, found: str, kind: str, *, hospital: bool = False) -> tuple[Way, ...]:
    """How a column of type `found` is shown as a kind without a clock; empty when it cannot be.

    `hospital`: it names the hospital, which always is text.
    """
    if kind == "key":
        return _text(quoted, found) if hospital else _key(quoted, found)
    return {"text": _text, "number": _number, "flag": _flag, "whole": _whole}[kind](quoted, found)


def of_undeclared(quoted: str, found: str) -> tuple[Way, ...]:
    """How a column is shown that only the layout's SELECT knows: as it is, in its usual type."""
    if found == "TIME_NS":
        return (Way("TIME", f"{quoted}::TIME"),)
    if found in CLOCKS and found != "TIMESTAMP":
        return (Way("TIMESTAMP", f"{quoted}::TIMESTAMP"),)
    if found == "BLOB":
        return (_decoded(quoted), Way(found, None))
    if found == "UBIGINT":
        return (_signed(quoted), Way(found, None))
    return (Way(found, None),)


def common(kinds: Iterable[str]) -> str | None:
    """The type that loses nothing of some others; None where there is none."""
    found = {kind for kind in kinds if kind != UNTYPED}
    bases = {base(kind) for kind in found}
    if len(found) < 2:
        return next(iter(found), UNTYPED)
    if bases <= {*_OF_64_BITS}:
        return "BIGINT"
    if bases <= {*_OF_64_BITS, "UBIGINT"}:
        return "UBIGINT"
    if bases <= {*INTEGERS, *FLOATS, "DECIMAL"}:
        return "DOUBLE"
    if bases <= {*CLOCKS, "DATE"}:
        return "TIMESTAMP"
    return "VARCHAR" if bases <= {"VARCHAR", "ENUM", "UUID"} else None


def in_words(found: str) -> str:
    """A type as a message names it."""
    return "text" if found == "VARCHAR" else base(found)


def _is_whole(kind: str) -> bool:
    return base(kind) == "DECIMAL" and kind.endswith(",0)")


def _key(quoted: str, found: str) -> tuple[Way, ...]:
    """Text stays text; a whole number of any type is one of 64 bits, unsigned where it must."""
    if base(found) in _OF_64_BITS:
        return (Way("BIGINT", None if found == "BIGINT" else f"{quoted}::BIGINT"),)
    if found == "UBIGINT":
        return (_signed(quoted), Way(found, None))
    if base(found) in ("HUGEINT", "UHUGEINT") or _is_whole(found):
        beyond = f"{quoted} NOT BETWEEN 0 AND 18446744073709551615"
        return (_signed(quoted), Way("UBIGINT", f"{quoted}::UBIGINT", beyond, _64_BITS))
    if found in FLOATS:
        told = f"whole numbers below {_most(found):,} (how others were written is not known)"
        return (Way("BIGINT", _rounded(quoted), _not_whole(quoted, found), told),)
    return _text(quoted, found)


def _whole(quoted: str, found: str) -> tuple[Way, ...]:
    """A whole number of 64 bits, such as the id of a concept, also where it is written as text."""
    if found in _TEXT:
        return (_written_whole(quoted, found, "BIGINT", MISSING, _DIGITS),)
    return tuple(way for way in _key(quoted, found) if way.type == "BIGINT")


def _written_whole(quoted: str, found: str, kind: str, missing: Iterable[str], told: str) -> Way:
    """Whole numbers as text, without zeros before them; `missing`: words that stand for none."""
    text = quoted if found == "VARCHAR" else f"try(decode({quoted}))"
    plain = f"lower(trim({text}, '{_BLANKS}'))"
    number = f"try_cast(split_part({plain}, '.', 1) AS {kind})"
    is_one = f"regexp_full_match({plain}, '{_WHOLE}') AND {number} IS NOT NULL"
    doubt = f"{plain} IS NULL OR NOT ({is_one} OR {plain} IN {_listed(missing)})"
    return Way(
        kind,
        f"CASE WHEN {is_one} THEN {number} END",
        f"{quoted} IS NOT NULL AND ({doubt})",
        told,
    )


def _signed(quoted: str) -> Way:
    bounds = "BETWEEN -9223372036854775808 AND 9223372036854775807"
    return Way("BIGINT", f"{quoted}::BIGINT", f"{quoted} NOT {bounds}", _64_BITS)


def _rounded(quoted: str) -> str:
    """SQL: a whole number that a float holds; null for NaN, which stands for a missing one."""
    return f"CASE WHEN NOT isnan({quoted}) THEN {quoted}::BIGINT END"


def _not_whole(quoted: str, found: str) -> str:
    """SQL: a float is no whole number, or beyond those that floats tell apart."""
    whole = f"{quoted} = trunc({quoted}) AND abs({quoted}) < {_most(found)}"
    return f"NOT isnan({quoted}) AND NOT ({whole})"


def _most(found: str) -> int:
    """The first whole number that a float may not tell apart from the next."""
    return 2**53 if found == "DOUBLE" else 2**24


def _text(quoted: str, found: str) -> tuple[Way, ...]:
    if found == "VARCHAR":
        return (Way("VARCHAR", None),)
    if base(found) in (*INTEGERS, "ENUM", "UUID") or _is_whole(found):
        return (Way("VARCHAR", f"{quoted}::VARCHAR"),)
    if found in FLOATS:
        told = f"whole numbers below {_most(found):,} (how others were written is not known)"
        shown = f"({_rounded(quoted)})::VARCHAR"
        return (Way("VARCHAR", shown, _not_whole(quoted, found), told),)
    return (_decoded(quoted),) if found == "BLOB" else ()


def _decoded(quoted: str) -> Way:
    doubt = f"{quoted} IS NOT NULL AND try(decode({quoted})) IS NULL"
    return Way("VARCHAR", f"decode({quoted})", doubt, "text in UTF-8")


def _number(quoted: str, found: str) -> tuple[Way, ...]:
    if found == "DOUBLE":
        return (Way("DOUBLE", None),)
    if found == "VARCHAR":
        return (_written_number(quoted),)
    if found == "FLOAT" or _is_long(found):  # 0.1 of four bytes is 0.1, not 0.10000000149
        return (Way("DOUBLE", f"{quoted}::VARCHAR::DOUBLE"),)
    if base(found) in (*INTEGERS, "DECIMAL"):
        return (Way("DOUBLE", f"{quoted}::DOUBLE"),)
    return ()


def _is_long(found: str) -> bool:
    """Whether a decimal has more digits than a division of floats gives exactly."""
    digits = found.partition("(")[2].partition(",")[0]
    return base(found) == "DECIMAL" and int(digits or 38) > _EXACT_DIGITS


def _written_number(quoted: str) -> Way:
    """Numbers as text: digits with a decimal point, nothing else."""
    plain = f"trim({quoted})"
    number = f"regexp_full_match({plain}, '{_NUMBER}')"
    return Way(
        "DOUBLE",
        f"CASE WHEN {number} THEN {plain}::DOUBLE END",
        f"NOT ({number} OR lower({plain}) IN {_listed(MISSING)})",
        "numbers (digits with a decimal point)",
    )


def same_id(quoted: str, found: str, known: str) -> tuple[Way, ...]:
    """How an id is shown that is of type `known` in tables that are joined by it.

    Numbers written as text are these numbers; beside ids that are text, numbers are their digits.
    """
    if known not in ("BIGINT", "UBIGINT"):
        return _text(quoted, found)
    if found not in _TEXT:
        return _key(quoted, found)
    told = f"{_DIGITS}, as this id is in other tables"
    return (_written_whole(quoted, found, known, NO_KEY, told),)


def without_words(quoted: str, way: Way) -> Way:
    """Ids among which no word stands for no key; what is no text stays as it is."""
    if way.type != "VARCHAR":
        return way
    text = way.expression or quoted
    plain = f"lower(trim({text}, '{_BLANKS}'))"
    return way.shown(f"CASE WHEN {plain} NOT IN {_listed(NO_KEY)} THEN {text} END", way.type)


def written_id(quoted: str, kind: str) -> Way:
    """Ids as text of which it is known that all are whole numbers."""
    plain = f"lower(trim({quoted}, '{_BLANKS}'))"
    number = f"split_part({plain}, '.', 1)::{kind}"
    return Way(kind, f"CASE WHEN {plain} NOT IN {_listed(NO_KEY)} THEN {number} END")


def written_moment(quoted: str, *, zoned: bool) -> Way:
    """Moments as text, the year first, with blanks or T before the time; a day is its midnight.

    `zoned`: all of them with a zone, which then are of the type TIMESTAMP WITH TIME ZONE.
    """
    plain = f"upper(trim({quoted}))"
    kind, zone, end = ("TIMESTAMPTZ", _ZONE, "") if zoned else ("TIMESTAMP", "", "?")
    moment = f"regexp_full_match({plain}, '{_MOMENT % (zone, end)}')"
    # DuckDB reads +08:00 and +08, but not +0800
    told = rf"regexp_replace({plain}, ' ?([+-][0-9]{{2}}):?([0-9]{{2}})$', '\1:\2')"
    read = f"CASE WHEN {moment} THEN try_cast({told if zoned else plain} AS {kind}) END"
    doubt = f"({read}) IS NULL AND NOT (lower(trim({quoted})) IN {_listed(MISSING)})"
    return Way(kind, read, doubt, _WRITTEN)


def days_at_midnight(quoted: str) -> Way:
    """Days that a writer made moments with a zone: all of them midnight in UTC, whoever's."""
    utc = f"({quoted} AT TIME ZONE 'UTC')"
    return Way("DATE", f"{utc}::DATE", f"{utc}::TIME <> TIME '00:00:00'", "days")


def _flag(quoted: str, found: str) -> tuple[Way, ...]:
    if found == "BOOLEAN":
        return (Way(found, None),)
    if found == "VARCHAR":
        return (_written_flag(quoted),)
    if base(found) not in (*INTEGERS, *FLOATS, "DECIMAL"):
        return ()
    known = f"(CASE WHEN NOT isnan({quoted}) THEN {quoted} END)" if found in FLOATS else quoted
    return (Way("BOOLEAN", f"{known} = 1", f"{known} NOT IN (0, 1)", "0 or 1"),)


def _written_flag(quoted: str) -> Way:
    """Yes and no as people write them."""
    word = f"lower(trim({quoted}))"
    return Way(
        "BOOLEAN",
        f"CASE WHEN {word} IN {_listed(YES)} THEN TRUE WHEN {word} IN {_listed(NO)} THEN FALSE END",
        f"{word} NOT IN {_listed((*YES, *NO, *MISSING, *NOT_SAID))}",
        "yes or no",
    )


def _listed(words: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"
