"""A clock for each stay: minutes in place of moments, and nothing of a calendar anywhere."""

from __future__ import annotations

import math
import re
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from extracts import Rows, opened, study, write

from ehrivig import contract, pipeline, resources
from ehrivig.batch import relative
from ehrivig.batch.relative import APART, ORIGIN
from ehrivig.demo import write_demo
from ehrivig.errors import ExtractError, StudyError, UsageError
from ehrivig.extract import layout_check
from ehrivig.study import Study, load, parse
from ehrivig.validate import switched_off

STAYS: Rows = [
    {"stay": 11, "person": 1, "nth": 0, "left": 2880.0},
    {"stay": 12, "person": 1, "nth": 1, "left": 60.0},
    {"stay": 21, "person": 2, "nth": 0, "left": 1.5},
]
LABS: Rows = [
    {"stay": 11, "minute": 90.0, "value": 1.0},
    {"stay": 12, "minute": -30.0, "value": 2.0},
    {"stay": 99, "minute": 5.0, "value": 3.0},
    {"stay": 11, "minute": float("nan"), "value": 4.0},
    {"stay": 11, "minute": None, "value": 5.0},
]
PATIENT = "SELECT DISTINCT 'A' AS hospital_id, person AS patient_id, 'female' AS sex FROM source.s"
ADMISSION = (
    "SELECT 'A' AS hospital_id, stay AS admission_id, person AS patient_id, 0 AS admitted_at, "
    "\"left\" AS discharged_at, 'alive' AS discharge_status, 60 AS age_years, nth AS stay_order "
    "FROM source.s"
)
LAB = (
    "SELECT 'A' AS hospital_id, stay AS admission_id, 'crp' AS lab_code, 'local' AS vocabulary, "
    "value, 'mg/L' AS unit, minute AS collected_at FROM source.lab"
)


def mapped(folder: Path, settings: str = 'dates = "offsets"\n', **changed: str) -> Study:
    """A study that reads by a layout of minutes, written to a folder; its SELECTs may be others."""
    folder.mkdir()
    (folder / "layout.toml").write_text(settings)
    for name, text in {"patient": PATIENT, "admission": ADMISSION, "lab": LAB, **changed}.items():
        (folder / f"{name}.sql").write_text(text)
    return study(layout=str(folder), period=None, extract_date=None)


def asked(plan: Study) -> Study:
    """The study without what it asks of the calendar."""
    rules = tuple(one for one in plan.cohort.criteria if one.rule != "period")
    cohort = plan.cohort.model_copy(update={"criteria": rules})
    return plan.model_copy(update={"cohort": cohort, "utilisation": None, "regimen": None})


def source(folder: Path, stays: Rows = STAYS, labs: Rows = LABS) -> Path:
    write(folder / "s.parquet", stays)
    write(folder / "lab.parquet", labs)
    return folder


def test_minutes_are_moments_of_their_stay(tmp_path: Path) -> None:
    plan = asked(mapped(tmp_path / "m"))
    with opened(source(tmp_path / "x"), plan) as db:
        stays = db.rows("SELECT admission_id, admitted_at, discharged_at FROM mapped.admission")
        labs = db.rows("SELECT value, collected_at FROM mapped.lab ORDER BY value")
    assert sorted(stays) == [
        (11, ORIGIN, ORIGIN.replace(day=3)),
        (12, ORIGIN + APART, (ORIGIN + APART).replace(hour=1)),
        (21, ORIGIN, ORIGIN.replace(minute=2, second=0)),
    ]
    assert labs == [
        (1.0, ORIGIN + timedelta(minutes=90)),
        (2.0, ORIGIN + APART - timedelta(minutes=30)),
        (3.0, ORIGIN + timedelta(minutes=5)),
        (4.0, None),
        (5.0, None),
    ]


@pytest.mark.parametrize("minutes", [1e15, -1e300, float("inf")])
def test_minutes_that_no_clock_holds_are_a_moment_centuries_away(
    tmp_path: Path, minutes: float
) -> None:
    """They ended the reading of every hospital of their batch, one half after the other."""
    rows = [{"stay": 12, "minute": minutes, "value": 6.0}]
    with opened(source(tmp_path / "x", labs=rows), asked(mapped(tmp_path / "m"))) as db:
        ((found,),) = db.rows("SELECT collected_at FROM mapped.lab")
        shown = relative.as_minutes("lab", ['"collected_at"'])
        ((minute,),) = db.rows(f"SELECT {shown[0]} FROM mapped.lab")
    far = timedelta(minutes=math.copysign(relative.FARTHEST, minutes))
    assert found == ORIGIN + APART + far
    assert minute == (APART + far) / timedelta(minutes=1)


