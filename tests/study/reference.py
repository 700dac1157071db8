"""The part of docs/study.md that lists what a study file may name, made from the registries.

`python -m tests.study.reference` writes it anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ehrivig.study.registries import (
    CONCEPTS,
    COVARIATES,
    CRITERIA,
    NAME_LISTS,
    OUTCOMES,
    SENSITIVITY,
    SEVERITIES,
    NameList,
)
from ehrivig.study.registries.criteria import EVIDENCE

BEGIN = "<!-- From here on made by `python -m tests.study.reference` from the registries. -->"
END = "<!-- To here. -->"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "study.md"
_SOURCE = ("from", "what it is", "answer", "`code`, else `name`, is one of the")
_MOST_LISTED = 15  # longer lists are looked up where they come from


def renewed(page: str) -> str:
    """The page with what stands between its marks made anew."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{tables()}\n{END}{rest.partition(END)[2]}"


def tables() -> str:
    """One Markdown table per registry, with its heading."""
    return "\n".join(
        [
            "## What can be named\n",
            _table(
                "`from` in `[covariates]`",
                _SOURCE,
                ([_code(e.name), e.caption, e.doc, _list(e.codes)] for e in COVARIATES),
            ),
            _table(
                "`from` in `[outcomes]`",
                _SOURCE,
                ([_code(e.name), e.caption, e.doc, _list(e.codes)] for e in OUTCOMES),
            ),
            _table(
                "`rule` of a criterion in `[cohort]`",
                ("rule", "what it is", "who stays", "needs"),
                (
                    [_code(e.name), e.caption, e.doc, " or ".join(map(_code, e.needs))]
                    for e in CRITERIA
                ),
            ),
            "Evidence of rule `any_of`: "
            + ", ".join(f"`{key}` is one of the {_list(names)}" for key, names in EVIDENCE.items())
            + ".\n",
            _table(
                "`severity` in `[cohort]`",
                ("severity", "what it is", "definition"),
                ([_code(e.name), e.caption, e.doc] for e in SEVERITIES),
            ),
            _table(
                "`sensitivity` in `[analysis]`",
                ("sensitivity", "what it is", "what is asked", "`analysis` in effects.csv"),
                ([_code(e.name), e.caption, e.doc, _code(e.table.name)] for e in SENSITIVITY),
            ),
            _table(
                "Lists of names",
                ("list", "where its names come from", "names"),
                ([e.caption, e.doc, _names(e)] for e in NAME_LISTS),
            ),
            _table(
                "Clinical definitions",
                ("name", "what it is", "definition"),
                ([_code(e.name), e.caption, e.doc] for e in CONCEPTS),
            ),
        ]
    )


def _table(heading: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"### {heading}\n\n{body}\n"


def _code(text: str) -> str:
    return f"`{text}`"


def _names(names: NameList) -> str:
    """The names themselves where they are few, and whether an extract may bring others."""
    few = ", ".join(map(_code, names.names)) if len(names.names) <= _MOST_LISTED else ""
    return f"{few}; others as the extract has them" if names.open else few


def _list(names: NameList | None) -> str:
    return "" if names is None else names.caption.lower()


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
