"""Bad files: kinds 40, 43, 44, 45, planted after an extract was written."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ehrivig.demo.defects import Planted, home, planted
from ehrivig.demo.sites import sites
from ehrivig.demo.write import write

_STUDY = """\
# A fragment of a study file that must be refused: both treatments are given after time zero, and
# match.allow_post_baseline does not name them.
[match]
covariates = ["age", "male", "apache_ii", "sofa", "glucocorticoid", "antiviral"]
allow_post_baseline = []
"""


def post_baseline(folder: Path, hospitals: int) -> Planted:
    """40: a mistake of the study, not of the data: a fragment of a study file that makes it."""
    (folder / "_truth" / "post_baseline_covariate.toml").write_text(_STUDY, encoding="utf-8")
    return planted(40, "study", "all", 1)


def shifted_columns(folder: Path, hospitals: int) -> Planted:
    """43: a byte order mark before the first column's name, a column twice, rows shifted by one."""
    hospital_id = sites(hospitals)[home(43, hospitals)].hospital_id
    path = _first_file(folder, "finding", hospital_id)
    table = pq.ParquetFile(path).read()
    code, present = table.column("finding_code").to_pylist(), table.column("present")
    shifted = min(10, len(code))
    code = ["true"] * shifted + code[shifted:]
    columns = [table.column(0), pa.array(code), present, present, *table.columns[3:]]
    names = ["\ufeff" + table.column_names[0], "finding_code", "present", "present"]
    write(path, pa.Table.from_arrays(columns, names=[*names, *table.column_names[3:]]))
    return planted(43, "finding", hospital_id, table.num_rows)


def hospital_set(folder: Path, hospitals: int) -> Planted:
    """44: extract.json names one hospital more than there are."""
    path = folder / "extract.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["hospitals"].append("Z9")
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return planted(44, "extract", "Z9", 1)


def truncated(folder: Path, hospitals: int) -> Planted:
    """45: the first half of a Parquet file."""
    hospital_id = sites(hospitals)[home(45, hospitals)].hospital_id
    path = _first_file(folder, "vital", hospital_id)
    content = path.read_bytes()
    rows = pq.ParquetFile(path).metadata.num_rows
    path.write_bytes(content[: len(content) // 2])
    return planted(45, "vital", hospital_id, rows)


def _first_file(folder: Path, table: str, hospital_id: str) -> Path:
    return folder / table / f"hospital_id={hospital_id}" / "part-00000.parquet"


PLANTERS = {
    "post_baseline_covariate": post_baseline,
    "shifted_columns": shifted_columns,
    "hospital_set_differs": hospital_set,
    "truncated_file": truncated,
}
