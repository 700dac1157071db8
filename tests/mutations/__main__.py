"""The table of the mutations: `make mutations`, or `python -m tests.mutations [--layout NAME]`.

One change of a clean extract at a time: equal to the clean one, said, or silent. Exit code 1 when
one is silent.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from .catalogue import of_layout
from .network import Trials
from .patients import make
from .table import line, written

LAYOUTS = ("native", "omop", "clif")
parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__)
parser.add_argument("--layout", action="append", choices=LAYOUTS, help="only this layout")
parser.add_argument("--only", default="", help="only mutations whose name holds these words")
parser.add_argument("--patients", type=int, default=240, help="of two hospitals (240)")
parser.add_argument("--all", action="store_true", help="every line, not only the silent ones")
options = parser.parse_args()
warnings.simplefilter("ignore")
found = []
with tempfile.TemporaryDirectory(prefix="ehrivig-mutations-") as place:
    folder = Path(place)
    for name, clean in make(folder / "made", options.patients).items():
        if name in (options.layout or LAYOUTS):
            wanted = [one for one in of_layout(clean) if options.only in one.name]
            for verdict in Trials(clean, folder / name).verdicts(wanted):
                found.append(verdict)
                print(line(verdict), file=sys.stderr, flush=True)
print(written(found, everything=options.all))
sys.stdout.flush()
os._exit(int(any(verdict.what == "silent" for verdict in found)))
