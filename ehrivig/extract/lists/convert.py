"""A new code list, from a template or from a list that others have made."""

from __future__ import annotations

import re
from pathlib import Path

from ehrivig import resources
from ehrivig.codes import imports, own, templates
from ehrivig.codes.imports import Concept
from ehrivig.codes.kinds import DRUGS, ListKind, Row
from ehrivig.codes.lists import SHIPPED
from ehrivig.codes.opencodelists import alone, opencodelist
from ehrivig.errors import UsageError
from ehrivig.extract import concept_sets


def new(
    word: str,
    name: str,
    folder: Path,
    source: Path | None,
    vocabulary: str | None,
    column: str | None,
    extract: Path | None,
    match: str | None = None,
) -> list[str]:
    """Write the list `name` of a kind into `folder`; what was done, in sentences.

    Nothing is left behind by an import that cannot be read back as a list.
    """
    if source is None:
        if vocabulary or column or extract or match:
            raise UsageError(
                "codelist new: --vocabulary, --column, --match, --extract go with --from FILE."
            )
        path = templates.write(word, name, folder)
        said = [f"wrote {path}. Fill it in; then: ehrivig codelist check {folder} --extract DIR"]
        return [*_laid_over(path, name), *said]
    kind = templates.kind_of(word)
    if source.suffix.casefold() == ".json":
        _refuse(source, "a concept set", vocabulary=vocabulary, column=column, match=match)
        rows, said = _concepts(source, kind, name, extract)
    else:
        _refuse(source, "a CSV", extract=extract)
        rows = opencodelist(source, kind, name, vocabulary, column, match or "single")
        said = alone(rows)
    digest = resources.digest(source.read_bytes())
    where = f"Sources: {source.name} (SHA-256 {digest[:16]}), imported by ehrivig codelist new."
    path = templates.write(word, name, folder, rows, (where,))
    _read_back(path, folder, source)
    said += _laid_over(path, name)
    return [*said, f"wrote {path}: {len(rows):,} line(s) from {source.name}"]


def _laid_over(path: Path, name: str) -> list[str]:
    """That a shipped drug list has the name, whose lines hold beside those of the new one."""
    if path.parent.name != DRUGS or name not in SHIPPED.drug_names:
        return []
    return [
        f"{name} is a shipped list as well: its lines hold beside these. To drop them, add a line "
        f"{own.REPLACE}; for another drug, choose another name"
    ]


def _concepts(
    source: Path, kind: ListKind, name: str, extract: Path | None
) -> tuple[list[Row], list[str]]:
    """The lines of a concept set, and what it could not bring along."""
    concepts = imports.concept_set(source)
    said = _mapped(concepts) + ([] if extract else imports.left_out(concepts, kind))
    if extract is not None:
        concepts, unknown = concept_sets.written_out(concepts, extract)
        if unknown:
            said.append(
                f"{len(unknown)} concept(s) of the set are not in the vocabulary of the extract "
                f"and are left out: {', '.join(map(str, unknown[:10]))}"
            )
        if not concepts:
            raise UsageError(
                f"codelist new: nothing is left of {source.name}: the vocabulary of the extract "
                "knows none of its concepts, or its exclusions take all away. Give another "
                "--extract, or leave it out."
            )
        said += imports.left_out(concepts, kind)
    return imports.lines_of(concepts, kind, name), said


def _refuse(source: Path, what: str, **options: object) -> None:
    """UsageError for an option that nothing reads beside this kind of file."""
    for name, value in options.items():
        if value is not None:
            raise UsageError(
                f"codelist new: --{name} is not read where {source.name} is {what}. Leave it out."
            )


def _mapped(concepts: list[Concept]) -> list[str]:
    mapped = sum(concept.mapped for concept in concepts)
    if not mapped:
        return []
    return [
        f"{mapped} concept(s) ask for mapped source codes, which are not followed: a list holds "
        "the codes that the source writes. Add those by hand."
    ]


def _read_back(path: Path, folder: Path, source: Path) -> None:
    """Take an imported list away again that is none; UsageError says why, code by code."""
    where = path.relative_to(folder).as_posix()
    problems = own.problems_of(folder, where)
    if not problems:
        return
    lines = path.read_text(encoding="utf-8").splitlines()
    path.unlink()
    said = [_of_the_source(one, where, lines) for one in problems]
    shown = "\n  ".join(dict.fromkeys(said[: own.MOST_SHOWN]))
    more = f"\n  and {len(said) - own.MOST_SHOWN} more" if len(said) > own.MOST_SHOWN else ""
    raise UsageError(
        f"codelist new: {source.name} cannot be such a list, and nothing was written:\n  "
        f"{shown}{more}"
    )


def _of_the_source(problem: str, where: str, lines: list[str]) -> str:
    """A problem by its code instead of a line of the list, which is not there any more."""
    own_line = rf"line (\d+) of {re.escape(where)}"

    def code(found: re.Match[str]) -> str:
        return f"the code {_code(lines, int(found[1]))}"

    start = re.match(rf"{re.escape(where)}(?:, line (\d+))?: ", problem)
    rest = problem[start.end() :] if start else problem
    rest = re.sub(own_line, code, rest)
    if start is None or start[1] is None or rest.count("'") >= len(_QUOTED):
        return rest
    return f"{_code(lines, int(start[1]))}: {rest}"


_QUOTED = "''"
"""Marks around a code that a problem names already."""


def _code(lines: list[str], number: int) -> str:
    """What a line of the written list is about: its cells without the last, a remark."""
    return ",".join(lines[number - 1].split(",")[1:4])
