"""Statistics on arrays: `time`, `event` or `status`, `x`, `group`, `strata`, `cluster`, `weights`.

Every result is a frozen object that carries its event label, its counts and the names of its method
and variance. R is the referee; see `tests/parity`.
"""

from ehrivig.stats.competing import cause_specific_cox, cumulative_incidence
from ehrivig.stats.conditional import conditional_logistic
from ehrivig.stats.cox import cox
from ehrivig.stats.fine_gray import fine_gray
from ehrivig.stats.gray import gray_test
from ehrivig.stats.kaplan_meier import kaplan_meier
from ehrivig.stats.logistic import logistic
from ehrivig.stats.logrank import logrank
from ehrivig.stats.result import Effect

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
