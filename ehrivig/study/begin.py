"""A new study file, and a first drug list where none holds its drug."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ehrivig.codes import templates
from ehrivig.codes.cells import as_name, slug
from ehrivig.errors import StudyError, UsageError
from ehrivig.study.data import Extract
from ehrivig.study.draft import LIKE, LISTS, draft, refuse_unknown
from ehrivig.study.file import doubted
from ehrivig.study.known_names import known_names
from ehrivig.study.pattern import read
from ehrivig.study.problem import near


def begin(file: Path, drug: str | None, condition: str | None, like: str | None) -> list[str]:
    """Write a study file, and what was done in sentences; UsageError when it must not be written.

    Nothing is left behind when the study could not be loaded.
    """
    _refuse(file, drug)
    folder = file.parent
    lists = _lists(folder, like or LIKE)
    known = known_names(Extract(codelists=lists if (folder / lists).is_dir() else None), folder)
    if condition is not None:
        cure = f"Or write its codes first: `ehrivig codelist new condition {as_name(condition)}`."
        refuse_unknown("condition", condition, known.of("conditions"), cure)
    made: list[Path] = []
    if drug is not None and drug not in known.of("drugs"):
        made.append(templates.write("drug", drug, folder / lists))
    try:
        text, left_out = draft(file, drug, condition, like or LIKE)
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        _take_back(made)
        raise UsageError(f"study new: {file}: {error.strerror}. Choose another place.") from error
    except UsageError:
        _take_back(made)
        raise
    said = [f"wrote {file}, after the study {like or LIKE}", *left_out]
    said += [
        f"wrote {path}: no list held {drug}, so this one finds it by its name. Add codes and brand "
        f"names, then: ehrivig codelist check {folder / lists} --extract DIR"
        f"{_perhaps(str(drug), known.of('drugs'))}"
        for path in made
    ]
    said += [f"read before you run it: {doubt}" for doubt in doubted(file)]
    return said


def _perhaps(drug: str, known: Iterable[str]) -> str:
    """The list that was probably meant by the name of a drug that has none."""
    found = near(drug, known)
    return f". Or did you mean {found}, which has one?" if found else ""


def _lists(folder: Path, like: str) -> str:
    """The folder of own lists of a new study, as its file names it."""
    pattern = read(like)
    content = pattern.begun()
    pattern.lead_from(folder, content)
    return str(content.get("extract", {}).get("codelists", LISTS))


def _refuse(file: Path, drug: str | None) -> None:
    if file.suffix != ".toml":
        raise UsageError(f"study new: {file.name} is no .toml file. Write its name with .toml.")
    if file.exists():
        raise UsageError(f"study new: {file} exists. Choose another name, or remove it.")
    if not file.parent.is_dir():
        raise UsageError(f"study new: no folder {file.parent}. Make it first.")
    if drug is not None and slug(drug):
        raise StudyError(f"study new: the drug {drug!r} {slug(drug)}.")


def _take_back(made: list[Path]) -> None:
    """Remove the lists that were written for a study that was not."""
    for path in made:
        path.unlink()
        for folder in (path.parent, path.parent.parent):
            if not any(folder.iterdir()):
                folder.rmdir()
