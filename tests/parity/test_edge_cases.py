"""The edges against R: zero cells, covariates far from zero, large strata, few studies, late entry.

`edge_cases.R` makes `edge_cases.json`; nothing here needs R.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ehrivig.stats.tables.paired import paired_risk_difference

pytestmark = pytest.mark.parity

R: dict[str, Any] = json.loads(
    (Path(__file__).parent / "edge_cases.json").read_text(encoding="utf-8")
)
PAIRS = 5e-8  # R maximises over the discordance by golden section, good to about 1e-8


@pytest.mark.parametrize("case", R["pairs"], ids=lambda r: f"{r['b']}-{r['c']}-{r['n']}")
def test_score_limits_of_pairs(case: dict[str, Any]) -> None:
    b, c, n = case["b"], case["c"], case["n"]
    found = paired_risk_difference(n - b - c, b, c, 0)
    assert (found.lo, found.hi) == pytest.approx(case["limits"], abs=PAIRS)
    assert found.p == pytest.approx(case["p"], rel=1e-9)
