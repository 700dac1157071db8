"""What nobody can read of an exposure or a death: neither yes nor no.

A row that the gate sets aside for what is wrong with it, and a row whose route nobody states, may
have been the exposure. Who has no other dose is in neither arm. Rows that say of themselves that
they are no dose (not given, taken back, a copy) leave no doubt.
"""

from __future__ import annotations

from collections.abc import Iterable

from ehrivig.database import Database
from ehrivig.literals import render
from ehrivig.study import Study
from ehrivig.validate.rules import Rule, either, of_rows, of_values, rejected
from ehrivig.validate.suite import by_check

TABLE = "main.unread_exposure"
_OF_EXPOSURE = (
    "(exposure OR exposure_verdict = 'quarantine') "
    "AND (NOT route_known OR route IS NULL OR route IN (SELECT unnest($routes)))"
)


def exposures(db: Database, study: Study, own: Iterable[Rule]) -> None:
    """Table `unread_exposure`: hospital_id, admission_id, started_at of rows that cannot be read.

    `own`: the rules at work on administrations. Needs `gate.medication`.
    """
    rules = of_rows(own)
    known = by_check()
    doubtful = either(rule.predicate for rule in rules if not known[rule.check].harmless)
    settled = either(rule.predicate for rule in rules if known[rule.check].harmless)
    unstated = f"NOT route_known AND NOT {rejected(rules)}"
    wanted = f"NOT {settled} AND ({doubtful} OR ({unstated}))"
    where = render(_OF_EXPOSURE, {"routes": list(study.exposure.routes)}) + f" AND {wanted}"
    if doubtful == "FALSE" and not _any_unstated(db):
        where = "FALSE"
    db.table(
        TABLE,
        f"SELECT hospital_id, admission_id, started_at FROM gate.medication WHERE {where}",
    )


def deaths(db: Database, own: Iterable[Rule]) -> None:
    """Table `unread_death`: patients who lost their date of death to a rule; they may be alive.

    `own`: the rules at work on patients. Needs `gate.patient`.
    """
    taken = either(rule.predicate for rule in of_values(own) if "death_at" in rule.field)
    db.table("main.unread_death", f"SELECT DISTINCT patient_id FROM gate.patient WHERE {taken}")


def _any_unstated(db: Database) -> bool:
    """Whether a product of the exposure has no route that anybody knows."""
    return bool(db.rows("SELECT 1 FROM gate.drug WHERE exposure AND NOT route_known LIMIT 1"))
