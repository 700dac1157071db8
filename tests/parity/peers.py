"""What Python programs make of the public data sets of the laws.

Run in an environment of its own that has statsmodels, lifelines, scikit-survival, firthmodels and
trial-emulation: `python peers.py` here writes `peers.json`. They are referees only; nothing of the
package or its tests needs them.
"""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

warnings.simplefilter("ignore")
HERE = Path(__file__).resolve().parent
KNOWN = ("event", "time", "status", "entry", "arm", "cluster")


def read(path: Path) -> dict[str, np.ndarray]:
    with path.open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    return {key: np.array([float(row[key]) for row in table]) for key in table[0]}


def design(d: dict[str, np.ndarray]) -> np.ndarray:
    return np.column_stack([d["arm"], *(d[k] for k in [c for c in d if c not in KNOWN][:3])])


def of_statsmodels(d: dict[str, np.ndarray], add: Callable[..., None]) -> None:
    import statsmodels.api as sm

    x = design(d)

    def logit() -> dict[str, Any]:
        fit = sm.Logit(d["event"], sm.add_constant(x)).fit(disp=0, tol=1e-13, maxiter=100)
        return {"coef": fit.params, "se": fit.bse} if fit.mle_retvals["converged"] else {}

    def clustered() -> dict[str, Any]:
        fit = sm.Logit(d["event"], sm.add_constant(x)).fit(
            disp=0, tol=1e-13, cov_type="cluster", cov_kwds={"groups": d["cluster"].astype(int)}
        )
        return {"se": fit.bse}

    add("statsmodels Logit", "logistic", logit)
    if "cluster" in d and len(np.unique(d["cluster"])) > 2:
        add("statsmodels Logit", "logistic, clustered", clustered)
    if "time" in d:
        entry = d.get("entry")
        for ties in ("efron", "breslow"):
            add(
                "statsmodels PHReg",
                f"Cox {ties}",
                lambda ties=ties: _phreg(sm, d, x, entry, ties),
            )


def _phreg(sm: Any, d: dict[str, np.ndarray], x: np.ndarray, entry: Any, ties: str) -> dict:
    fit = sm.PHReg(d["time"], x, d["event"], entry=entry, ties=ties).fit(tol=1e-12)
    return {"coef": fit.params, "se": fit.bse}


def of_lifelines(d: dict[str, np.ndarray], add: Callable[..., None]) -> None:
    if "time" not in d:
        return
    import pandas as pd
    from lifelines import CoxPHFitter, KaplanMeierFitter
    from lifelines.statistics import logrank_test

    x = design(d)
    table = pd.DataFrame(x, columns=[f"x{j}" for j in range(x.shape[1])])
    table["time"], table["event"] = d["time"], d["event"]
    if "entry" in d:
        table["entry"] = d["entry"]

    def cox() -> dict[str, Any]:
        fit = CoxPHFitter().fit(
            table,
            "time",
            "event",
            entry_col="entry" if "entry" in d else None,
            fit_options={"precision": 1e-12, "r_precision": 1e-14},
        )
        return {"coef": fit.params_.to_numpy(), "se": fit.standard_errors_.to_numpy()}

    def curve() -> dict[str, Any]:
        at = _times(d)
        fit = KaplanMeierFitter().fit(d["time"], d["event"], entry=d.get("entry"))
        return {"times": at, "survival": fit.survival_function_at_times(at).to_numpy()}

    def test() -> dict[str, Any]:
        on = d["arm"] == 1
        found = logrank_test(d["time"][on], d["time"][~on], d["event"][on], d["event"][~on])
        return {"chi2": [found.test_statistic]}

    add("lifelines CoxPHFitter", "Cox efron", cox)
    add("lifelines KaplanMeierFitter", "Kaplan-Meier", curve)
    if "entry" not in d:
        add("lifelines logrank_test", "log-rank", test)


