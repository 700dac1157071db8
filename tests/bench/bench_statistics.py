"""Ratios of our time to other programs', in one run on one machine; prints a table, checks nothing.

    python tests/bench/bench_statistics.py [--rows 100000 1000000] [--without-r] [--skip NAME ...]

Each time is the least of three runs (one run for those that take long). Programs that are not
installed are left out. R runs in its own process, on the same data, timed inside.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
from rivals import verdicts

from ehrivig.match import nearest, optimal
from ehrivig.match.score import propensity
from ehrivig.stats.regression.conditional import conditional_logistic
from ehrivig.stats.regression.logistic import logistic

R_SCRIPT = """
a <- commandArgs(TRUE); n <- as.integer(a[2]); p <- as.integer(a[3]); what <- a[4]
f <- file(a[1], "rb"); X <- matrix(readBin(f, "double", n * p), n); t <- readBin(f, "double", n)
y <- readBin(f, "double", n); s <- readBin(f, "double", n); close(f)
d <- data.frame(X); d$t <- t; d$y <- y; d$s <- s
xs <- paste0("X", 1:p); best <- function(k, e) { e <- substitute(e); m <- Inf
  for (i in 1:k) m <- min(m, system.time(eval(e, parent.frame()))[["elapsed"]]); m }
ok <- function(q) suppressWarnings(suppressMessages(requireNamespace(q, quietly = TRUE)))
if (what == "glm") cat(best(2, glm(reformulate(xs, "t"), binomial, d)))
if (what == "match" && ok("MatchIt")) { v <- packageVersion("MatchIt")
  ps <- fitted(glm(reformulate(xs, "t"), binomial, d))
  if (v >= "4.6") cat(best(1, suppressWarnings(MatchIt::matchit(t ~ X1, d, distance = ps,
    caliper = 0.02, std.caliper = FALSE)))) }
if (what == "clogit" && ok("survival")) { library(survival)
  cat(best(1, clogit(as.formula(paste("y ~", paste(xs, collapse = "+"), "+ strata(s)")), d))) }
"""


def cohort(n: int, p: int, seed: int) -> dict[str, np.ndarray]:
    """Covariates (n, p), treatment, death, and pairs of neighbouring rows."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p))
    x[:, ::2] = x[:, ::2] > 0.5
    eta = x @ rng.normal(0, 0.25, p)
    treated = (rng.random(n) < 1 / (1 + np.exp(-eta + eta.mean()))).astype(float)
    death = rng.random(n) < 1 / (1 + np.exp(0.6 - eta + 0.3 * treated))
    return {"x": x, "t": treated, "y": death.astype(float), "s": np.arange(n) // 2.0}


def best_of(run: Callable[[], object], times: int = 3) -> float:
    """The least seconds of some runs."""
    least = np.inf
    for _ in range(times):
        start = perf_counter()
        run()
        least = min(least, perf_counter() - start)
    return float(least)


def in_r(data: dict[str, np.ndarray], what: str) -> float | None:
    """Seconds that R takes for one of the tasks; None without R or the package."""
    if shutil.which("Rscript") is None:
        return None
    n, p = data["x"].shape
    with tempfile.TemporaryDirectory() as folder:
        script, numbers = Path(folder) / "task.R", Path(folder) / "data.bin"
        script.write_text(R_SCRIPT, encoding="utf-8")
        with numbers.open("wb") as file:
            for part in (data["x"].T, data["t"], data["y"], data["s"]):
                np.ascontiguousarray(part).tofile(file)
        run = ["Rscript", str(script), str(numbers), str(n), str(p), what]
        out = subprocess.run(run, capture_output=True, text=True, check=False).stdout
    return float(out) if out.strip() else None


def other_logits(x: np.ndarray, t: np.ndarray) -> dict[str, Callable[[], object]]:
    """The same unpenalised fit by the Python programs that are installed."""
    found: dict[str, Callable[[], object]] = {}
    try:
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-8)
        found["scikit-learn newton-cholesky"] = lambda: model.fit(x, t)
    except ImportError:
        pass
    try:
        import statsmodels.api as sm

        design = sm.add_constant(x)
        found["statsmodels Logit"] = lambda: sm.Logit(t, design).fit(disp=0)
        found["statsmodels GLM"] = lambda: sm.GLM(t, design, family=sm.families.Binomial()).fit()
    except ImportError:
        pass
    return found


OURS: dict[tuple[str, int], float] = {}
RIVALS: dict[tuple[str, int, str], float] = {}


