"""The suites in `expectations/`: every check of a table, declared once, read without GX.

A check is one Great Expectations expectation with a `meta` block that says what its violation
means: `id`, `kind` (numbers of the bad-data catalogue), `severity`, `treatment`, `message` (how to
mend), and where needed `threshold` (largest tolerated proportion), `field` (the columns that become
null where the rest of the row stays) and `reason` (the word in the quarantine file). A quarantine
check always has a `threshold`, and says in `limit` why it is this one. `fails_above`: the
proportion above which what is usually worth a warning can be none any more. `warns_below`: what a
block check tolerates is worth a warning all the same (values that nobody read). `harmless`: without
such a row nothing is lost (a copy, a dose that was not given). `inherited`: the row goes with its
admission or patient, of which other checks say what is wrong.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from ehrivig import contract, resources
from ehrivig.database import Query
from ehrivig.errors import UsageError

Severity = Literal["block", "quarantine", "warn"]
_META = {"id", "kind", "severity", "treatment", "message", "threshold", "field", "reason"}
_META |= {"limit", "fails_above", "warns_below", "harmless", "inherited", "illegible"}
_DEFAULT_THRESHOLD: dict[str, float] = {"block": 0.0, "warn": 0.0}


@dataclass(frozen=True)
class Declared:
    """One check of one table, as the suite declares it.

    `threshold`: the largest proportion of violations that is tolerated: of a block or warn check
    before it speaks, of a quarantine check before rejecting rows is not enough and the hospital
    fails. `fails_above`: of a warn check the proportion above which it fails (None: never).
    `warns_below`: of a block check, whether it warns of what its threshold tolerates.
    `harmless`: a row that is set aside by it is no loss; `inherited`: it follows another table;
    `illegible`: nobody knows what such a row says, so that it may say anything.
    """

    table: str
    check: str
    type: str
    kwargs: dict[str, Any]
    kind: tuple[int, ...]
    severity: Severity
    treatment: str
    message: str
    threshold: float
    field: tuple[str, ...]
    reason: str
    fails_above: float | None = None
    warns_below: bool = False
    harmless: bool = False
    inherited: bool = False
    illegible: bool = False

    @property
    def meta(self) -> dict[str, Any]:
        """What GX shows beside the expectation."""
        return {"id": self.check, "kind": list(self.kind), "treatment": self.treatment}


def suites() -> dict[str, tuple[Declared, ...]]:
    """Table -> its checks, in the order of the tables and of each file."""
    return _read(resources.expectations_folder())


@cache
def _read(folder: Path) -> dict[str, tuple[Declared, ...]]:
    found = {table.name: read_suite(folder / f"{table.name}.json") for table in contract.TABLES}
    names = [declared.check for checks in found.values() for declared in checks]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise UsageError(f"expectations: id {', '.join(repeated)} is used twice. Rename one.")
    return found


def read_suite(path: Path) -> tuple[Declared, ...]:
    """The checks of one suite file; raises UsageError that names the file and what is wrong."""
    try:
        content = json.loads(resources.text(path))
        return tuple(_declared(path.stem, item) for item in content["expectations"])
    except FileNotFoundError as error:
        raise UsageError(f"expectations: {path.name} is missing. Put the suite back.") from error
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"expectations: {path.name}: {error}. Mend the suite.") from error


def _declared(table: str, item: dict[str, Any]) -> Declared:
    """One check from its JSON object."""
    meta = item["meta"]
    unknown = sorted(set(meta) - _META)
    if unknown:
        raise ValueError(f"{meta.get('id')}: unknown meta {', '.join(unknown)}")
    severity = meta["severity"]
    if severity not in ("block", "quarantine", "warn"):
        raise ValueError(f"{meta['id']}: severity must be block, quarantine or warn")
    if severity == "quarantine" and not {"threshold", "limit"} <= set(meta):
        raise ValueError(f"{meta['id']}: a quarantine check needs a threshold, and limit, why")
    if float(meta.get("threshold", 0)) >= 1:
        raise ValueError(f"{meta['id']}: a check with the threshold 1 cannot fail")
    if not meta["id"].startswith(f"{table}."):
        raise ValueError(f"{meta['id']}: the id must begin with {table}.")
    return Declared(
        table=table,
        check=meta["id"],
        type=item["type"],
        kwargs=dict(item["kwargs"]),
        kind=tuple(meta.get("kind", ())),
        severity=severity,
        treatment=meta["treatment"],
        message=meta["message"],
        threshold=float(meta.get("threshold", _DEFAULT_THRESHOLD.get(severity, 0.0))),
        field=tuple(meta.get("field", ())),
        reason=meta.get("reason", meta["id"].partition(".")[2]),
        fails_above=meta.get("fails_above"),
        warns_below=bool(meta.get("warns_below", False)),
        harmless=bool(meta.get("harmless", False)),
        inherited=bool(meta.get("inherited", False)),
        illegible=bool(meta.get("illegible", False)),
    )


def by_check() -> dict[str, Declared]:
    """Check id -> its declaration."""
    return _by_check(resources.expectations_folder())


@cache
def _by_check(folder: Path) -> dict[str, Declared]:
    return {declared.check: declared for checks in _read(folder).values() for declared in checks}


def check_query(name: str) -> Query:
    """The query `sql/check/<name>.sql`; raises UsageError when there is none."""
    path = resources.sql_folder() / "check" / f"{name}.sql"
    if not path.is_file():
        raise UsageError(f"expectations: no query {name!r} in sql/check. Mend the suite.")
    return Query.load(path)