def test_no_full_minute_is_taken_for_a_bare_date() -> None:
    assert ORIGIN.second == 30
    assert not APART.seconds


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"lab": LAB.replace("minute AS", "TIMESTAMP '2020-03-01' AS")},
            "lab.sql: column collected_at is TIMESTAMP, must be a number: minutes from the",
        ),
        ({"admission": ADMISSION.replace("0 AS ad", "5 AS ad")}, "admitted_at is not 0 in some"),
        ({"admission": ADMISSION.replace("nth AS", "nth * 99 AS")}, "is not between 0 and 60 in 1"),
        ({"admission": ADMISSION.replace("nth AS", "'1' AS")}, "column stay_order is VARCHAR"),
        (
            {"patient": PATIENT.replace("'female'", "DATE '1950-01-01' AS birth_date, 'female'")},
            "column birth_date has no place on the clock of a stay",
        ),
        (
            {
                "patient": PATIENT.replace(
                    "'female'", "TIMESTAMP '2020-01-01' AS death_at, 'female'"
                )
            },
            "a death in the stay is discharge_status 'died' of its admission",
        ),
    ],
)
def test_what_is_no_minute_is_refused(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    plan = asked(mapped(tmp_path / "m", **changed))
    with pytest.raises(ExtractError, match=re.escape(said)) as found:  # noqa: SIM117
        with opened(source(tmp_path / "x"), plan):
            pass
    assert found.value.exit_code == 4


def test_minutes_without_the_setting_are_refused_with_it(tmp_path: Path) -> None:
    plan = mapped(tmp_path / "m", "")
    plain = ADMISSION.replace(", nth AS stay_order", "")
    (tmp_path / "m" / "admission.sql").write_text(plain)
    with pytest.raises(ExtractError, match=r'dates = "offsets" into layout\.toml'):  # noqa: SIM117
        with opened(source(tmp_path / "x"), asked(plan)):
            pass


def test_the_check_of_a_layout_tells_the_same(tmp_path: Path) -> None:
    mapped(tmp_path / "m", lab=LAB.replace("minute AS", "TIMESTAMP '2020-03-01' AS"))
    report = layout_check.check(tmp_path / "m", source(tmp_path / "x"), study())
    assert not report.usable
    assert "collected_at is TIMESTAMP, must be a number" in str(report)
    (tmp_path / "m" / "lab.sql").write_text(LAB)
    assert layout_check.check(tmp_path / "m", source(tmp_path / "x"), study()).usable


@pytest.mark.parametrize("text", ["dates = 'sometimes'", "clock = 1", "dates ="])
def test_settings_that_nobody_reads_are_refused(tmp_path: Path, text: str) -> None:
    plan = mapped(tmp_path / "m", text)
    with pytest.raises(UsageError, match=r"layout\.toml"):
        _ = plan.clock


def test_a_study_and_its_layout_may_not_contradict(tmp_path: Path) -> None:
    plan = mapped(tmp_path / "m")
    section = plan.extract.model_copy(update={"dates": "shifted"})
    with pytest.raises(StudyError, match="is 'shifted', and the layout m declares 'offsets'"):
        _ = plan.model_copy(update={"extract": section}).clock


@pytest.mark.parametrize(
    ("section", "key", "value", "said"),
    [
        (
            "extract",
            "extract_date",
            date(2020, 6, 30),
            "extract.extract_date: the extract holds minutes",
        ),
        ("cohort", "criteria", [{"name": "p", "label": "In time", "rule": "period"}], "criteria"),
    ],
)
def test_what_asks_of_the_calendar_is_refused(
    tmp_path: Path, section: str, key: str, value: Any, said: str
) -> None:
    content = packaged("vasopressin_septic_shock")
    content[section][key] = value
    content["extract"] |= {"layout": str(mapped(tmp_path / "m").extract.layout)}
    if section == "cohort":
        content["extract"]["period"] = [date(2020, 1, 1), date(2020, 2, 1)]
    with pytest.raises(StudyError, match=said) as found:
        pipeline.check(parse(content), source(tmp_path / "x"), tmp_path / "o")
    assert found.value.exit_code == 2


def packaged(name: str) -> dict[str, Any]:
    path = resources.studies_folder() / f"{name}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_checks_are_off_by_name() -> None:
    calendar = load("vasopressin_septic_shock")
    shifted = calendar.model_copy(
        update={"extract": calendar.extract.model_copy(update={"dates": "shifted"})}
    )
    offsets = calendar.model_copy(
        update={"extract": calendar.extract.model_copy(update={"layout": "eicu"})}
    )
    assert not switched_off.checks(calendar)
    less, more = switched_off.checks(shifted), switched_off.checks(offsets)
    assert less < more
    assert {"lab.months", "vital.on_all_days", "admission.in_period"} <= less
    assert {"lab.collected_at_before_extract", "medication.clock_change"} <= less
    assert not {"lab.at_all_hours", "lab.time_shift", "study.transfer"} & less
    assert {"lab.at_all_hours", "medication.not_over_midnight", "admission.no_overlap"} <= more
    assert not {"admission.discharge_after_admission", "admission.deaths_plausible"} & more


def of_minutes(folder: Path) -> Path:
    """A layout that reads the package's own tables as minutes from each admission."""
    folder.mkdir()
    (folder / "layout.toml").write_text('dates = "offsets"\n')
    start = "(SELECT a.admitted_at FROM source.admission AS a WHERE a.hospital_id = t.hospital_id "
    start += "AND a.admission_id = t.admission_id LIMIT 1)"
    order = "DENSE_RANK() OVER (PARTITION BY hospital_id, patient_id ORDER BY admitted_at) - 1"
    for table in contract.TABLES:
        columns = []
        for column in table.columns:
            name = column.name
            if table.name == "patient" and name in ("birth_date", "death_at"):
                columns.append(f"NULL AS {name}")
            elif column.kind == "time":
                since = "t.admitted_at" if table.name == "admission" else start
                columns.append(f"epoch_us(t.{name} - {since}) / 6e7 AS {name}")
            else:
                columns.append(f"t.{name}")
        if table.name == "admission":
            columns.append(f"{order} AS stay_order")
        text = f"SELECT {', '.join(columns)} FROM source.{table.name} AS t"
        (folder / f"{table.name}.sql").write_text(text)
    return folder


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, more_quickly: None) -> dict[str, Path]:
    """One study on the same people with dates, and with minutes: the folders of both runs."""
    place = tmp_path_factory.mktemp("both")
    content = packaged("vasopressin_septic_shock")
    content["study"]["estimand"] |= {"analysis": "aipw"}
    content["outcomes"]["primary"] = "death_in_hospital"
    content["analysis"] |= {"sensitivity": [], "negative_controls": []}
    for key in ("landmark_hours", "grace_hours", "bootstrap"):
        del content["analysis"][key]
    write_demo(place / "x", patients=500, hospitals=1, study="vasopressin_septic_shock")
    found = {}
    for name in ("dates", "minutes"):
        if name == "minutes":
            content["extract"]["layout"] = str(of_minutes(place / "layout"))
        plan = parse(content)
        found[name] = place / name
        summary = pipeline.run(plan, place / "x", place / name)
        assert summary.exit_code in (0, 5), summary.message
    return found


