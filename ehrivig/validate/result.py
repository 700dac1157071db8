"""What one hospital leaves: its small tables, what was measured, how its rows were spent."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ehrivig.validate.measurement import Measurement

RESULT_FILE = "hospital.json"


@dataclass(frozen=True)
class Step:
    """What one step of one hospital did.

    Rows in and out, seconds by the clock and of all processors, peak memory so far (MiB).
    """

    hospital_id: str
    step: str
    rows_in: int
    rows_out: int
    seconds: float
    cpu_seconds: float
    peak_memory_mib: int


@dataclass(frozen=True)
class HospitalResult:
    """Where one hospital's results lie, and how its rows were spent per table.

    `rows_whole`: of the first share of a hospital, the rows of its event tables in all shares.
    """

    hospital_id: str
    folder: str
    measurements: list[Measurement]
    rows_read: dict[str, int]
    rows_quarantined: dict[str, int]
    steps: list[Step]
    fingerprint: str
    rows_whole: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> HospitalResult:
        """The result that `process` left in `folder`."""
        content = json.loads((folder / RESULT_FILE).read_text(encoding="utf-8"))
        content["steps"] = [Step(**step) for step in content["steps"]]
        content["measurements"] = [Measurement(**m) for m in content["measurements"]]
        return cls(**{**content, "folder": str(folder)})

    def write(self) -> None:
        """Leave this result in its folder, for `read`."""
        content = {**asdict(self), "folder": ""}
        path = Path(self.folder) / RESULT_FILE
        path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