def of_scikit_survival(d: dict[str, np.ndarray], add: Callable[..., None]) -> None:
    if "time" not in d or "entry" in d:
        return
    from sksurv.linear_model import CoxPHSurvivalAnalysis
    from sksurv.nonparametric import kaplan_meier_estimator
    from sksurv.util import Surv

    y = Surv.from_arrays(d["event"] == 1, d["time"])

    def cox(ties: str) -> dict[str, Any]:
        fit = CoxPHSurvivalAnalysis(ties=ties, tol=1e-13, n_iter=200).fit(design(d), y)
        return {"coef": fit.coef_}

    def curve() -> dict[str, Any]:
        at = _times(d)
        time, survival = kaplan_meier_estimator(d["event"] == 1, d["time"])
        return {"times": at, "survival": survival[np.searchsorted(time, at, side="right") - 1]}

    for ties in ("efron", "breslow"):
        add("scikit-survival CoxPH", f"Cox {ties}", lambda ties=ties: cox(ties))
    add("scikit-survival Kaplan-Meier", "Kaplan-Meier", curve)


def of_firthmodels(d: dict[str, np.ndarray], add: Callable[..., None]) -> None:
    from firthmodels import FirthLogisticRegression

    x = design(d)
    center, scale = x.mean(axis=0), x.std(axis=0)

    def firth() -> dict[str, Any]:
        model = FirthLogisticRegression(max_iter=500, gtol=1e-10, xtol=1e-10, max_halfstep=60)
        fit = model.fit((x - center) / scale, d["event"].astype(int))
        return {"coef": [fit.coef_[0] / scale[0]]}

    add("firthmodels", "logistic, Firth, of the exposure", firth)


def of_trial_emulation(d: dict[str, np.ndarray], add: Callable[..., None]) -> None:
    """Person-trials and events of the starters and of the controls of eight periods.

    Who starts and dies within one period is left out here and there: in rows by period that is a
    control's death.
    """
    if "time" not in d:
        return
    import pandas as pd
    from trial_emulation import data_preparation

    kept, window, start = starters(d)
    time, event = d["time"][kept], d["event"][kept]

    def trials() -> dict[str, Any]:
        rows = []
        for i, (end, had, begins) in enumerate(zip(time, event, start[kept], strict=True)):
            last = int(np.ceil(end / window - 1e-9)) - 1  # rows begin at the end of each window
            for period in range(last):
                rows.append(
                    {
                        "id": i,
                        "period": period,
                        "treatment": int(begins < (period + 1) * window),
                        "outcome": int(had == 1 and period == last - 1),
                        "eligible": int(not begins < period * window),
                    }
                )
        table = pd.DataFrame(rows)
        found = data_preparation(table, estimand_type="PP", quiet=True, last_period=7).data
        one = found.groupby(["id", "trial_period"])[["assigned_treatment", "outcome"]].max()
        on = one["assigned_treatment"] == 1
        parts = (one[on], one[~on])
        return {"counts": [c for p in parts for c in (len(p), float(p["outcome"].sum()))]}

    add("trial-emulation", "sequential trials, who is in them", trials)


def starters(d: dict[str, np.ndarray]) -> tuple[np.ndarray, float, np.ndarray]:
    """Who is kept (n,), the length of a period, and when the exposed start (n,), after a fifth."""
    start = np.where(d["arm"] == 1, 0.2 * d["time"], np.nan)
    window = float(np.quantile(d["time"], 0.5, method="inverted_cdf")) / 8 * 1.0001
    together = np.floor(start / window) >= np.ceil(d["time"] / window) - 1
    return ~together, window, start


def _times(d: dict[str, np.ndarray]) -> np.ndarray:
    return np.quantile(d["time"][d["event"] == 1], [0.25, 0.5, 0.75], method="inverted_cdf")


def cases(d: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def add(referee: str, case: str, compute: Callable[[], dict[str, Any]]) -> None:
        try:
            numbers = {k: np.asarray(v, dtype=float).tolist() for k, v in compute().items()}
        except Exception as error:
            print(f"{referee}, {case}: {type(error).__name__}: {str(error)[:80]}")
            return
        if numbers and all(np.isfinite(v).all() for v in numbers.values()):
            found.append({"referee": referee, "case": case} | numbers)

    if "time" in d:
        d = d | {"time": np.maximum(d["time"], 0.01)}
        if "entry" in d:
            d = d | {"entry": np.minimum(d["entry"], d["time"] - 1e-3)}
    peers = (of_statsmodels, of_lifelines, of_scikit_survival, of_firthmodels)
    for peer in (*peers, of_trial_emulation):
        peer(d, add)
    return found


if __name__ == "__main__":
    data = sorted((HERE.parent / "laws" / "data").glob("*.csv"))
    made = {path.stem: cases(read(path)) for path in data}
    (HERE / "peers.json").write_text(json.dumps(made), encoding="utf-8")
