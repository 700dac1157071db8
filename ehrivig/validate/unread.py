"""What nobody can read of an exposure, a death or any other event: neither yes nor no.

A row that the gate sets aside for what is wrong with it, and a row whose route nobody states, may
have been the exposure. Who has no other dose is in neither arm. Rows that say of themselves that
they are no dose (not given, taken back, a copy) leave no doubt; but who has nothing else than
doses of zero or less that were given, in a hospital whose amounts may be placeholders, may have
been treated, and so may who has nothing else than doses of which nobody wrote whether they were
given: an empty status, not that of an order. Likewise a diagnosis, a drug, a procedure, a device or
a test that was set aside may have been one: who has no other is unknown. And where nobody can read
what more than one row in twenty of a stay says (an empty code, no name), these may have been any.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext

from ehrivig.codes.cells import ROUTES
from ehrivig.concepts import sent
from ehrivig.contract import DEVICES
from ehrivig.database import Database
from ehrivig.literals import render
from ehrivig.study import Study
from ehrivig.validate import suspects
from ehrivig.validate.asked import by_outcomes
from ehrivig.validate.rules import Rule, either, of_rows, of_values, rejected
from ehrivig.validate.suite import by_check

_ROUTES = tuple(route for route in ROUTES if route != "unknown")
"""Every route that is one: any other word says nothing of it."""
_POSITIVE, _RECORDED = "medication.dose_positive", "medication.status_recorded"
TABLE = "main.unread_exposure"
EVENTS = "main.unread_event"
_MEANT = {
    "diagnosis": (
        "r.condition",
        "INNER JOIN ref.condition AS r ON g.vocabulary = r.vocabulary AND g.code = r.code",
    ),
    "medication": (
        "r.codelist",
        "INNER JOIN ref.drug_class AS r ON g.drug = r.drug AND r.verdict <> 'exclude'",
    ),
    "procedure": ("g.procedure_code", ""),
    "respiratory_support": (f"CASE WHEN g.device IN {DEVICES} THEN g.device ELSE '*' END", ""),
    "pathogen_test": ("g.organism_code", ""),
    "finding": ("g.finding_code", ""),
    "lab": ("g.analyte", ""),
}
"""Table -> what its rows may prove (a condition, a list of drugs, a code), and where that is."""
_OF_OUTCOMES = ("finding", "lab")
"""Tables of which a row can prove an outcome alone: read where the study asks for one of them."""
_UNCLEAR = "SELECT 1 FROM ref.drug_class WHERE verdict = 'quarantine' LIMIT 1"
_NAMED = "coalesce(exposure OR exposure_verdict = 'quarantine', FALSE)"
_OF_EXPOSURE = (
    f"({_NAMED} OR {{illegible}}) "
    "AND (coalesce(NOT route_known, TRUE) "
    f"OR coalesce(route, '') NOT IN {_ROUTES} OR route IN (SELECT unnest($routes)))"
)
_NOTHING_ELSE = (
    "exposure AND admission_id NOT IN (SELECT admission_id FROM GIVEN('gate.exposure_row'))"
)
"""A dose of the exposure in a stay of which none is given: one of zero may be a placeholder, one
without a status may have been given."""


_LEGIBLE_STAY = 0.05
"""What may be illegible of the rows of a stay, as of a hospital: above it the stay is unread."""


def exposures(db: Database, study: Study, own: Iterable[Rule]) -> None:
    """Table `unread_exposure`: hospital_id, admission_id, started_at of rows that cannot be read.

    named: whether they are known to be of the exposure, or a product that may be one.
    `own`: the rules at work on administrations. Needs `gate.medication`, and what `events` left.
    """
    rules = of_rows(own)
    known = by_check()
    doubtful = either(rule.predicate for rule in rules if not known[rule.check].harmless)
    harmless = [rule for rule in rules if known[rule.check].harmless]
    settled = either(rule.predicate for rule in harmless)
    others = either(rule.predicate for rule in harmless if rule.check != _POSITIVE)
    zero = either(f"({r.predicate}) AND {_NOTHING_ELSE}" for r in harmless if r.check == _POSITIVE)
    beside = either(r.predicate for r in harmless if r.check != _RECORDED)
    empty = [f"status IS NULL AND {_NOTHING_ELSE}" for r in harmless if r.check == _RECORDED]
    unstated = f"NOT route_known AND NOT {rejected(rules)}"
    wanted = f"(NOT {settled} AND ({doubtful} OR ({unstated}))) OR ({zero} AND NOT {others})"
    wanted += f" OR ({either(empty)} AND NOT {beside})"
    own_or_any = _OF_EXPOSURE.format(illegible=_may_be_any("medication", rules))
    where = render(own_or_any, {"routes": list(study.exposure.routes)}) + f" AND ({wanted})"
    unstated_there = _any_unstated(db)
    if doubtful == zero == "FALSE" and not empty and not unstated_there:
        where = "FALSE"
    when = _start(rules)
    columns = f"hospital_id, admission_id, {when} AS started_at, {_NAMED} AS named"
    asked = f"SELECT {columns} FROM gate.medication WHERE {where}"
    with nullcontext() if unstated_there else suspects.alone(db, "medication"):
        db.table(TABLE, asked)


def no_event(db: Database) -> None:
    """Table `unread_event` without a row: from_table, admission_id, variable, started_at."""
    db.table(EVENTS, sent.NO_EVENT.format("resolved.admission"))


def events(db: Database, study: Study, table: str, own: Iterable[Rule]) -> None:
    """Add to `unread_event` what the rows of a table that were set aside may have proved.

    And of administrations the products that a code list sets aside. started_at: of a drug, where it
    can be believed. `own`: the rules at work on the table. Needs `gate.<table>`.
    """
    if table not in _MEANT or (table in _OF_OUTCOMES and table not in by_outcomes(study)):
        return
    known = by_check()
    rules = [rule for rule in of_rows(own) if not known[rule.check].inherited]
    settled = (_settled(rule) for rule in rules if known[rule.check].harmless)
    harmless = either(settled)
    unsaid = (f"({rule.predicate}) AND status IS NULL" for rule in rules if rule.check == _RECORDED)
    spoken_against = (rule.predicate for rule in rules if not known[rule.check].harmless)
    doubtful = either([*spoken_against, *unsaid])
    unclear = table == "medication" and bool(db.rows(_UNCLEAR))
    if doubtful == "FALSE" and not unclear:
        return
    variable, join = _MEANT[table]
    when = _start(rules) if table == "medication" else "NULL"
    judged = f"SELECT *, {doubtful} AS is_doubtful, {when} AS began FROM gate.{table}"
    there = f"{judged} WHERE NOT {harmless} AND admission_id IS NOT NULL"
    where = "g.is_doubtful OR r.verdict = 'quarantine'" if unclear else "g.is_doubtful"

    def found(what: str) -> str:
        return f"SELECT DISTINCT '{table}', g.admission_id, {what}, g.began FROM ({there}) AS g"

    with nullcontext() if unclear else suspects.alone(db, table):
        db.execute(
            f"INSERT INTO {EVENTS} {found(variable)} {join} "
            f"WHERE ({where}) AND {variable} IS NOT NULL"
        )
    if (illegible := _illegible(rules)) != "FALSE":
        anything = found(f"'{sent.ANYTHING}'")
        with suspects.alone(db, table):
            db.table(
                f"gate.unread_{table}",
                f"SELECT admission_id FROM gate.{table} GROUP BY admission_id "
                f"HAVING count_if({illegible}) > {_LEGIBLE_STAY} * count(*)",
            )
            db.execute(f"INSERT INTO {EVENTS} {anything} WHERE {_may_be_any(table, rules)}")


def _settled(rule: Rule) -> str:
    """SQL condition of the rows of a harmless check that leave no doubt: not of an empty status."""
    return (
        f"({rule.predicate}) AND status IS NOT NULL" if rule.check == _RECORDED else rule.predicate
    )


def _start(rules: Iterable[Rule]) -> str:
    """SQL of when an administration began, NULL where that cannot be believed."""
    mistimed = either(r.predicate for r in rules if r.check.startswith("medication.started_at"))
    return f"CASE WHEN NOT {mistimed} THEN started_at END"


def _illegible(rules: Iterable[Rule]) -> str:
    """SQL condition of the rows of which nobody knows what they say."""
    known = by_check()
    return either(rule.predicate for rule in rules if known[rule.check].illegible)


def _may_be_any(table: str, rules: Iterable[Rule]) -> str:
    """SQL condition of those of them that may be anything: so much of their stay is illegible.

    Needs `gate.unread_<table>`, which `events` leaves where there are such rows.
    """
    illegible = _illegible(rules)
    if illegible == "FALSE":
        return illegible
    return f"({illegible} AND admission_id IN (SELECT admission_id FROM gate.unread_{table}))"


def deaths(db: Database, own: Iterable[Rule]) -> None:
    """Table `unread_death`: patients who lost their date of death to a rule; they may be alive.

    `own`: the rules at work on patients. Needs `gate.patient`.
    """
    taken = either(rule.predicate for rule in of_values(own) if "death_at" in rule.field)
    db.table("main.unread_death", f"SELECT DISTINCT patient_id FROM gate.patient WHERE {taken}")


def _any_unstated(db: Database) -> bool:
    """Whether a product of the exposure has no route that anybody knows."""
    return bool(db.rows("SELECT 1 FROM gate.drug WHERE exposure AND NOT route_known LIMIT 1"))
