"""The same patients in four layouts: one cohort, one dosing, one set of effects.

What a layout cannot carry, no study below uses: scores, signs, symptom onset, smoking, FiO2, the
end of an administration, the day of a diagnosis (CLIF has none), the hospital (MIMIC-IV has one).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import Result
from polars.testing import assert_frame_equal
from typer.testing import CliRunner
from written import Patients, carried

from ehrivig import cli, pipeline, study
from ehrivig.demo import write_demo
from ehrivig.study import Study

pytestmark = pytest.mark.usefixtures("more_quickly")

SAME_BYTES = (
    "attrition.csv",
    "cohort.parquet",
    "dosing.parquet",
    "analysis.parquet",
    "matched.parquet",
    "balance.csv",
    "table1.csv",
    "table2.csv",
    "table3.csv",
    "table_s1.csv",
    "table_s2.csv",
    "table_s3.csv",
    "table_s4.csv",
    "effects.csv",
    "curves.csv",
    "overlap.csv",
    "positivity.csv",
    "utilisation.csv",
    "regimens.csv",
    "regimen_cycles.csv",
    "regimens.parquet",
    "regimen_cycles.parquet",
)

ELIGIBLE = "eligible_at", "eligible_undated"


def plan(name: str, **more: Any) -> Study:
    return study.parse(asked(name, **more))


def asked(name: str, **more: Any) -> dict[str, Any]:
    """The study with what moves day by day, as far as every layout carries it."""
    content = carried(name, **more)
    content["analysis"]["time_varying"] = ["sofa_coagulation", "sofa_renal"]
    return content


def toml(value: dict[str, Any]) -> str:
    """A study as TOML: one line per key of a section."""
    return "\n".join(
        f"[{name}]\n" + "\n".join(f"{key} = {inline(v)}" for key, v in keys.items())
        for name, keys in value.items()
    )


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {inline(v)}" for key, v in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(item) for item in value) + "]"
    return str(value) if isinstance(value, date) else json.dumps(value)


@pytest.fixture(scope="module")
def patients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patients]:
    folder = tmp_path_factory.mktemp("demo") / "demo"
    write_demo(folder, patients=300, hospitals=2, seed=11, defects="none")
    drawn = Patients(folder)
    yield drawn
    drawn.db.close()


@pytest.fixture(scope="module")
def native(patients: Patients, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("native")
    out = folder / "out"
    assert pipeline.run(plan("native"), patients.as_native(folder / "x"), out).exit_code == 0
    return out


def test_the_patients_are_worth_comparing(native: Path) -> None:
    table = pl.read_parquet(native / "analysis.parquet")
    assert table.height > 60
    assert table["exposed"].sum() > 20
    assert table["dose_coverage"].drop_nulls().min() == 1
    effects = pl.read_csv(native / "effects.csv", infer_schema_length=None)
    assert effects.filter(pl.col("estimate").is_not_null()).height > 10
    for name in ("sofa_coagulation_daily", "sofa_renal_daily"):
        assert table[name].explode().drop_nulls().n_unique() > 1


@pytest.mark.parametrize("name", ["omop", "clif"])
def test_same_patients_same_study(
    patients: Patients, native: Path, tmp_path: Path, name: str
) -> None:
    quantity = {"drug_quantity": {"1": "g", "2": "ml"}} if name == "omop" else {}
    folder = getattr(patients, f"as_{name}")(tmp_path / "x")
    summary = pipeline.run(plan(name, **quantity), folder, tmp_path / "out")
    assert summary.exit_code == 0
    different = [f for f in SAME_BYTES if _bytes(native / f) != _bytes(tmp_path / "out" / f)]
    assert different == []


MIMIC = {
    "patient": """
        SELECT 'BIDMC' AS hospital_id, subject_id AS patient_id, subject_id AS person_id,
            CASE gender WHEN 'F' THEN 'female' WHEN 'M' THEN 'male' ELSE 'unknown' END AS sex,
            dod AS death_at
        FROM source.patients""",
    "admission": """
        SELECT 'BIDMC' AS hospital_id, a.hadm_id AS admission_id, a.subject_id AS patient_id,
            a.admittime AS admitted_at, a.dischtime AS discharged_at,
            CASE WHEN a.hospital_expire_flag = 1 THEN 'died' ELSE 'alive' END AS discharge_status,
            p.anchor_age + year(a.admittime) - p.anchor_year AS age_years,
            w.valuenum AS weight_kg
        FROM source.admissions AS a JOIN source.patients AS p USING (subject_id)
        LEFT JOIN source.chartevents AS w ON a.hadm_id = w.hadm_id AND w.itemid = 226512""",
    "icu_stay": """
        SELECT 'BIDMC' AS hospital_id, hadm_id AS admission_id, intime AS started_at,
            outtime AS stopped_at
        FROM source.icustays""",
    "diagnosis": """
        SELECT 'BIDMC' AS hospital_id, hadm_id AS admission_id, icd_code AS code,
            CASE icd_version WHEN 9 THEN 'ICD9CM' ELSE 'ICD10CM' END AS vocabulary
        FROM source.diagnoses_icd""",
    "lab": """
        SELECT 'BIDMC' AS hospital_id, e.hadm_id AS admission_id, i.label AS lab_code,
            'local' AS vocabulary, e.valuenum AS value, e.valueuom AS unit,
            e.charttime AS collected_at
        FROM source.labevents AS e JOIN source.d_labitems AS i USING (itemid)""",
    "vital": """
        SELECT 'BIDMC' AS hospital_id, hadm_id AS admission_id, valuenum AS value,
            CASE itemid WHEN 220045 THEN 'heart_rate' WHEN 220179 THEN 'sbp'
                WHEN 220180 THEN 'dbp' WHEN 220277 THEN 'spo2' ELSE 'respiratory_rate' END
                AS vital_code,
            valueuom AS unit, charttime AS measured_at
        FROM source.chartevents WHERE itemid IN (220045, 220179, 220180, 220277, 220210)""",
    "respiratory_support": """
        SELECT 'BIDMC' AS hospital_id, hadm_id AS admission_id, valueuom AS device,
            charttime AS started_at, charttime + INTERVAL 12 HOUR AS stopped_at
        FROM source.chartevents WHERE itemid = 223849""",
    "medication": """
        SELECT 'BIDMC' AS hospital_id, hadm_id AS admission_id, orderid AS medication_id,
            label AS drug_code, 'local' AS vocabulary, label AS drug_name, amount AS dose,
            amountuom AS dose_unit, 'iv' AS route,
            CASE statusdescription WHEN 'FinishedRunning' THEN 'given' ELSE 'unknown' END AS status,
            starttime AS started_at
        FROM source.inputevents
        UNION ALL
        SELECT 'BIDMC', hadm_id, pharmacy_id, drug, 'local', drug,
            try_cast(dose_val_rx AS DOUBLE), dose_unit_rx, lower(route), 'given', starttime
        FROM source.prescriptions""",
    "procedure": """
        SELECT 'BIDMC' AS hospital_id, hadm_id AS admission_id,
            CASE itemid WHEN 225802 THEN 'crrt' WHEN 224660 THEN 'ecmo' ELSE 'prone_position' END
                AS procedure_code, starttime AS started_at, endtime AS stopped_at
        FROM source.procedureevents""",
    "pathogen_test": """
        SELECT 'BIDMC' AS hospital_id, hadm_id AS admission_id, 'sars_cov_2' AS organism_code,
            'rna' AS method, 'respiratory' AS specimen, lower(comments) AS result,
            charttime AS collected_at
        FROM source.microbiologyevents""",
}


def test_a_warehouse_nobody_named_is_mapped_by_sql_alone(
    patients: Patients, native: Path, tmp_path: Path
) -> None:
    folder, mine = patients.as_mimic(tmp_path / "x"), tmp_path / "mimic"
    assert call("layout", "new", mine).exit_code == 0
    for path in mine.glob("*.sql"):
        path.unlink()
        if path.stem in MIMIC:
            path.write_text(MIMIC[path.stem])
    checked = call("layout", "check", mine, "--extract", folder)
    assert checked.exit_code == 0, checked.output
    assert "BIDMC" not in checked.output  # a report on columns and codes, not on who is in it
    (tmp_path / "study.toml").write_text(toml(asked("native")), encoding="utf-8")
    run = ("run", tmp_path / "study.toml", "--layout", mine, "--extract", folder)
    finished = call(*run, "--out", tmp_path / "out")
    assert finished.exit_code == 0, finished.output
    for name in ("analysis.parquet", "matched.parquet"):
        one, other = (pl.read_parquet(place / name) for place in (native, tmp_path / "out"))
        drop = [c for c in one.columns if c in ("hospital_id", "distance", *ELIGIBLE)]
        assert_frame_equal(one.drop(drop), other.drop(drop))
    effects = [
        pl.read_csv(place / "effects.csv", infer_schema_length=None).filter(
            ~pl.col("analysis").is_in(["hospital", "pooled"])
        )
        for place in (native, tmp_path / "out")
    ]
    assert effects[0].height > 10
    assert_frame_equal(*effects)


def call(*words: str | Path) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def _bytes(path: Path) -> bytes:
    """The file, without the moment of eligibility: codes of CLIF have none, tests elsewhere do."""
    if path.suffix != ".parquet":
        return path.read_bytes()
    table = pl.read_parquet(path)
    kept = table.drop([name for name in table.columns if name in ELIGIBLE])
    return kept.write_ipc(None).getvalue()
