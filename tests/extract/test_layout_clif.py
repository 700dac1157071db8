"""CLIF 2.1 and 3.0: small drawn extracts with the canonical rows written by hand, and the demo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from extracts import Rows, opened, rows_of, study, write

from ehrivig import contract, extract
from ehrivig.database import Database
from ehrivig.errors import ExtractError
from ehrivig.study import Study, load

PLAN = {"layout": "clif", "timezone": "Asia/Shanghai"}


def utc(text: str) -> datetime:
    """ "03-01 08:30" of 2020, eight hours before the wall clock of Shanghai."""
    return datetime.strptime(f"2020-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def local(text: str) -> datetime:
    return datetime.strptime(f"2020-{text}", "%Y-%m-%d %H:%M")


def stay(**more: Any) -> dict[str, Rows]:
    """One patient with one hospitalization at hospital H, in the spelling of 3.0."""
    base: dict[str, Rows] = {
        "patient": [{"patient_id": "p", "sex_category": "female", "death_dttm": None}],
        "hospitalization": [
            {
                "patient_id": "p",
                "hospitalization_id": "h",
                "admission_dttm": utc("03-01 00:00"),
                "discharge_dttm": utc("03-09 00:00"),
                "age_at_admission": 70,
                "discharge_category": "home",
            }
        ],
        "adt": [
            {
                "hospitalization_id": "h",
                "hospital_id": "H",
                "in_dttm": utc("03-01 00:00"),
                "out_dttm": utc("03-02 00:00"),
                "location_category": "ward",
            }
        ],
    }
    return {**base, **more}


def clif(folder: Path, drawn: dict[str, Rows]) -> Path:
    for table, rows in drawn.items():
        moments = {name: pl.Datetime("us", "UTC") for name in rows[0] if name.endswith("_dttm")}
        write(folder / f"clif_{table}.parquet", rows, moments)
    return folder


def rows(folder: Path, sql: str, plan: Study | None = None) -> list[tuple[Any, ...]]:
    return rows_of(folder, sql, plan or study(**PLAN))


def test_times_are_wall_clock_and_status_is_canonical(tmp_path: Path) -> None:
    found = rows(
        clif(tmp_path / "x", stay()),
        "SELECT hospital_id, admission_id, admitted_at, discharge_status, age_years, sex "
        "FROM mapped.admission JOIN mapped.patient USING (hospital_id, patient_id)",
    )
    assert found == [("H", "h", local("03-01 08:00"), "alive", 70.0, "female")]


@pytest.mark.parametrize(
    ("category", "status"),
    [
        ("Expired", "died"),
        ("expired", "died"),
        ("Against Medical Advice (AMA)", "against_advice"),
        ("ama", "against_advice"),
        ("Acute Care Hospital", "transferred"),
        ("acute_care_hosp", "transferred"),
        ("Hospice", "alive"),
        ("Missing", "unknown"),
        ("still_admitted", "unknown"),
        (None, "unknown"),
    ],
)
def test_discharge_categories_of_both_versions(
    tmp_path: Path, category: str | None, status: str
) -> None:
    drawn = stay()
    drawn["hospitalization"][0]["discharge_category"] = category
    drawn["patient"][0]["sex_category"] = None  # tells no version
    folder = tmp_path / "x"
    clif(folder, {k: v for k, v in drawn.items() if k not in ("hospitalization", "patient")})
    text = {"discharge_category": pl.String, "sex_category": pl.String}
    moments = {n: pl.Datetime("us", "UTC") for n in ("death_dttm",)}
    for table in ("hospitalization", "patient"):
        kinds = {k: v for k, v in {**text, **moments}.items() if k in drawn[table][0]}
        write(folder / f"clif_{table}.parquet", drawn[table], kinds)
    assert rows(folder, "SELECT discharge_status FROM mapped.admission") == [(status,)]


def test_icu_places_without_a_gap_are_one_stay(tmp_path: Path) -> None:
    place = stay()["adt"][0]
    icu = [
        {**place, "in_dttm": utc(a), "out_dttm": utc(b), "location_category": "icu"}
        for a, b in (("03-02 00:00", "03-03 00:00"), ("03-03 00:00", "03-04 00:00"))
    ]
    later = {**icu[0], "in_dttm": utc("03-06 00:00"), "out_dttm": utc("03-07 00:00")}
    folder = clif(tmp_path / "x", stay(adt=[later, icu[1], place, icu[0]]))
    found = rows(folder, "SELECT started_at, stopped_at FROM mapped.icu_stay ORDER BY 1")
    assert found == [
        (local("03-02 08:00"), local("03-04 08:00")),
        (local("03-06 08:00"), local("03-07 08:00")),
    ]


def lab(category: str, value: float | None, unit: str | None, **more: Any) -> dict[str, Any]:
    return {
        "hospitalization_id": "h",
        "lab_collect_dttm": utc("03-01 02:00"),
        "lab_result_dttm": utc("03-01 03:00"),
        "lab_category": category,
        "lab_value": None if value is None else str(value),
        "lab_value_numeric": value,
        "reference_unit": unit,
        "lab_specimen_category": None,
        "lab_loinc_code": None,
        **more,
    }


def test_labs(tmp_path: Path) -> None:
    labs = [
        lab("creatinine", 1.0, "mg/dL"),
        lab("creatinine", 95.0, "mg/dL", lab_specimen_category="urine"),
        lab("wbc", 8.0, "10^3/µL\t"),
        lab("wbc_absolute", 8000.0, "cells/uL"),
        lab("bilirubin_total", 0.2, "mg/dL", lab_value="<0.2."),
        lab("d_dimer", 500.0, "ng/mL"),
        lab("d_dimer", 500.0, "ng/mL FEU"),
        lab("d_dimer", 500.0, "ng/mL DDU"),
        lab("d_dimer", 500.0, "ng/mL", lab_loinc_code="48066-5"),
    ]
    folder = clif(tmp_path / "x", stay(labs=labs))
    found = rows(
        folder,
        "SELECT lab_code, unit, analyte, round(value_std, 9), censored, collected_at = "
        "TIMESTAMP '2020-03-01 10:00' FROM resolved.lab",
    )
    assert sorted(found, key=str) == sorted(
        [
            ("creatinine", "mg/dL", "creatinine", 88.4, None, True),
            ("creatinine_urine", "mg/dL", None, None, None, True),
            ("wbc", "10^3/µL\t", "wbc", 8.0, None, True),
            ("wbc_absolute", "cells/uL", "wbc", 8.0, None, True),
            ("bilirubin_total", "mg/dL", "total_bilirubin", 1.71, "<", True),
            ("d_dimer", "ng/mL", None, None, None, True),
            ("48065-7", "ng/mL FEU", "d_dimer", 0.5, None, True),
            ("48065-7", "ng/mL DDU", "d_dimer", 1.0, None, True),
            ("48066-5", "ng/mL", "d_dimer", 1.0, None, True),
        ],
        key=str,
    )


def test_vitals_weight_height_and_coma_score(tmp_path: Path) -> None:
    def vital(category: str, value: float, recorded: str, measured: str | None) -> dict[str, Any]:
        return {
            "hospitalization_id": "h",
            "recorded_dttm": utc(recorded),
            "measured_dttm": utc(measured) if measured else None,
            "vital_category": category,
            "vital_value": value,
        }

    vitals = [
        vital("temp_c", 38.5, "03-01 02:00", "03-01 01:00"),
        vital("spo2", 91.0, "03-01 02:00", None),
        vital("weight_kg", 0.0, "03-01 00:00", None),
        vital("weight_kg", 71.0, "03-01 03:00", None),
        vital("weight_kg", 70.0, "03-01 03:00", None),
        vital("height_cm", 170.0, "03-01 03:00", None),
    ]
    coma = [
        {
            "hospitalization_id": "h",
            "recorded_dttm": utc("03-01 02:00"),
            "assessment_category": category,
            "numerical_value": value,
        }
        for category, value in (("gcs_total", 14.0), ("gcs_eye", 4.0))
    ]
    urine = [
        {
            "hospitalization_id": "h",
            "recorded_dttm": utc("03-01 02:00"),
            "output_category": "indwelling_urinary_catheter",
            "output_group": group,
            "output_value": 350.0,
            "output_unit": "mL",
        }
        for group in ("urine", "drains")
    ]
    drawn = stay(vitals=vitals, patient_assessments=coma, output=urine)
    folder = clif(tmp_path / "x", drawn)
    found = rows(
        folder,
        "SELECT vital_code, value, unit, measured_at FROM mapped.vital ORDER BY vital_code",
    )
    assert found == [
        ("gcs", 14.0, "points", local("03-01 10:00")),
        ("spo2", 91.0, "%", local("03-01 10:00")),
        ("temperature", 38.5, "C", local("03-01 09:00")),
        ("urine_output", 350.0, "mL", local("03-01 10:00")),
    ]
    assert rows(folder, "SELECT weight_kg, height_cm FROM mapped.admission") == [(70.0, 170.0)]


def breath(at: str, device: str | None, fio2: float | None) -> dict[str, Any]:
    return {
        "hospitalization_id": "h",
        "recorded_dttm": utc(at),
        "device_category": device,
        "fio2_set": fio2,
    }


def test_respiratory_support_lasts_until_the_next_record(tmp_path: Path) -> None:
    support = [
        breath("03-01 06:00", "High Flow NC", 0.6),
        breath("03-01 08:00", "IMV", 0.5),
        breath("03-01 08:00", "Nasal Cannula", None),  # at the same time: the more invasive
        breath("03-01 10:00", None, 0.4),  # the device before goes on
        breath("03-01 12:00", "Face Mask", 0.4),
        breath("03-03 12:00", None, 0.4),  # 48 h later: nobody knows
        breath("03-08 23:00", "CPAP", None),  # the discharge ends it
    ]
    drawn = stay(respiratory_support=support)
    drawn["patient"][0]["sex_category"] = "Female"
    drawn["hospitalization"][0]["discharge_category"] = "Home"
    found = rows(
        clif(tmp_path / "x", drawn),
        "SELECT device, fio2, started_at, stopped_at FROM mapped.respiratory_support ORDER BY 3",
    )
    assert found == [
        ("hfnc", 0.6, local("03-01 14:00"), local("03-01 16:00")),
        ("imv", 0.5, local("03-01 16:00"), local("03-01 18:00")),
        ("imv", 0.4, local("03-01 18:00"), local("03-01 20:00")),
        ("face_mask", 0.4, local("03-01 20:00"), local("03-02 20:00")),
        (None, 0.4, local("03-03 20:00"), local("03-04 20:00")),
        ("niv", None, local("03-09 07:00"), local("03-09 08:00")),
    ]


def test_procedures(tmp_path: Path) -> None:
    def record(at: str, **more: Any) -> dict[str, Any]:
        return {"hospitalization_id": "h", "recorded_dttm": utc(at), **more}

    position = [
        record(at, position_category=category)
        for at, category in (
            ("03-01 00:00", "not_prone"),
            ("03-01 02:00", "prone"),
            ("03-01 08:00", "prone"),
            ("03-01 12:00", "not_prone"),
            ("03-05 00:00", "prone"),
        )
    ]
    crrt = [
        record(at, crrt_mode_category=mode)
        for at, mode in (("03-02 00:00", "cvvh"), ("03-02 20:00", None), ("03-05 00:00", "cvvhd"))
    ]
    ecmo = [
        record(at, device_category=device, mcs_group=group)
        for at, device, group in (
            ("03-03 00:00", "VV_ECMO", "ECMO"),
            ("03-03 01:00", "VV_ECMO", "ECMO"),
            ("03-06 00:00", "IABP", "IABP"),
            ("03-10 00:00", "Centrimag", "ECMO"),
            ("03-12 00:00", "VA_ECMO", None),
        )
    ]
    dialysis = [
        record("03-07 00:00", mode_category="IHD"),
        record("03-07 05:00", mode_category="CVVH"),
    ]
    mcs = [record("03-08 00:00", support_category=kind) for kind in ("lvad", "ecmo")]
    drawn = stay(
        position=position,
        crrt_therapy=crrt,
        ecmo_mcs=ecmo,
        renal_replacement_therapy=dialysis,
        mcs=mcs,
    )
    found = rows(
        clif(tmp_path / "x", drawn),
        "SELECT procedure_code, started_at, stopped_at FROM mapped.procedure ORDER BY ALL",
    )
    assert found == [
        ("crrt", local("03-02 08:00"), local("03-03 04:00")),
        ("crrt", local("03-05 08:00"), local("03-05 08:00")),
        ("crrt", local("03-07 13:00"), local("03-07 13:00")),
        ("ecmo", local("03-03 08:00"), local("03-03 09:00")),
        ("ecmo", local("03-08 08:00"), local("03-08 08:00")),
        ("ecmo", local("03-10 08:00"), local("03-10 08:00")),
        ("ecmo", local("03-12 08:00"), local("03-12 08:00")),
        ("prone_position", local("03-01 10:00"), local("03-01 20:00")),
        ("prone_position", local("03-05 08:00"), local("03-06 08:00")),
    ]


@pytest.mark.parametrize(("last", "runs"), [("03-03 08:00:00", 1), ("03-03 08:00:01", 2)])
def test_records_a_day_apart_are_one_run(tmp_path: Path, last: str, runs: int) -> None:
    moments = [local("03-02 08:00"), datetime.fromisoformat(f"2020-{last}")]
    crrt = [
        {
            "hospitalization_id": "h",
            "recorded_dttm": moment.replace(tzinfo=UTC) - timedelta(hours=8),
            "crrt_mode_category": "cvvh",
        }
        for moment in moments
    ]
    found = rows(
        clif(tmp_path / "x", stay(crrt_therapy=crrt)),
        "SELECT started_at, stopped_at FROM mapped.procedure ORDER BY 1",
    )
    assert found == ([tuple(moments)] if runs == 1 else [(m, m) for m in moments])


def dose(at: str, order: str, amount: float, unit: str, action: str, **more: Any) -> dict[str, Any]:
    return {
        "hospitalization_id": "h",
        "med_order_id": order,
        "admin_dttm": utc(at),
        "med_name": "Norepinephrine",
        "med_category": "norepinephrine",
        "med_route_category": "iv",
        "med_dose": amount,
        "med_dose_unit": unit,
        "mar_action_category": action,
        "rx_norm_code": None,
        **more,
    }


def test_medication_once_and_as_a_rate(tmp_path: Path) -> None:
    rate = "ug/kg/min"
    continuous = [
        dose("03-02 00:00", "o", 0.1, rate, "start"),
        dose("03-02 01:00", "o", 0.2, rate, "dose_change"),
        dose("03-02 03:00", "o", 0.0, rate, "stop"),
        dose("03-02 05:00", "o", 0.05, rate, "start"),
        dose("03-02 02:00", "other", 0.3, rate, "start"),
        dose("03-02 02:30", "o", 10.0, "mcg", "given"),
    ]
    ivig = {"med_name": "Privigen 10%", "med_category": None, "rx_norm_code": "42386"}
    intermittent = [
        dose("03-02 00:00", "i", 10.0, "g", "given", **ivig),
        dose("03-02 00:00", "i", 10.0, "g", "not_given", **ivig),
        dose(
            "03-02 06:00", "j", 40.0, "mg", "bolus", med_name="Enoxaparin", med_route_category="im"
        ),
        dose(
            "03-02 06:00", "k", 40.0, "mg", "other", med_name="Prednisone", med_route_category=None
        ),
    ]
    drawn = stay(medication_admin_continuous=continuous, medication_admin_intermittent=intermittent)
    folder = tmp_path / "x"
    clif(folder, drawn)
    for kind, given in (("continuous", continuous), ("intermittent", intermittent)):
        text = {"rx_norm_code": pl.String, "med_category": pl.String, "med_dose": pl.Float32}
        moments = {"admin_dttm": pl.Datetime("us", "UTC"), "med_route_category": pl.String}
        write(folder / f"clif_medication_admin_{kind}.parquet", given, {**text, **moments})
    found = rows(
        folder,
        "SELECT drug_name, vocabulary, drug_code, dose, dose_unit, route, status, started_at, "
        "stopped_at FROM mapped.medication ORDER BY drug_name, started_at, status",
    )
    given_at = local("03-02 08:00")
    norepinephrine = ("Norepinephrine", "local", "norepinephrine")
    assert found == [
        (
            *("Enoxaparin", "local", "norepinephrine", 40.0, "mg", "im", "given"),
            *(local("03-02 14:00"), None),
        ),
        (*norepinephrine, 0.1, rate, "iv", "given", given_at, local("03-02 09:00")),
        (*norepinephrine, 0.2, rate, "iv", "given", local("03-02 09:00"), local("03-02 11:00")),
        (*norepinephrine, 0.3, rate, "iv", "given", local("03-02 10:00"), None),
        (*norepinephrine, 10.0, "ug", "iv", "given", local("03-02 10:30"), None),
        (*norepinephrine, 0.05, rate, "iv", "given", local("03-02 13:00"), None),
        (
            *("Prednisone", "local", "norepinephrine", 40.0, "mg", "unknown", None),
            *(local("03-02 14:00"), None),
        ),
        ("Privigen 10%", "RXNORM", "42386", 10.0, "g", "iv", "given", given_at, None),
        ("Privigen 10%", "RXNORM", "42386", 10.0, "g", "iv", "not_given", given_at, None),
    ]
    ids = rows(folder, "SELECT count(DISTINCT medication_id), count(*) FROM mapped.medication")
    assert ids == [(9, 9)]
    verdicts = rows(
        folder,
        "SELECT DISTINCT d.drug_name, c.verdict FROM ref.drug AS d JOIN ref.drug_class AS c "
        "USING (drug) WHERE c.codelist = 'ivig'",
    )
    assert verdicts == [("Privigen 10%", "include")]


def test_pathogen_tests(tmp_path: Path) -> None:
    tests = [
        {
            "hospitalization_id": "h",
            "collect_dttm": utc("03-01 02:00"),
            "fluid_category": fluid,
            "method_category": "pcr",
            "organism_category": organism,
            "result_category": result,
        }
        for fluid, organism, result in (
            ("respiratory_tract", "sars_cov2", "detected"),
            ("nasopharynx_upperairway", "sars_cov2", "not_detected"),
            ("feces_stool", "sars_cov2", "indeterminate"),
            ("blood_buffy", "hiv", "weird"),
        )
    ]
    folder = clif(tmp_path / "x", stay(microbiology_nonculture=tests))
    found = rows(
        folder,
        "SELECT organism_code, method, specimen, result FROM mapped.pathogen_test ORDER BY ALL",
    )
    assert found == [
        ("hiv", "rna", "blood", "weird"),  # as written: the gate counts what it cannot read
        ("sars_cov_2", "rna", "respiratory", "negative"),
        ("sars_cov_2", "rna", "respiratory", "positive"),
        ("sars_cov_2", "rna", "stool", "indeterminate"),
    ]


def test_hospitals_come_from_the_places(tmp_path: Path) -> None:
    drawn = stay()
    other = {**drawn["hospitalization"][0], "hospitalization_id": "h2"}
    place = drawn["adt"][0]
    drawn["hospitalization"].append(other)
    drawn["adt"] += [
        {**place, "hospitalization_id": "h2", "hospital_id": "I"},
        {**place, "hospital_id": "I", "in_dttm": utc("03-02 00:00")},  # moved: the first counts
    ]
    folder = clif(tmp_path / "x", drawn)
    plan = study(**PLAN)
    assert extract.inspect(folder, plan).hospitals == ("H", "I")
    for hospital_id, admission_id in (("H", "h"), ("I", "h2")):
        with opened(folder, plan, hospital_id) as db:
            assert db.rows("SELECT admission_id FROM resolved.admission") == [(admission_id,)]
            assert db.rows("SELECT patient_id, person_id FROM mapped.patient") == [("p", "p")]
    clif(
        folder,
        {"hospitalization": [*drawn["hospitalization"], {**other, "hospitalization_id": "h3"}]},
    )
    with pytest.raises(ExtractError, match="belong to no hospital"):
        extract.inspect(folder, plan)


def test_versions(tmp_path: Path) -> None:
    plan = study(**PLAN)
    drawn = stay()
    folder = clif(tmp_path / "x", drawn)
    assert extract.inspect(folder, plan).version == "3.0"
    old = stay()
    old["patient"][0]["sex_category"] = "Female"
    old["hospitalization"][0]["discharge_category"] = "Home"
    assert extract.inspect(clif(tmp_path / "y", old), plan).version == "2.1"
    clif(tmp_path / "y", {"patient_diagnosis": [{"patient_id": "p"}]})
    assert extract.inspect(tmp_path / "y", plan).version == "2.1"  # a table that is not read
    mcs = {
        "hospitalization_id": "h",
        "recorded_dttm": utc("03-01 00:00"),
        "support_category": "ecmo",
    }
    clif(tmp_path / "y", {"mcs": [mcs]})
    assert extract.inspect(tmp_path / "y", plan).version == "3.0"


def test_a_zone_is_needed(tmp_path: Path) -> None:
    folder = clif(tmp_path / "x", stay())
    with pytest.raises(ExtractError, match=r"Give hospital.timezone, or timezone"):
        extract.inspect(folder, study(layout="clif", timezone=None))


def test_naive_times_are_utc(tmp_path: Path) -> None:
    folder = clif(tmp_path / "x", stay())
    path = folder / "clif_hospitalization.parquet"
    naive = pl.col("admission_dttm", "discharge_dttm").dt.replace_time_zone(None)
    pl.read_parquet(path).with_columns(naive).write_parquet(path)
    assert rows(folder, "SELECT admitted_at FROM mapped.admission") == [(local("03-01 08:00"),)]


CANONICAL = [table.name for table in contract.TABLES]


@pytest.fixture(scope="module")
def demo(reference_data: Path) -> Iterator[dict[str, Database]]:
    """The demo in each version, opened."""
    with ExitStack() as stack:
        yield {
            version: stack.enter_context(
                opened(reference_data / "clif_demo" / version, load("clif_demo"))
            )
            for version in ("2.1", "3.0")
        }


@pytest.mark.parametrize("version", ["2.1", "3.0"])
def test_the_demo_is_read_whole(
    reference_data: Path, demo: dict[str, Database], version: str
) -> None:
    folder = reference_data / "clif_demo" / version
    plan = load("clif_demo")
    source = extract.inspect(folder, plan)
    assert (source.version, source.hospitals) == (version, ("mimic",))
    assert source.absent == ("score", "finding", "pathogen_test")
    raw = {
        name: pl.read_parquet(folder / f"clif_{name}.parquet")
        for name in ("hospitalization", "labs", "vitals", "patient_assessments", "patient")
    }
    stops = pl.col("mar_action_category") == "stop"
    continuous = pl.read_parquet(folder / "clif_medication_admin_continuous.parquet")
    intermittent = pl.read_parquet(folder / "clif_medication_admin_intermittent.parquet")
    body = pl.col("vital_category").is_in(["weight_kg", "height_cm"])
    coma = pl.col("assessment_category") == "gcs_total"
    expected = {
        "patient": raw["patient"].height,
        "admission": raw["hospitalization"].height,
        "lab": raw["labs"].height,
        "vital": raw["vitals"].filter(~body).height
        + raw["patient_assessments"].filter(coma).height,
        "medication": intermittent.height + continuous.filter(~stops).height,
    }
    db = demo[version]
    for table, height in expected.items():
        assert db.rows(f"SELECT count(*) FROM resolved.{table}") == [(height,)], table
    admitted = db.rows("SELECT admitted_at FROM mapped.admission WHERE admission_id = '22595853'")
    assert admitted == [(datetime(2180, 5, 6, 22, 23),)]  # as MIMIC-IV has it
    known = db.rows(
        "SELECT count(*) FROM resolved.lab WHERE analyte IS NOT NULL AND value IS NOT NULL "
        "AND value_std IS NULL"
    )
    assert known == [(0,)]
    rates = db.rows(
        "SELECT count(*) FROM mapped.medication WHERE drug_code = 'norepinephrine' "
        "AND dose_unit <> 'ug/kg/min'"
    )
    assert rates == [(0,)]


def test_both_versions_of_the_demo_are_the_same_patients(demo: dict[str, Database]) -> None:
    for name in CANONICAL:
        one, other = (
            db.frame(f"SELECT * FROM resolved.{name} ORDER BY ALL") for db in demo.values()
        )
        assert one.equals(other), name