def report(name: str, n: int, ours: float, others: dict[str, float | None]) -> None:
    """One line per competitor: seconds and how many times ours."""
    OURS[name, n] = ours
    RIVALS.update({(name, n, k): s for k, s in others.items() if s is not None})
    task = f"{name} {n:,} x 20"
    print(f"{task:<42} ehrivig {ours:8.3f} s", flush=True)
    for name, seconds in others.items():
        if seconds is not None:
            print(f"{'':<42} {name} {seconds:.3f} s = {seconds / ours:.1f} x", flush=True)


def bench(n: int, with_r: bool, skip: set[str]) -> None:
    """All tasks at one number of rows."""
    data = cohort(n, 20, 1)
    x, t, y, s = data["x"], data["t"], data["y"], data["s"]
    r = in_r if with_r else lambda _data, _what: None
    times = 3 if n <= 200_000 else 2
    if "logit" not in skip:
        others = {k: best_of(f, times) for k, f in other_logits(x, t).items()}
        report("logit", n, best_of(lambda: logistic(t, x)), others | {"R glm": r(data, "glm")})
    score = propensity(t, x)
    fit = best_of(lambda: propensity(t, x))
    report("propensity score", n, fit, {})
    if "match" not in skip:
        seconds = {o: best_of(lambda o=o: nearest(score, t, 0.02, order=o, seed=1), times)
                   for o in ("largest", "random", "closest")}  # fmt: skip
        theirs = r(data, "match")
        report("nearest, largest", n, seconds["largest"], {"R MatchIt 4.7.2": theirs})
        total = fit + seconds["largest"]
        both = None if theirs is None else theirs + (r(data, "glm") or 0.0)
        report("score and nearest", n, total, {"R glm + MatchIt 4.7.2": both})
        for order in ("random", "closest"):
            report(f"nearest, {order}", n, seconds[order], {})
        report("optimal on the line", n, best_of(lambda: optimal(score, t, 0.02), times), {})
    if "clogit" not in skip:
        ours = best_of(lambda: conditional_logistic(y, x, s))
        report("conditional logit of pairs", n, ours, {"R clogit": r(data, "clogit")})
    if "cluster" not in skip:
        pairs = s.astype(int)
        ours = best_of(lambda: logistic(y, x, cluster=pairs), times)
        report("pair-clustered logit", n, ours, {})
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory of this process so far {peak:.2f} GB", flush=True)


def own_peak_gb() -> float:
    """Peak resident GB of this program alone; getrusage would count its parent's before exec."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def peak_gb_of_matching(n: int) -> float:
    """GB that a process holds at most while it scores and matches n people, their data included.

    Linear growth shows in the seconds printed: 17 covariates, half of them yes/no.
    """
    rng = np.random.default_rng(1)
    x = np.empty((n, 17))
    for start in range(0, n, 100_000):  # no second copy while drawing
        part = rng.normal(size=(min(100_000, n - start), 17))
        part[:, ::2] = part[:, ::2] > 0.5
        x[start : start + len(part)] = part
    t = (rng.random(n) < 1 / (1 + np.exp(-0.15 * x.sum(axis=1)))).astype(float)
    begin = perf_counter()
    found = nearest(propensity(t, x), t, 0.02, order="largest", seed=1)
    seconds = perf_counter() - begin
    peak = own_peak_gb()
    print(f"score and nearest {n:,} x 17: {seconds:.2f} s, {len(found.treated):,} pairs, ", end="")
    print(f"peak {peak:.2f} GB")
    return peak


def memory_promises() -> None:
    """1 million people within 1 GB and 10 million within 4 GB, each in a process of its own."""
    for n, most in ((1_000_000, 1.0), (10_000_000, 4.0)):
        call = [sys.executable, __file__, "--memory-of", str(n)]
        said = subprocess.run(call, capture_output=True, text=True, check=True).stdout.strip()
        peak = float(said.rsplit("peak ", 1)[1].removesuffix(" GB"))
        print(f"  {'PASS' if peak <= most else 'FAIL'}  within {most:g} GB: {said}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--without-r", action="store_true")
    parser.add_argument("--skip", nargs="*", default=[])
    parser.add_argument("--memory-of", type=int, help="only the peak memory at so many rows")
    parser.add_argument("--memory", action="store_true", help="also 1 and 10 million in memory")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.memory_of:
        peak_gb_of_matching(options.memory_of)
        return
    print(f"python {sys.version.split()[0]}, numpy {np.__version__}")
    for n in options.rows:
        bench(n, not options.without_r, set(options.skip))
    print("\n".join(verdicts(OURS, RIVALS)))
    for n, seconds in ((n, OURS.get(("optimal on the line", n))) for n in options.rows):
        if n == 1_000_000 and seconds is not None:
            verdict = "PASS" if seconds < 2 else "FAIL"
            print(f"  {verdict}  optimal on the line, {n:,} rows, under 2 s: {seconds:.2f} s")
    if options.memory:
        memory_promises()


if __name__ == "__main__":
    main()
