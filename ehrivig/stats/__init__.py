"""Statistics on arrays: `time`, `event` or `status`, `x`, `group`, `strata`, `cluster`, `weights`.

Every result is a frozen object that carries its event label, its counts and the names of its method
and variance. R is the referee; see `tests/parity`.
"""

from ehrivig.stats.regression.conditional import conditional_logistic
from ehrivig.stats.regression.logistic import logistic
from ehrivig.stats.result import Effect
from ehrivig.stats.survival.competing import cause_specific_cox, cumulative_incidence
from ehrivig.stats.survival.cox import cox
from ehrivig.stats.survival.fine_gray import fine_gray
from ehrivig.stats.survival.gray import gray_test
from ehrivig.stats.survival.kaplan_meier import kaplan_meier
from ehrivig.stats.survival.logrank import logrank

__all__ = [
    "Effect",
    "cause_specific_cox",
    "conditional_logistic",
    "cox",
    "cumulative_incidence",
    "fine_gray",
    "gray_test",
    "kaplan_meier",
    "logistic",
    "logrank",
]