def test_minutes_give_the_results_of_dates(both: dict[str, Path]) -> None:
    dates, minutes = (pl.read_parquet(both[n] / "analysis.parquet") for n in ("dates", "minutes"))
    assert dates.height > 50
    same = [n for n, kind in dates.schema.items() if not isinstance(kind, pl.Datetime)]
    # a death after the stay is known by its date alone
    same = [n for n in same if not n.startswith("death_28d") and n != "known_anywhere"]
    assert minutes.select(same).equals(dates.select(same))
    gone = dates.select((pl.col("first_dose_at") - pl.col("time_zero")).alias("gap"))
    assert minutes.select((pl.col("first_dose_at") - pl.col("time_zero")).alias("gap")).equals(gone)


def test_no_date_leaves_a_run(both: dict[str, Path]) -> None:
    run = both["minutes"]
    for path in run.rglob("*.parquet"):
        kinds = pl.read_parquet_schema(path)
        moments = [n for n, kind in kinds.items() if kind.is_temporal()]
        assert not [n for n in moments if not isinstance(kinds[n], pl.Duration)], path
    shown = re.compile(rf"{ORIGIN.year}-0\d-\d\d|{(ORIGIN + APART).year}-0\d-\d\d")
    for path in (p for p in run.rglob("*") if p.suffix in (".csv", ".html", ".json", ".svg")):
        if path.name not in ("manifest.json", "history.csv"):
            assert not shown.search(path.read_text(encoding="utf-8")), path


def test_a_run_says_what_is_off(both: dict[str, Path]) -> None:
    run = both["minutes"]
    manifest = (run / "manifest.json").read_text(encoding="utf-8")
    assert '"dates": "offsets"' in manifest
    assert '"lab.months"' in manifest
    page = (run / "quality" / "index.html").read_text(encoding="utf-8")
    assert "minutes from each admission, without a date" in page
    assert "no_calendar" in pl.read_csv(run / "lints.csv")["code"].to_list()
    report = (run / "report.html").read_text(encoding="utf-8")
    assert "A day is 24 hours from the admission on" in report
    checks = set(pl.read_csv(run / "quality" / "checks.csv", infer_schema_length=None)["check"])
    assert not checks & switched_off._off("offsets")
    dated = (both["dates"] / "manifest.json").read_text(encoding="utf-8")
    assert '"dates": "calendar"' in dated
    assert '"checks_switched_off": []' in dated


def test_dates_that_are_shifted_are_compared_in_no_month(
    reference_data: Path, tmp_path: Path
) -> None:
    plan = load("clif_demo")
    assert plan.clock == "shifted"
    folder = reference_data / "clif_demo" / "3.0"
    assert pipeline.check(plan, folder, tmp_path / "shifted").exit_code == 0
    section = plan.extract.model_copy(update={"dates": None})
    dated = pipeline.check(
        plan.model_copy(update={"extract": section}), folder, tmp_path / "calendar"
    )
    assert dated.exit_code == 3
    assert "lab.unit_mixup" in dated.message  # one patient of a month, with 50 bilirubins
