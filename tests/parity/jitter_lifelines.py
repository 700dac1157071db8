"""Writes jitter_lifelines.json: what lifelines makes of tied times (run where it is installed)."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

TIME = [1, 1, 1, 2, 2, 2, 2, 3, 3, 3]
STATUS = [1, 0, 2, 1, 0, 0, 2, 1, 2, 1]


def main() -> None:
    import lifelines

    warnings.simplefilter("ignore")
    runs = []
    for seed in range(10):
        fitter = lifelines.AalenJohansenFitter(calculate_variance=False, seed=seed)
        fitter.fit(TIME, STATUS, event_of_interest=1)
        runs.append(float(fitter.cumulative_density_.iloc[-1, 0]))
    stored = {"lifelines": lifelines.__version__, "time": TIME, "status": STATUS, "last": runs}
    path = Path(__file__).with_name("jitter_lifelines.json")
    path.write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
