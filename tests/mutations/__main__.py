"""The table of the mutations: `make mutations`, or `python -m tests.mutations [--layout NAME]`.

One change of a clean extract at a time, and then of one stay: equal to the clean one, said, or
silent. Exit code 1 when one is silent.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from . import one_stay
from .catalogue import of_layout
from .network import Trials
from .patients import make
from .table import line, written
from .verdict import Verdict

LAYOUTS = ("native", "omop", "clif")
parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
parser.add_argument("--layout", action="append", choices=LAYOUTS, help="only this layout")
parser.add_argument("--only", default="", help="only mutations whose name holds these words")
parser.add_argument("--patients", type=int, default=240, help="of two hospitals (240)")
parser.add_argument("--stays", action="store_true", help="only the changes of one stay")
parser.add_argument("--all", action="store_true", help="every line, not only the silent ones")
options = parser.parse_args()
warnings.simplefilter("ignore")
found: list[Verdict] = []
alone: list[one_stay.Found] = []
with tempfile.TemporaryDirectory(prefix="ehrivig-mutations-") as place:
    folder = Path(place)
    for name, clean in make(folder / "made", options.patients).items():
        if name in (options.layout or LAYOUTS):
            wanted = [one for one in of_layout(clean) if options.only in one.name]
            for verdict in [] if options.stays else Trials(clean, folder / name).verdicts(wanted):
                found.append(verdict)
                print(line(verdict), file=sys.stderr, flush=True)
            trials = one_stay.Trials(clean, folder / f"{name}-stays")
            changes = [one for one in trials.changes() if options.only in one.mutation.name]
            for one in trials.found(changes):
                alone.append(one)
                print(one_stay.line(one), file=sys.stderr, flush=True)
print(written(found, everything=options.all))
print(one_stay.written(alone))
sys.stdout.flush()
os._exit(int(any(one.what == "silent" for one in (*found, *alone))))
