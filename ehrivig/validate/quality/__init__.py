"""The data quality report: what the gate found, per hospital and table, for people.

`write` leaves in a run folder: `quality/checks.csv`, `quality/measurements.parquet` (so that a run
can be judged again), `quality/index.html`, `quality/data_docs/` (the Great Expectations site) and
`quarantine/<table>.parquet` of all hospitals.
"""

from ehrivig.validate.quality.files import write
from ehrivig.validate.quality.page import EarlierRun, page

__all__ = ["EarlierRun", "page", "write"]
