"""The mutations of a SQL file: operators, numbers, joins, aggregates, fallbacks, filters.

Comments and texts in quotes are left alone, and so are the numbers of types (`DECIMAL(18, 3)`) and
the AND of a BETWEEN. What is left could each give other rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.mutants.mutation import Mutation

_QUIET = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|\w*\((?:\d+\s*,\s*\d+)\)", re.S)
_WORDS = {
    "MIN": "MAX",
    "MAX": "MIN",
    "BOOL_OR": "BOOL_AND",
    "BOOL_AND": "BOOL_OR",
    "GREATEST": "LEAST",
    "LEAST": "GREATEST",
    "AND": "OR",
    "OR": "AND",
    "TRUE": "FALSE",
    "FALSE": "TRUE",
    "DESC": "ASC",
    "FLOOR": "CEIL",
    "CEIL": "FLOOR",
}
_PHRASES = {
    "LEFT JOIN": "INNER JOIN",
    "INNER JOIN": "LEFT JOIN",
    "SEMI JOIN": "ANTI JOIN",
    "ANTI JOIN": "SEMI JOIN",
    "IS NOT NULL": "IS NULL",
    "IS NULL": "IS NOT NULL",
    "IS NOT DISTINCT FROM": "IS DISTINCT FROM",
    "IS DISTINCT FROM": "IS NOT DISTINCT FROM",
    "IS NOT TRUE": "IS TRUE",
    "NOT EXISTS": "EXISTS",
    "NOT IN": "IN",
}
_SIGNS = {"<=": "<", ">=": ">", "<": "<=", ">": ">=", "=": "<>", "<>": "=", "+": "-", "-": "+"}
_SENTINEL = 1e6  # a number that stands for "no end"
_TOKEN = re.compile(
    "|".join(
        [
            *(rf"\b{phrase}\b".replace(" ", r"\s+") for phrase in _PHRASES),
            r"\bBETWEEN\b",
            *(rf"\b{word}\b" for word in _WORDS),
            r"\bCOALESCE\s*\(",
            r"\bFILTER\s*\(",
            r"(?<![\w.$])\d+(?:\.\d+)?(?:e\d+)?\b",
            r"<>|<=|>=|=>|:=|->|::|[<>=+\-()]",
        ]
    ),
    re.I,
)


def mutations(path: str, source: str) -> Iterator[Mutation]:
    """Every mutation of the file, in its order."""
    plain = _QUIET.sub(lambda found: re.sub(r"[^\n]", "_", found.group()), source)
    depth, between = 0, []  # depths of the BETWEENs whose AND is to come
    for found in _TOKEN.finditer(plain):
        word = " ".join(found.group().upper().split())
        if word == "BETWEEN":
            between.append(depth)
        elif word == "AND" and between and between[-1] == depth:
            between.pop()
        elif word in ("(", ")"):
            depth += 1 if word == "(" else -1
            between = [one for one in between if one <= depth]
        else:
            yield from _of_token(path, source, plain, found, word)
            depth += word.endswith("(")


def _of_token(
    path: str, source: str, plain: str, found: re.Match[str], word: str
) -> Iterator[Mutation]:
    start, end = found.span()
    if word.startswith("COALESCE"):
        first, close = _arguments(plain, end)
        yield _made(path, source, start, close, f"({source[end:first]})", "fallback dropped")
    elif word.startswith("FILTER"):
        _, close = _arguments(plain, end)
        yield _made(path, source, start, close, "", "filter dropped")
    elif word[0].isdigit() and float(word) < _SENTINEL:
        yield _made(path, source, start, end, _next(found.group()), "number")
    else:
        after = _WORDS.get(word) or _PHRASES.get(word) or _SIGNS.get(word)
        if word == "INNER JOIN" and _is_asked_for(plain, end):
            after = None
        if after is not None:
            yield _made(path, source, start, end, after, "operator" if word in _SIGNS else "word")


def _is_asked_for(plain: str, start: int) -> bool:
    """Whether WHERE asks something of a joined table: then no row without a partner comes through.

    `start` is behind INNER JOIN; the SELECT ends where its bracket is closed.
    """
    alias = re.match(r"\s+[\w.]+\s+AS\s+(\w+)", plain[start:], re.I)
    depth, end = 0, start
    while end < len(plain) and depth >= 0:
        depth += {"(": 1, ")": -1}.get(plain[end], 0)
        end += 1
    _, where, condition = plain[start:end].partition("WHERE")
    return bool(alias and where and re.search(rf"\b{alias.group(1)}\.", condition))


def _arguments(plain: str, start: int) -> tuple[int, int]:
    """Where the first argument ends, and the end of the bracket that was opened before `start`."""
    depth, first = 0, 0
    for place in range(start, len(plain)):
        mark = plain[place]
        if mark == "," and depth == 0 and not first:
            first = place
        if mark == "(":
            depth += 1
        if mark == ")":
            depth -= 1
        if depth < 0:
            return first or place, place + 1
    raise ValueError("a bracket is not closed")


def _next(number: str) -> str:
    return str(int(number) + 1) if number.isdigit() else f"{float(number) * 1.1 or 1:g}"


def _made(path: str, source: str, start: int, end: int, after: str, kind: str) -> Mutation:
    """Offsets in bytes, from offsets in characters."""
    place = [len(source[:offset].encode()) for offset in (start, end)]
    line = source.count("\n", 0, start) + 1
    return Mutation(path, line, place[0], place[1], source[start:end], after, kind)
