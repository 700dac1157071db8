"""Each criterion in the order of the flow chart, until the first that leaves an admission out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from ehrivig.results.why.kept import Kept
from ehrivig.results.why.section import Section, text

HEADING = "Criteria"
_EXPOSURE = "exposure_known"
"""The last step of a flow chart that has people of whom nobody knows whether they are exposed."""


def criteria(kept: Kept) -> Section:
    """What each criterion found of the admission, and since when; whether it is in the cohort."""
    known = {str(row["name"]): row for row in kept.rows("hospitals/criterion").to_dicts()}
    left = kept.of_person()
    said: list[tuple[str, str]] = []
    met: bool | None = True
    for name, label in _steps(kept):
        if name in known:
            met, words = known[name]["met"], _judged(known[name])
            left = kept.met(left, name)
        elif name == _EXPOSURE:
            met, words = _exposure_known(kept)
        else:
            met, words = _first(kept, left)
            left = left.head(1)
        said.append((label, words))
        if not met:
            break
    said.append(("In the cohort", _inside(kept, met)))
    return Section(HEADING, said)


def _steps(kept: Kept) -> Iterator[tuple[str, str]]:
    """Name and label of each criterion; of a run that the gate blocked, which has no flow chart,
    as its study has them."""
    if "attrition" in kept.run.tables:
        flow = kept.run.attrition.filter(pl.col("hospital_id") == "all", pl.col("step") > 0)
        yield from flow.sort("step").select("criterion", "label").iter_rows()
        return
    for one in (kept.study.get("cohort") or {}).get("criteria") or []:
        yield one["name"], one["label"]


def _judged(row: Mapping[str, Any]) -> str:
    since = f", since {text(row['first_at'])}" if row["met"] and row["first_at"] else ""
    return f"{text(row['met'])}{since}"


def _first(kept: Kept, left: pl.DataFrame) -> tuple[bool, str]:
    """Whether the admission is the first of its person, of those that met what was asked before."""
    if kept.left_out:
        return True, "not asked: among the stays of the hospitals that the gate let pass"
    others = f"of {left.height:,} of the person that meet what is asked before"
    first = left.row(0, named=True)
    if kept.is_own(first):
        return True, f"yes: the first {others}" if left.height > 1 else "yes: the only one"
    where = "" if str(first["hospital_id"]) == kept.hospital else f" of {first['hospital_id']}"
    return False, f"no: stay {first['admission_id']}{where} is the first {others}"


def _exposure_known(kept: Kept) -> tuple[bool, str]:
    """Whether it is known that the admission is exposed, or not."""
    given = kept.row("hospitals/dosing") or {}
    answers = [value for name, value in given.items() if name.endswith("_any")]
    if answers and answers[0] is not None:
        return True, "yes"
    return False, (
        "no: the hospital sends no administrations, or rows that nobody can read may be doses"
    )


def _inside(kept: Kept, met: bool | None) -> str:
    if kept.left_out:
        return "no: the data gate left the hospital out"
    if kept.blocked:
        return "no: the data gate blocked the run, which has no cohort"
    if met:
        return "yes"
    return "no" if met is False else "no: who is not known to meet a criterion is left out"
