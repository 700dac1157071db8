"""Use over several hospitals: a person is one, counts are of everybody, small cells are hidden."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from extracts import at, opened, study, write

from ehrivig import cohort, use
from ehrivig.concepts import severity
from ehrivig.study import Study, load
from ehrivig.study.use import RegimenPlan, UtilisationPlan


def plan(**report: Any) -> Study:
    """The COVID-19 study with regimens, for two hospitals of a network."""
    base = load("ivig_covid19")
    return base.model_copy(
        update={
            "regimen": RegimenPlan(names=("gbs",)),
            "utilisation": UtilisationPlan(price_per_g=10.0),
            "report": base.report.model_copy(update={"smallest_cell": 0, **report}),
        }
    )


def stay(admission: int, person: str, start: str, days: int = 5) -> dict[str, Any]:
    begin = at(start)
    return {
        "hospital_id": "A" if admission < 100 else "B",
        "admission_id": admission,
        "patient_id": admission,
        "person_id": person,
        "admitted_at": begin,
        "discharged_at": begin + timedelta(days=days),
        "symptom_onset_at": None,
        "death_at": None,
        "weight_kg": 50.0,
        "height_cm": None,
    }


def dose(admission: int, day: date, dose_g: float | None = 20.0) -> dict[str, Any]:
    return {
        "hospital_id": "A" if admission < 100 else "B",
        "admission_id": admission,
        "drug": "ivig",
        "day": day,
        "dose_g": dose_g,
        "complete": dose_g is not None,
        "product_type": "standard",
    }


def course(admission: int, person: str, day: date, **more: Any) -> dict[str, Any]:
    return {
        "hospital_id": "A" if admission < 100 else "B",
        "admission_id": admission,
        "patient_id": admission,
        "person_id": person,
        "course": 1,
        "started_on": day,
        "n_administrations": 2,
        "n_usable": 2,
        "complete": True,
        "total_g": 40.0,
        "total_g_per_kg": 0.8,
        "product_type": "standard",
        "indication": None,
        "indication_label": None,
        "indication_class": "none_found",
        "indication_rule": "the rule",
        **more,
    }


DAYS = [date(2020, 3, 1) + timedelta(days=n) for n in range(5)]


def written(
    folder: Path, courses: list[dict[str, Any]], days: list[dict[str, Any]], who: Study
) -> dict[str, pl.DataFrame]:
    stays = [stay(1, "p", "03-01 08:00", 2), stay(101, "p", "03-03 09:00")]
    stays += [stay(2, "q", "03-01 08:00"), stay(9, "early", "02-01 08:00")]
    texts = {"indication": pl.String, "indication_label": pl.String}
    times = {"symptom_onset_at": pl.Datetime("us"), "death_at": pl.Datetime("us")}
    numbers = {"height_cm": pl.Float64}
    tables = {
        "course": pl.DataFrame(courses, schema_overrides=texts),
        "dose_day": pl.DataFrame(days),
        "screened": pl.DataFrame(stays, schema_overrides={**times, **numbers}),
    }
    names = use.write(folder, lambda name: tables[name], who)
    return {
        n: pl.read_parquet(folder / n)
        if n.endswith(".parquet")
        else pl.read_csv(folder / n, infer_schema_length=None)
        for n in names
    }


def test_a_transferred_person_is_one_patient_with_one_series(tmp_path: Path) -> None:
    days = [dose(1, d) for d in DAYS[:2]] + [dose(101, d) for d in DAYS[2:]]
    days += [dose(2, d) for d in DAYS[:3]]
    courses = [course(1, "p", DAYS[0]), course(101, "p", DAYS[2]), course(2, "q", DAYS[0])]
    found = written(tmp_path, courses, days, plan())
    total = found["utilisation.csv"].row(0, named=True)
    assert (total["courses"], total["patients"]) == (3, 2)
    assert (total["grams"], total["cost"]) == (120, 1200)
    verdicts = found["regimens.parquet"].select("person_id", "verdict", "first_deviation").rows()
    assert verdicts == [("p", "adherent", None), ("q", "deviates", "days_few")]
    cycles = found["regimen_cycles.parquet"].filter(pl.col("person_id") == "p")
    assert cycles.select("regimen", "n_dose_days", "finding").rows() == [("gbs", 5, "as_planned")]


def test_doses_of_an_admission_that_was_not_screened_are_nobodys(tmp_path: Path) -> None:
    """A hospital that was left out may still have its dose days on disk."""
    days = [dose(1, d) for d in DAYS] + [dose(77, d) for d in DAYS[:2]]
    found = written(tmp_path, [course(1, "p", DAYS[0])], days, plan())
    assert found["regimens.parquet"]["person_id"].to_list() == ["p"]
    assert set(found["regimen_cycles.parquet"]["person_id"]) == {"p"}
    assert found["regimens.csv"].select("verdict", "persons").rows() == [("adherent", 1)]


def test_death_ends_what_could_be_seen(tmp_path: Path) -> None:
    stays = pl.DataFrame(
        [{**stay(1, "p", "03-01 08:00"), "death_at": datetime(2020, 3, 3, 4)}],
        schema_overrides={"symptom_onset_at": pl.Datetime("us"), "height_cm": pl.Float64},
    )
    tables = {"dose_day": pl.DataFrame([dose(1, d) for d in DAYS[:3]]), "screened": stays}
    only = plan().model_copy(update={"utilisation": None})
    use.write(tmp_path, lambda name: tables[name], only)
    verdict = pl.read_parquet(tmp_path / "regimens.parquet").row(0, named=True)
    assert (verdict["verdict"], verdict["reason"]) == ("not_assessable", "cut off")
    assert not (tmp_path / "utilisation.csv").exists()


ROUND = """
name = "rituximab_weekly"
label = "Rituximab 1 g in weeks 0 and 1, IVIG 2 g/kg in week 2"
step = [
    { drug = "rituximab", dose = 1.0, basis = "g", week = 0 },
    { drug = "rituximab", dose = 1.0, basis = "g", week = 1 },
    { drug = "ivig", dose = 2.0, basis = "g/kg", week = 2 },
]
"""


def test_the_judged_drug_is_the_exposure_of_the_study(tmp_path: Path) -> None:
    """p got both; q rituximab alone, r immunoglobulin alone (no dose of the exposure)."""
    (tmp_path / "weekly.toml").write_text(ROUND, encoding="utf-8")
    rows = [
        dose(1, DAYS[0], 1.0) | {"drug": "rituximab"},
        dose(1, DAYS[0] + timedelta(days=7), 1.0) | {"drug": "rituximab"},
        dose(1, DAYS[0] + timedelta(days=14), 100.0),
        dose(2, DAYS[0], 1.0) | {"drug": "rituximab"},
        dose(3, DAYS[0], 100.0),
    ]
    stays = [stay(n, person, "03-01 08:00", 60) for n, person in ((1, "p"), (2, "q"), (3, "r"))]
    early = stay(9, "early", "01-02 08:00")
    tables = {
        "dose_day": pl.DataFrame(rows),
        "screened": pl.DataFrame(
            [*stays, early],
            schema_overrides={
                **{"symptom_onset_at": pl.Datetime("us"), "death_at": pl.Datetime("us")},
                "height_cm": pl.Float64,
            },
        ),
    }
    base = plan().model_copy(
        update={
            "utilisation": None,
            "regimen": RegimenPlan(names=(str(tmp_path / "weekly.toml"),)),
        }
    )
    found = {}
    for drug in ("rituximab", "ivig"):
        exposure = base.exposure.model_copy(update={"codelist": drug})
        own = base.model_copy(update={"exposure": exposure})
        use.write(tmp_path, lambda name: tables[name], own)
        said = pl.read_parquet(tmp_path / "regimens.parquet")
        found[drug] = said.select("person_id", "verdict", "first_deviation").rows()
    assert found["rituximab"] == [("p", "adherent", None), ("q", "deviates", "missing_cycle")]
    assert [row[:2] for row in found["ivig"]] == [("p", "adherent"), ("r", "deviates")]


def test_small_cells_and_what_gives_them_away_are_hidden(tmp_path: Path) -> None:
    people = [(n, f"p{n}") for n in range(10, 19)]
    courses = [
        course(n, p, DAYS[0], indication="itp", indication_label="ITP")
        | ({"indication_class": "recognised"} if n < 12 else {"indication": None})
        for n, p in people
    ]
    days = [dose(2, d) for d in DAYS]
    found = written(tmp_path, courses, days, plan(smallest_cell=5))
    by = found["utilisation.csv"].filter(pl.col("dimension") == "indication")
    assert by.select("level", "courses", "suppressed").rows() == [
        ("itp", None, True),
        ("none_found", None, True),
    ]
    assert found["indications.csv"].select("indication", "courses", "patients").rows() == [
        ("itp", None, None),
        ("none_found", None, None),
    ]
    assert found["regimens.csv"].select("verdict", "persons", "suppressed").rows() == [
        ("adherent", None, True)
    ]


def native(folder: Path) -> Path:
    """Guillain-Barré syndrome, two days of immunoglobulin; and one who got albumin."""
    admissions = [
        {k: v for k, v in stay(n, "", "03-01 08:00").items() if k not in ("person_id", "death_at")}
        | {"discharge_status": "alive"}
        for n in (1, 2)
    ]
    write(folder / "admission.parquet", admissions, {"symptom_onset_at": pl.Datetime("us")})
    people = [{"hospital_id": "A", "patient_id": n, "sex": "male"} for n in (1, 2)]
    write(folder / "patient.parquet", [{**p, "birth_date": date(1960, 1, 1)} for p in people])
    write(folder / "hospital.parquet", [{"hospital_id": "A", "timezone": "Asia/Shanghai"}])
    code = {"hospital_id": "A", "admission_id": 1, "code": "G61.0", "vocabulary": "ICD10"}
    write(folder / "diagnosis.parquet", [{**code, "diagnosed_at": at("03-01 09:00")}])
    given = [
        {
            "hospital_id": "A",
            "admission_id": admission,
            "medication_id": number,
            "drug_code": code,
            "vocabulary": "ATC",
            "drug_name": name,
            "dose": 20.0,
            "dose_unit": "g",
            "route": "iv",
            "status": "given",
            "started_at": at(f"03-0{number} 10:00"),
        }
        for number, admission, code, name in (
            (1, 1, "J06BA02", "IVIG"),
            (2, 1, "J06BA02", "IVIG"),
            (3, 2, "B05AA01", "Albumin"),
        )
    ]
    write(folder / "medication.parquet", given)
    return folder


def test_a_hospital_leaves_courses_with_their_indication(tmp_path: Path) -> None:
    own = plan().model_copy(update={"extract": study(timezone="Asia/Shanghai").extract})
    with opened(native(tmp_path / "x"), own, workshop=tmp_path) as db:
        for table in ("admission", "patient", "medication", "diagnosis", "hospital", "vital"):
            db.view(table, f"SELECT * FROM resolved.{table}")
        db.table("screened", cohort.cohort_query("screened"))
        severity.clear(db)
        (tmp_path / "left").mkdir()
        left: dict[str, pl.DataFrame] = {}

        def keep(frame: pl.DataFrame, name: str) -> int:
            left[name] = frame
            return frame.height

        assert use.prepare(db, own, tmp_path / "left", keep) == 1
    assert list((tmp_path / "left").iterdir()) == []
    assert sorted(left) == ["course", "dose_day"]
    (found,) = left["course"].to_dicts()
    assert (found["indication"], found["indication_class"]) == ("gbs", "recognised")
    # whom no network knows is named by his hospital when the table is kept
    assert (found["total_g"], found["total_g_per_kg"], found["person_id"]) == (40, 0.8, None)
    assert (
        left["dose_day"].select("admission_id", "drug", "dose_g").rows() == [(1, "ivig", 20.0)] * 2
    )


@pytest.mark.parametrize(
    ("section", "values", "said"),
    [
        (RegimenPlan, {"names": ["kawasacki"]}, "no packaged regimen"),
        (RegimenPlan, {"names": ["gbs", "gbs"]}, "named twice"),
        (RegimenPlan, {"names": []}, "at least 1"),
        (UtilisationPlan, {"by": ["month", "month"]}, "named twice"),
        (UtilisationPlan, {"by": ["indication", "indication_class"]}, "name one of them"),
        (UtilisationPlan, {"price_per_g": -1}, "greater than or equal to 0"),
        (UtilisationPlan, {"price": 1}, "Extra inputs"),
    ],
)
def test_mistakes_in_the_study_file(section: Any, values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        section.model_validate(values)
