"""A score of 5,000 sparse covariates of 100,000 people, cross-validated: CPU and memory.

    python -m tests.bench.bench_large_scale [--people N] [--covariates P]

The covariates are simulated: each is had by 1 to 10% of the people (19 million cells), 60 of them
tell of the arm. Promised: 120 CPU seconds and 2 GB for 100,000 people and 5,000 covariates.
"""

from __future__ import annotations

import argparse
import resource
from time import process_time

import numpy as np
from scipy.sparse import csc_matrix, csr_matrix

from ehrivig.stats.weighting.lasso_score import lasso_score

SECONDS, MEGABYTES = 120.0, 2000.0
TOLD = 60


def people(n: int, p: int, rng: np.random.Generator) -> tuple[np.ndarray, csr_matrix]:
    """Arm (n,) and who has which covariate (n, p)."""
    share = np.exp(rng.uniform(np.log(0.01), np.log(0.1), p))
    have = [np.sort(rng.choice(n, rng.binomial(n, one), replace=False)) for one in share]
    ends = np.cumsum([0, *(len(rows) for rows in have)])
    rows = np.concatenate(have).astype(np.int32)
    x = csc_matrix((np.ones(len(rows)), rows, ends), shape=(n, p)).tocsr()
    weight = np.zeros(p)
    weight[rng.choice(p, min(TOLD, p), replace=False)] = rng.normal(0, 0.5, min(TOLD, p))
    odds = x @ weight
    return rng.random(n) < 1 / (1 + np.exp(1 - odds + odds.mean())), x


def main() -> None:
    """Print what was found, CPU seconds and memory, each with its promise."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--covariates", type=int, default=5_000)
    given = parser.parse_args()
    arm, x = people(given.people, given.covariates, np.random.default_rng(1))
    start = process_time()
    found = lasso_score(arm, x)
    spent = process_time() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{given.people:,} x {given.covariates:,}, {x.nnz / 1e6:.1f} million cells")
    print(f"kept {found.kept}, C-statistic {found.c_statistic:.3f}, {len(found.loss)} penalties")
    print(f"{'PASS' if spent <= SECONDS else 'FAIL'}  {spent:.0f} CPU s, at most {SECONDS:.0f}")
    print(f"{'PASS' if memory <= MEGABYTES else 'FAIL'}  {memory:.0f} MB, at most {MEGABYTES:.0f}")


if __name__ == "__main__":
    main()
