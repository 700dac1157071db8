"""What a hospital sends at all: what is not sent is not measured, never absent."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from ehrivig.database import Database

_LISTS = (
    "SELECT DISTINCT m.hospital_id, i.codelist FROM resolved.medication AS m "
    "INNER JOIN ref.included AS i ON m.drug = i.drug"
)


ANYTHING = "*"
"""The variable of a row of `unread_event` of which nobody knows what it was: it may be any."""
NO_EVENT = (
    "SELECT NULL::VARCHAR AS from_table, admission_id, NULL::VARCHAR AS variable, "
    "NULL::TIMESTAMP AS started_at FROM {} WHERE FALSE"
)
"""Table `unread_event` without a row, with the keys of a table of admissions."""


def of_hospitals(db: Database, events: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """Hospital -> what it sends: event tables, and code lists of drugs.

    `events`: the event tables of which the gate kept a row; a code list that includes a product of
    the hospital counts. Whether deaths after the stay are on record is asked of all hospitals
    together (`concepts.follow_up`).
    """
    sent = {hospital: set(tables) for hospital, tables in events.items()}
    if len(sent) == 1:
        for known in sent.values():
            known |= {name for (name,) in db.rows("SELECT DISTINCT codelist FROM ref.included")}
    else:
        for hospital, name in db.rows(_LISTS):
            sent[hospital].add(name)
    return sent


def define_sent(db: Database, sent: Mapping[str, Collection[str]]) -> None:
    """Macro SENDS('<what>', admission_id): whether the hospital of an admission sends something.

    `sent`: hospital -> what it sends, as `of_hospitals` has it. Needs `main.admission`. And macro
    DEATH_READ(admission_id): FALSE of the patients that table `unread_death` names, whose date of
    death could not be read. And macro UNREAD('<table>', variable, admission_id): whether a row that
    was set aside or cannot be read may have proved the variable (table `unread_event`).
    """
    rows = [(hospital, what) for hospital, every in sent.items() for what in sorted(every)]
    schema = {"hospital_id": pl.String, "what": pl.String}
    db.load("sent", pl.DataFrame(rows, schema=schema, orient="row"))
    if len(sent) == 1:  # nothing is looked up for an admission
        answer = "asked IN (SELECT what FROM sent)"
    else:
        db.table(
            "sent_admission",
            "SELECT a.admission_id, s.what FROM main.admission AS a "
            "INNER JOIN sent AS s ON a.hospital_id = s.hospital_id",
        )
        answer = "id IN (SELECT admission_id FROM sent_admission WHERE what = asked)"
    db.execute(f"CREATE OR REPLACE MACRO sends(asked, id) AS {answer}")
    read = "id IS NOT NULL"
    if db.exists("main.unread_death") and db.rows("SELECT 1 FROM unread_death LIMIT 1"):
        db.table(
            "unread_death_admission",
            "SELECT a.admission_id FROM main.admission AS a "
            "SEMI JOIN unread_death AS u ON a.patient_id = u.patient_id",
        )
        read = "id NOT IN (SELECT admission_id FROM unread_death_admission)"
    db.execute(f"CREATE OR REPLACE MACRO death_read(id) AS {read}")
    doubt = "FALSE"
    if not db.exists("main.unread_event"):
        db.table("main.unread_event", NO_EVENT.format("main.admission"))
    if db.rows("SELECT 1 FROM unread_event LIMIT 1"):
        here = "SELECT admission_id, variable FROM unread_event WHERE from_table = asked"
        doubt = f"(id, meant) IN ({here})"
        if db.rows(f"SELECT 1 FROM unread_event WHERE variable = '{ANYTHING}' LIMIT 1"):
            doubt = f"({doubt} OR (id, '{ANYTHING}') IN ({here}))"
    db.execute(f"CREATE OR REPLACE MACRO unread(asked, meant, id) AS {doubt}")
