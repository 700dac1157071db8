"""The hospitals of an extract in another layout than the native one: those its admissions name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ehrivig.database import Database, Query
from ehrivig.errors import EhrivigError, ExtractError, UnreadableValue
from ehrivig.extract import care_sites, stages, unplaced
from ehrivig.extract.files import Source, Unplaced
from ehrivig.extract.layouts import Layout
from ehrivig.extract.source_view import EVERY
from ehrivig.study import Study

_NO_ADMISSION = "admission: no row. Fill the table, or mend admission.sql of your layout."
_NO_STAY = {
    "omop": (
        "visit_occurrence: no visit is a stay in hospital: no visit_concept_id is 9201, 262, 8717 "
        "or 32037 (9203 where emergency_visits counts). Map the visits, or ask for them."
    ),
    "clif": (
        "clif_hospitalization: no hospitalization_id is one of a row of clif_adt with a "
        "hospital_id. Fill hospitalization_id in both, and hospital_id."
    ),
}
"""Layout -> what is said where a source holds no stay."""


def hospitals(
    source: Source, layout: Layout, study: Study
) -> tuple[list[str], tuple[Unplaced, ...]]:
    """The hospitals that the layout's admissions name, sorted; and the rows that are of none."""
    with Database(within=source.within) as db:
        stages.begin(db, source, layout, EVERY, study)
        select = layout.selects["admission"]
        stages.guarded(db, select, "every_admission", stages.values_of(study, EVERY), keep=False)
        rows = _read(db, select)
        if layout.name == "omop":
            care_sites.refuse_unread(db)
            if study.extract.hospital_level is None:
                care_sites.refuse_doubtful(db)
        names = [row[0] for row in rows]
        refuse_nowhere(names, layout)
        nobodys = unplaced.unplaced(db, layout, set(source.parts))
    return names, nobodys


def refuse_nowhere(names: Collection[str | None], layout: Layout) -> None:
    """ExtractError where no admission has a hospital, or one has none."""
    if not names:
        raise ExtractError(_NO_STAY.get(layout.name, _NO_ADMISSION))
    if None in names:
        raise ExtractError(
            "admission: some admissions belong to no hospital: their hospital_id is empty. Fill it "
            "in every admission, or give it in admission.sql of your layout."
        )


def _read(db: Database, select: Query) -> list[tuple[Any, ...]]:
    """The hospitals of all admissions; an ExtractError, which quotes no value, where that fails."""
    try:
        return db.rows("SELECT DISTINCT hospital_id::VARCHAR FROM every_admission ORDER BY 1")
    except UnreadableValue as error:
        raise stages.refused_value(select, error) from error
    except EhrivigError:
        raise
    except Exception as error:
        raise ExtractError(
            f"layout: {select.name}: {type(error).__name__} while its rows were read. Mend that "
            "SELECT."
        ) from None
