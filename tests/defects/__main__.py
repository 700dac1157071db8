"""The table of the catalogue: `make defects`, or `python -m tests.defects [--patients N]`.

Plants each of the 45 kinds alone and prints what the gate found, as what, and what it found in the
same extract without any. Exit code 1 when a kind was missed or misjudged, or at a false alarm.
"""

from __future__ import annotations

import argparse
import os
import sys

from .planted import PATIENTS
from .table import whole, written

parser = argparse.ArgumentParser(prog="python -m tests.defects", description=__doc__)
parser.add_argument("--patients", type=int, default=PATIENTS, help=f"per extract ({PATIENTS})")
parser.add_argument("--kind", type=int, action="append", default=[], help="only this number")
options = parser.parse_args()
found = whole(options.patients, options.kind)
print(written(found))
sys.stdout.flush()
os._exit(int(any(row.problems or row.false for row in found)))
