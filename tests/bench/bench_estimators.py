"""One row per estimator of the laws: our time, and how many times that of the best peer.

    python -m tests.bench.bench_estimators [--rows 10000 100000] [--only NAME ...] [--write]

Time is CPU seconds of one call on generated patients, the least of three (of one above 2 s). Peers
(statsmodels, lifelines, scikit-survival, R's survival, cmprsk, stats) run on the same data in this
run; those that are not installed are left out. `--write` keeps the table as `estimators.csv`.
"""

from __future__ import annotations

import argparse
import csv
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np

from ehrivig.errors import EhrivigError
from tests.laws.estimator import Estimator
from tests.laws.estimators import ESTIMATORS
from tests.laws.rows import Rows, generated

TABLE = Path(__file__).with_name("estimators.csv")
TOO_SLOW = {"Cox, exact ties": 2_000, "logistic, Firth": 20_000, "logistic, profile": 20_000}
"""Largest number of rows for estimators that nobody asks of more."""
R_LARGEST = {"Fine-Gray": 5_000}
"""Largest number of rows at which R's function ends within minutes."""
R_TASKS = {
    "logistic": "glm(event ~ arm + x1 + x2 + x3, binomial, d)",
    "conditional logistic": "clogit(event ~ arm + strata(pair), p)",
    "conditional logistic, strata": "clogit(event ~ arm + x1 + x2 + x3 + strata(cluster), d)",
    "Cox": "coxph(Surv(time, event) ~ arm + x1 + x2 + x3, d)",
    "Cox, Breslow": "coxph(Surv(time, event) ~ arm + x1 + x2 + x3, d, ties = 'breslow')",
    "Cox, clustered": "coxph(Surv(time, event) ~ arm + x1 + x2 + x3, d, cluster = cluster)",
    "Cox, late entry": "coxph(Surv(entry, time, event) ~ arm + x1 + x2 + x3, d)",
    "Kaplan-Meier": "survfit(Surv(time, event) ~ arm, d)",
    "log-rank": "survdiff(Surv(time, event) ~ arm, d)",
    "proportional hazards": "cox.zph(coxph(Surv(time, event) ~ arm + x1 + x2 + x3, d))",
    "Welch": "t.test(value ~ arm, d)",
    "Kruskal-Wallis": "kruskal.test(value ~ arm, d)",
    "ANCOVA": "lm(value ~ x1 + arm, d)",
    "Fine-Gray": "cmprsk::crr(d$time, d$status, d[, c('arm', 'x1', 'x2', 'x3')])",
    "Fisher": "fisher.test(table(d$arm, d$event))",
}


def seconds(run: Callable[[], object]) -> float:
    """CPU seconds of one call, the least of three unless one takes long."""
    least = np.inf
    for _ in range(3):
        start = process_time()
        run()
        least = min(least, process_time() - start)
        if least > 2:
            break
    return float(least)


def ours(estimator: Estimator, rows: Rows) -> float | None:
    """Our seconds; None where the estimator refuses these rows."""
    args, kwargs = estimator.call(rows)
    try:
        return seconds(lambda: estimator.function(*args, **kwargs))
    except EhrivigError:
        return None


def of_python(name: str, rows: Rows) -> dict[str, Callable[[], object]]:
    """The same question to the Python programs that are installed."""
    found: dict[str, Callable[[], object]] = {}
    try:
        import statsmodels.api as sm

        if name == "logistic":
            design = sm.add_constant(rows.full)
            found["statsmodels Logit"] = lambda: sm.Logit(rows.event, design).fit(disp=0)
        if name in ("Cox", "Cox, Breslow") and rows.n <= 20_000:
            ties = "efron" if name == "Cox" else "breslow"
            model = sm.PHReg(rows.time, rows.full, rows.event, ties=ties)
            found["statsmodels PHReg"] = model.fit
    except ImportError:
        pass
    if name == "Cox":
        found |= _lifelines(rows) | _scikit_survival(rows)
    return found


def _lifelines(rows: Rows) -> dict[str, Callable[[], object]]:
    try:
        import pandas as pd
        from lifelines import CoxPHFitter
    except ImportError:
        return {}
    table = pd.DataFrame(rows.full, columns=list("axyz"))
    table["time"], table["event"] = rows.time, rows.event
    return {"lifelines": lambda: CoxPHFitter().fit(table, "time", "event")}


def _scikit_survival(rows: Rows) -> dict[str, Callable[[], object]]:
    try:
        from sksurv.linear_model import CoxPHSurvivalAnalysis
        from sksurv.util import Surv
    except ImportError:
        return {}
    y = Surv.from_arrays(rows.event == 1, rows.time)
    return {"scikit-survival": lambda: CoxPHSurvivalAnalysis(ties="efron").fit(rows.full, y)}


def of_r(rows: Rows, names: list[str]) -> dict[str, float]:
    """CPU seconds of R's functions, by estimator; empty without R."""
    if shutil.which("Rscript") is None:
        return {}
    lines = [
        "suppressMessages(library(survival)); d <- read.csv('d.csv'); p <- read.csv('p.csv')",
        "best <- function(e) { m <- Inf; for (i in 1:3) { s <- sum(system.time(eval(e))[1:2]);"
        " m <- min(m, s); if (m > 2) break }; m }",
        *(f"cat('{n}', best(quote({R_TASKS[n]})), sep = '\\t', '\\n')" for n in names),
    ]
    people, pair = rows.paired()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _write(place / "d.csv", rows, {})
        _write(place / "p.csv", people, {"pair": pair})
        (place / "task.R").write_text("\n".join(lines), encoding="utf-8")
        done = subprocess.run(
            ["Rscript", "task.R"], cwd=place, capture_output=True, text=True, check=False
        )
    cells = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
    return {name: float(value) for name, value, *_ in cells}


def _write(path: Path, rows: Rows, more: dict[str, Any]) -> None:
    """The columns that R's tasks name."""
    x = {f"x{j + 1}": rows.x[:, j] for j in range(rows.x.shape[1])}
    names = ("event", "arm", "time", "status", "entry", "cluster", "value")
    columns = {name: getattr(rows, name) for name in names} | x | more
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def measured(n: int, only: list[str]) -> list[dict[str, Any]]:
    """A row per estimator at n rows."""
    rows, table = generated(1, n), []
    chosen = [e for e in ESTIMATORS if (not only or e.name in only)]
    asked = [e.name for e in chosen if e.name in R_TASKS and n <= R_LARGEST.get(e.name, n)]
    in_r = of_r(rows, asked)
    for estimator in chosen:
        if n > TOO_SLOW.get(estimator.name, n):
            continue
        mine = ours(estimator, rows)
        peers = {name: seconds(run) for name, run in of_python(estimator.name, rows).items()}
        peers |= {"R": in_r[estimator.name]} if estimator.name in in_r else {}
        best = min(peers, key=peers.__getitem__) if peers else ""
        ratio = round(peers[best] / mine, 1) if best and mine else ""
        every = ", ".join(f"{k} {v / mine:.1f}" for k, v in sorted(peers.items())) if mine else ""
        shown = "" if mine is None else f"{mine:.5f}"
        table.append(
            {"estimator": estimator.name, "rows": n, "seconds": shown, "peer": best, "times": ratio}
        )
        print(
            f"{estimator.name:32s} {n:9,d} {shown or 'refused':>10s} s  {ratio} x {best} ({every})"
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    table = [row for n in options.rows for row in measured(n, options.only)]
    if options.write:
        with TABLE.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(table[0]))
            writer.writeheader()
            writer.writerows(table)


if __name__ == "__main__":
    main()
