"""A new code list, from a template or from a list that others have made."""

from __future__ import annotations

from pathlib import Path

from ehrivig import resources
from ehrivig.codes import imports, own, templates
from ehrivig.codes.imports import Concept
from ehrivig.codes.kinds import ListKind, Row
from ehrivig.errors import EhrivigError, UsageError
from ehrivig.extract import concept_sets


def new(
    word: str,
    name: str,
    folder: Path,
    source: Path | None,
    vocabulary: str | None,
    column: str | None,
    extract: Path | None,
) -> list[str]:
    """Write the list `name` of a kind into `folder`; what was done, in sentences.

    Nothing is left behind by an import that cannot be read back as a list.
    """
    if source is None:
        if vocabulary or column or extract:
            raise UsageError("codelist new: --vocabulary, --column, --extract go with --from FILE.")
        path = templates.write(word, name, folder)
        return [f"wrote {path}. Fill it in; then: ehrivig codelist check {folder} --extract DIR"]
    kind = templates.kind_of(word)
    if source.suffix.casefold() == ".json":
        rows, said = _concepts(source, kind, name, extract)
    else:
        rows, said = imports.opencodelist(source, kind, name, vocabulary, column), []
    digest = resources.digest(source.read_bytes())
    where = f"Sources: {source.name} (SHA-256 {digest[:16]}), imported by ehrivig codelist new."
    path = templates.write(word, name, folder, rows, (where,))
    _read_back(path, folder)
    return [*said, f"wrote {path}: {len(rows):,} line(s) from {source.name}"]


def _concepts(
    source: Path, kind: ListKind, name: str, extract: Path | None
) -> tuple[list[Row], list[str]]:
    """The lines of a concept set, and what it could not bring along."""
    concepts = imports.concept_set(source)
    said = _mapped(concepts)
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
    return imports.lines_of(concepts, kind, name), said


def _mapped(concepts: list[Concept]) -> list[str]:
    mapped = sum(concept.mapped for concept in concepts)
    if not mapped:
        return []
    return [
        f"{mapped} concept(s) ask for mapped source codes, which are not followed: a list holds "
        "the codes that the source writes. Add those by hand."
    ]


def _read_back(path: Path, folder: Path) -> None:
    """Take an imported list away again that is none."""
    try:
        own.read(folder)
    except EhrivigError:
        path.unlink()
        raise
