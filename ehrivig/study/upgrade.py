"""An old study file in the form of this version: its text, with the answer declared.

Only what must change does: comments, order and layout stay. What is refused now is commented out,
with the reason above it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path as File
from textwrap import wrap

from ehrivig.errors import StudyError, UsageError
from ehrivig.study.doubts.old_form import SPLIT
from ehrivig.study.file import judged, locate, text_of
from ehrivig.study.lines import Path, lines_of, spans_of
from ehrivig.study.problem import Problem, place, report
from ehrivig.study.registries import ANSWERS
from ehrivig.study.rules.later import split_by_outcome
from ehrivig.study.rules.unread import unread_keys
from ehrivig.study.whole import Study

ESTIMAND = ("study", "estimand")
_WIDTH = 96
_LATER = (("analysis", "grace_hours"),)
"""Keys that a declared answer may refuse, and gives a value of its own when they are left out."""


@dataclass(frozen=True)
class Removal:
    """What goes: its place in the file, its place in words, and why."""

    path: Path
    words: str
    why: str


def upgraded(name: str) -> tuple[str, list[str]]:
    """The text of a study file in the new form, and what was changed, in sentences.

    No sentence: it is in the new form already. StudyError where problems are left that only its
    author can mend.
    """
    path = locate(name)
    text, said = text_of(path), list[str]()
    study, gone = _readable(text, path)
    for removal in gone:
        said.append(f"took out {removal.words}: {removal.why}")
    text = _without(text, gone)
    if study.study.estimand.analysis is None:
        text = _declared(text, study)
        said.append(_answer(study))
    later = _refused_later(text, path)
    said += [f"took out {removal.words}: {removal.why}" for removal in later]
    return _without(text, later), said


def write(text: str, out: File) -> None:
    """Write a new study file; UsageError where there is one, or it cannot be written."""
    try:
        with out.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
    except FileExistsError as error:
        raise UsageError(
            f"study upgrade: {out} exists. Choose another name, or remove it."
        ) from error
    except OSError as error:
        raise UsageError(f"study upgrade: {out}: {error.strerror}. Choose another.") from error


def _readable(text: str, path: File) -> tuple[Study, list[Removal]]:
    """The study of a text once all that is refused now has gone, and what goes."""
    content = tomllib.loads(text)
    study, problems = judged(content, path.parent)
    gone = [] if study is None else list(_refused(study))
    removed = {removal.path for removal in gone}
    left = [one for one in problems if one.path not in removed]
    if study is None or left:
        raise _unmended(path, left or problems, text)
    return study, gone


def _refused(study: Study) -> Iterator[Removal]:
    """What version 0.1 read, or passed over, and this one refuses."""
    content = study.model_dump(by_alias=True)
    for problem in unread_keys(study):
        yield Removal(problem.path, place(problem.path, content), problem.text)
    for path, _ in split_by_outcome(study):
        yield Removal(path[:-1], place(path[:-1], content), f"its variable {SPLIT}")


def _answer(study: Study) -> str:
    """What is declared, and which population it was before."""
    target, old = ANSWERS[study.answer].target, study.study.estimand.target
    return (
        f'declared the answer: analysis = "{study.answer}", measure = "{study.answer_measure}", '
        f'target = "{target}"' + (f' (it was "{old}")' if target != old else "")
    )


def _refused_later(text: str, path: File) -> list[Removal]:
    """What the declared answer refuses; StudyError where that cannot be taken out."""
    content = tomllib.loads(text)
    _, problems = judged(content, path.parent)
    left = [one for one in problems if one.path not in _LATER]
    if left:
        raise _unmended(path, left, text)
    return [Removal(one.path, place(one.path, content), one.text) for one in problems]


def _unmended(path: File, problems: list[Problem], text: str) -> StudyError:
    content, lines = tomllib.loads(text), lines_of(text)
    said = report(path.name, problems, content, lines)
    return StudyError(f"{said}\nOnly its author can mend these; then upgrade it.")


def _without(text: str, gone: list[Removal]) -> str:
    """A text with some values commented out, each under why."""
    spans = spans_of(text)
    for removal in sorted(gone, key=lambda one: spans[one.path], reverse=True):
        text = _cut(text, spans[removal.path], removal)
    return text


def _cut(text: str, span: tuple[int, int], removal: Removal) -> str:
    """A text without one value and its comma; what stood there is a comment above its line."""
    first, end = span
    old = " ".join(text[first:end].split())
    after = len(text) - len(text[end:].lstrip(" \t"))
    if text[after : after + 1] == ",":
        end = after + 1
    elif text[:first].rstrip().endswith(",") and text[after : after + 1] in "}]":
        first = len(text[:first].rstrip()) - 1  # the last of its table: the comma before it goes
    start = text.rfind("\n", 0, first) + 1
    indent = text[start : len(text) - len(text[start:].lstrip(" \t"))]
    why = wrap(f"`study upgrade` took out {removal.words}: {removal.why}.", _WIDTH)
    said = "".join(f"{indent}# {line}\n" for line in (*why, f"  {old}"))
    rest = text[start:first] + text[end:].removeprefix(" ")
    if not text[start:first].strip() and rest.lstrip(" \t").startswith("\n"):
        rest = rest.lstrip(" \t").removeprefix("\n")
    return text[:start] + said + rest


def _declared(text: str, study: Study) -> str:
    """A text whose estimand declares the answer that is taken where none is."""
    spans, answer = spans_of(text), study.answer
    target = ANSWERS[answer].target
    if (*ESTIMAND, "target") in spans:
        first, end = spans[(*ESTIMAND, "target")]
        key = text[first:end].split("=")[0].rstrip()
        old = study.study.estimand.target
        why = f"   # was {old}: {answer} answers for {target}" if old != target else ""
        why = why if ESTIMAND not in spans and text[end : end + 1] in ("\n", "") else ""
        text = f'{text[:first]}{key} = "{target}"{why}{text[end:]}'
        spans = spans_of(text)
    keys = {"analysis": answer, "measure": study.answer_measure, "target": target}
    keys = {key: value for key, value in keys.items() if (*ESTIMAND, key) not in spans}
    first, end = max(span for path, span in spans.items() if path[:-1] == ESTIMAND)
    return _added(text, text[first:end].split("=")[0].strip(), end, keys, ESTIMAND in spans)


def _added(text: str, key: str, end: int, keys: dict[str, str], inline: bool) -> str:
    """A text with further keys after that which ends somewhere, written as that is."""
    before = key.rpartition(".")[0]
    pairs = [f'{before}{"." if before else ""}{name} = "{value}"' for name, value in keys.items()]
    if inline:
        return text[:end] + "".join(f", {pair}" for pair in pairs) + text[end:]
    line_end = text.find("\n", end)
    line_end = len(text) if line_end < 0 else line_end
    said = ["# The one row of effects.csv that is the answer (`study upgrade`):", *pairs]
    return text[:line_end] + "".join(f"\n{line}" for line in said) + text[line_end:]
