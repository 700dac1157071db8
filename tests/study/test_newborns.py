"""The packaged study of newborns, whole, on a few newborns and adults written here."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from fuzz.quick_pages import quick_pages

from ehrivig import pipeline

NEWBORNS, ADULTS = 48, 12
PENTAGLOBIN_G_PER_L = 50


def weight_kg(number: int) -> float:
    """1.0 to 3.75 kg by turns."""
    return 1.0 + 0.25 * (number % 12)


def doses(number: int) -> list[tuple[str, float, float]]:
    """(product, mL a day, g/L) on each day: every second newborn is treated.

    By turns Pentaglobin 5 mL/kg on 3 days (0.75 g/kg in all) and 10% immunoglobulin 5 mL/kg on 3
    days (1.5 g/kg in all).
    """
    if number % 2:
        return []
    enriched = number % 4 == 0
    product = "Pentaglobin" if enriched else "Privigen 10%"
    return [(product, 5 * weight_kg(number), PENTAGLOBIN_G_PER_L if enriched else 100)] * 3


def write_extract(folder: Path) -> Path:
    """Newborns of 1 to 23 days and adults, all with a sepsis code; one newborn without a weight."""
    everyone = range(NEWBORNS + ADULTS)
    admitted = {n: datetime(2020, 3, 6, 8) + timedelta(days=n % 10) for n in everyone}
    born = {n: admitted[n].date() - timedelta(days=1 + 5 * n % 23) for n in range(NEWBORNS)}
    died = {n for n in everyone if n % 5 == 0}
    left = {n: admitted[n] + timedelta(days=9 if n in died else 14 + n % 3) for n in everyone}
    rows: dict[str, list[dict[str, object]]] = {
        "hospital": [{"hospital_id": "A", "timezone": "Asia/Shanghai", "country": "CN"}],
        "patient": [
            {
                **{"patient_id": n, "person_id": f"p{n}", "sex": ("female", "male")[n // 2 % 2]},
                **{
                    "birth_date": born.get(n, date(1970, 1, 1)),
                    "death_at": left[n] if n in died else None,
                },
            }
            for n in everyone
        ],
        "admission": [
            {
                **{"admission_id": n, "patient_id": n, "admitted_at": admitted[n]},
                **{"discharged_at": left[n], "discharge_status": "died" if n in died else "home"},
                "weight_kg": None if n == 4 else 70.0 if n >= NEWBORNS else weight_kg(n),
            }
            for n in everyone
        ],
        "diagnosis": [
            {
                **{"admission_id": n, "code": "P36.9" if n < NEWBORNS else "A41.9"},
                **{"vocabulary": "ICD10", "present_on_admission": True},
                "diagnosed_at": admitted[n],
            }
            for n in everyone
        ],
        "lab": [
            {
                **{"admission_id": n, "lab_code": code, "vocabulary": "local", "unit": unit},
                **{"value": value + n % 7, "collected_at": admitted[n] + timedelta(hours=1)},
            }
            for n in everyone
            for code, value, unit in (("wbc", 9.0, "10^9/L"), ("crp", 20.0, "mg/L"))
        ],
        "medication": [
            {
                **{"admission_id": n, "medication_id": 100 * n + day, "drug_code": product},
                **{"vocabulary": "local", "drug_name": product, "dose": ml, "dose_unit": "mL"},
                **{"concentration_g_per_l": float(strength), "route": "iv", "status": "given"},
                "started_at": admitted[n] + timedelta(hours=6 + 24 * day),
            }
            for n in range(NEWBORNS)
            for day, (product, ml, strength) in enumerate(doses(n))
        ],
    }
    for table, content in rows.items():
        place = folder / table / "hospital_id=A"
        place.mkdir(parents=True)
        frame = pl.DataFrame(content, infer_schema_length=None)
        frame.drop("hospital_id", strict=False).write_parquet(place / "part.parquet")
    facts = {"layout": "native", "hospitals": ["A"], "extract_date": "2020-06-30"}
    (folder / "extract.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("newborns")
    with quick_pages():
        summary = pipeline.run(
            "ivig_sepsis_neonates", write_extract(folder / "extract"), folder / "out"
        )
    assert summary.exit_code == 0, summary.message
    assert (summary.cohort, summary.exposed) == (NEWBORNS, NEWBORNS // 2)
    return folder / "out"


def test_adults_are_left_out_and_counted(out: Path) -> None:
    flow = pl.read_csv(out / "attrition.csv").filter(pl.col("hospital_id") == "all")
    assert flow.select("criterion", "admissions", "excluded").rows() == [
        ("read", 60, 0),
        ("newborn", 48, 12),
        ("sepsis", 48, 0),
        ("index", 48, 0),
    ]


def test_doses_per_kg_are_those_of_the_prescription(out: Path) -> None:
    names = ("admission_id", "total_g", "total_g_per_kg", "max_daily_g_per_kg", "product_type")
    rows = {row[0]: row[1:] for row in _analysis(out).select(names).rows()}
    # 1 kg: 5 mL of 50 g/L is 0.25 g, three times; 1.5 kg: 7.5 mL of 100 g/L is 0.75 g, three times
    assert rows["0"] == (0.75, 0.75, 0.25, "igma_enriched")
    assert rows["2"] == (2.25, 1.5, 0.5, "standard")
    # 2 kg by prescription, but no weight on record: grams, and nothing per kg
    assert rows["4"] == (1.5, None, None, "igma_enriched")
    treated = {number: row for number, row in rows.items() if row[3]}
    assert len(treated) == 24
    per_kg = {(kind, None if g is None else round(g, 9)) for _, g, _, kind in treated.values()}
    assert per_kg == {("igma_enriched", 0.75), ("igma_enriched", None), ("standard", 1.5)}


def test_bands_of_dose_and_product(out: Path) -> None:
    rows = _analysis(out).filter(pl.col("exposed"))
    counts = {
        name: dict(rows[name].value_counts(sort=True).rows())
        for name in ("band_dose", "band_product", "band_high_dose")
    }
    assert counts == {
        "band_dose": {"high": 12, "low": 11, None: 1},
        "band_product": {"high": 12, "low": 12},
        "band_high_dose": {"low": 23, None: 1},
    }


def test_the_regimen_of_the_enriched_product(out: Path) -> None:
    said = pl.read_parquet(out / "regimens.parquet")
    assert dict(said["verdict"].value_counts().rows()) == {
        "adherent": 11,
        "deviates": 12,  # the other product
        "not_assessable": 1,
    }


def test_deaths_are_those_written(out: Path) -> None:
    rows = _analysis(out)
    assert rows.filter("death_28d").height == 10  # 0, 5, ... 45, on day 9
    effects = pl.read_csv(out / "effects.csv", infer_schema_length=None)
    assert effects["estimate"].drop_nulls().len() > 0
    assert effects["estimate"].is_infinite().sum() == 0


def _analysis(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "analysis.parquet").with_columns(
        pl.col("admission_id").cast(pl.String)
    )
