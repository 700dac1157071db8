"""A clock for each stay: the minutes that a layout gives, as moments that the engine counts with.

Every stay of such a layout begins at a moment that nobody wrote, and that leaves no run: what is
written of it is how long after the admission something was. The stays of a person lie years apart,
in the order that the layout gives; of equal order nobody knows which came first. All moments are
half a minute off the full minute, so that none is taken for a bare date.
"""

from __future__ import annotations

from ehrivig.batch.relative import APART, FARTHEST, ORIGIN
from ehrivig.contract import Table
from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.extract.column_types import FLOATS, INTEGERS
from ehrivig.literals import render

ORDER = "stay_order"
"""The column of admission.sql that tells the stays of a person apart: 0, 1, 2, ..."""
LAST = 60
"""The largest order: the moments of later stays would be taken for placeholders."""
_STAYS = "prepared.stay_order"
_NUMBERS = (*INTEGERS, *FLOATS, "DECIMAL")
_NOTHING = '"NULL"'
_OF_A_PERSON = {
    "death_at": "a death in the stay is discharge_status 'died' of its admission",
    "birth_date": "give age_years of the admission",
}
"""What a table of people cannot say on the clock of a stay, and what says it instead."""


def placed(db: Database, draft: str, table: Table, where: str) -> str:
    """Make the view of a layout's SELECT with moments in place of minutes; its name.

    `draft`: the view of what the SELECT gives; `where` names its file. The admissions come first:
    they say the order of the stays. ExtractError for what is not minutes, or an order that is none.
    """
    types = {name.casefold(): kind for name, kind in db.columns(draft).items()}
    name = f"prepared.placed_{table.name}"
    if table.name == "patient":
        _refuse_dates_of_people(types, where)
        db.view(name, f"SELECT * FROM {draft}")
        return name
    times = [c.name for c in table.columns if c.kind == "time" and c.name in types]
    for column in times:
        _refuse_moments(types[column], column, where)
    if table.name == "admission":
        _keep_order(db, draft, types, where)
    elif times and not db.exists(_STAYS):
        raise ExtractError(
            f"layout: {where}: its minutes count from admissions that cannot be used. Mend "
            "admission.sql first."
        )
    shown = [f"{_moment(c)} AS {c}" for c in times if types[c] != _NOTHING]
    replaced = f" REPLACE ({', '.join(shown)})" if shown else ""
    left_out = f" EXCLUDE ({ORDER})" if ORDER in types and table.name == "admission" else ""
    text = f"SELECT t.*{left_out}{replaced} FROM {draft} AS t"
    if shown and {"hospital_id", "admission_id"} <= set(types):
        text += (
            f" LEFT JOIN {_STAYS} AS o ON t.hospital_id::VARCHAR = o.hospital_id "
            "AND t.admission_id::VARCHAR = o.admission_id"
        )
    db.view(name, text)
    return name


def _moment(column: str) -> str:
    """SQL: the moment of some minutes after an admission; null where they are no number."""
    minutes = f"t.{column}::DOUBLE"
    there = f"isnan({minutes}) IS FALSE"
    origin = render("$origin", {"origin": ORIGIN})
    near = f"greatest(least({minutes}, {FARTHEST}), -{FARTHEST})"
    return (
        f"CASE WHEN {there} THEN {origin} + to_days({APART.days} * coalesce(o.{ORDER}, 0)) "
        f"+ to_microseconds(({near} * 60000000)::BIGINT) END"
    )


def _keep_order(db: Database, draft: str, types: dict[str, str], where: str) -> None:
    """Table `prepared.stay_order`: hospital_id, admission_id, stay_order, a row per stay."""
    order = ORDER if ORDER in types else "0"
    if ORDER in types and types[ORDER].partition("(")[0] not in (*INTEGERS, _NOTHING):
        raise ExtractError(
            f"layout: {where}: column {ORDER} is {types[ORDER]}, must be a whole number from 0 to "
            f"{LAST}: the order of a person's stays, as DENSE_RANK() - 1 gives it."
        )
    needed = [name for name in ("hospital_id", "admission_id") if name not in types]
    if needed:
        raise ExtractError(
            f"layout: {where}: column {needed[0]} is required, and not given. Add it to the SELECT."
        )
    late = "admitted_at" in types and types["admitted_at"] != _NOTHING
    if late and db.rows(f"SELECT 1 FROM {draft} WHERE admitted_at <> 0 LIMIT 1"):
        raise ExtractError(
            f"layout: {where}: column admitted_at is not 0 in some stays: all minutes count from "
            "the admission to the hospital. Subtract its offset from every other one."
        )
    db.table(
        _STAYS,
        f"SELECT hospital_id::VARCHAR AS hospital_id, admission_id::VARCHAR AS admission_id, "
        f"min(coalesce({order}, 0))::INTEGER AS {ORDER} FROM {draft} "
        "WHERE admission_id IS NOT NULL GROUP BY ALL",
    )
    ((beyond,),) = db.rows(f"SELECT count(*) FROM {_STAYS} WHERE {ORDER} NOT BETWEEN 0 AND {LAST}")
    if beyond:
        raise ExtractError(
            f"layout: {where}: column {ORDER} is not between 0 and {LAST} in {beyond:,} stays. "
            "Give the order of a person's stays, as DENSE_RANK() - 1 does."
        )


def _refuse_moments(kind: str, column: str, where: str) -> None:
    if kind != _NOTHING and kind.partition("(")[0] not in _NUMBERS:
        raise ExtractError(
            f"layout: {where}: column {column} is {kind}, must be a number: minutes from the "
            'admission, for layout.toml declares dates = "offsets". Give minutes, or remove that '
            "setting where the source holds moments."
        )


def _refuse_dates_of_people(types: dict[str, str], where: str) -> None:
    for column, instead in _OF_A_PERSON.items():
        if types.get(column, _NOTHING) != _NOTHING:
            raise ExtractError(
                f"layout: {where}: column {column} has no place on the clock of a stay "
                f'(layout.toml: dates = "offsets"). Leave it out; {instead}.'
            )
