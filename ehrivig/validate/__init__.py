"""The data gate: suites measure, the study's policy judges, quarantine keeps what is rejected.

`measure` -> `judge` -> `gate.decide`; `quarantine` writes the rejected rows and leaves the
clean tables. Every check is declared once, in `expectations/<table>.json`; the very condition that
is measured selects the rows to reject. Great Expectations is imported only when a table is
measured.
"""

from ehrivig.validate.gate_tables import release
from ehrivig.validate.judgement import judge, rejudge
from ehrivig.validate.measurement import (
    CHECK_SCHEMA,
    Check,
    Measurement,
    frame_of_checks,
    frame_of_measurements,
    read_measurements,
    write_measurements,
)
from ehrivig.validate.measures import measure
from ehrivig.validate.quarantined import quarantine
from ehrivig.validate.share_measures import merge
from ehrivig.validate.site import write_data_docs
from ehrivig.validate.suite import Declared, suites

__all__ = [
    "CHECK_SCHEMA",
    "Check",
    "Declared",
    "Measurement",
    "frame_of_checks",
    "frame_of_measurements",
    "judge",
    "measure",
    "merge",
    "quarantine",
    "read_measurements",
    "rejudge",
    "release",
    "suites",
    "write_data_docs",
    "write_measurements",
]
