"""Statistics on arrays: `time`, `event` or `status`, `x`, `group`, `strata`, `cluster`, `weights`.

Every result is a frozen object that carries its event label, its counts and the names of its method
and variance. R is the referee; see `tests/parity`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ehrivig.stats.regression.conditional import conditional_logistic as conditional_logistic
    from ehrivig.stats.regression.logistic import logistic as logistic
    from ehrivig.stats.result import Effect as Effect
    from ehrivig.stats.survival.competing import cause_specific_cox as cause_specific_cox
    from ehrivig.stats.survival.competing import cumulative_incidence as cumulative_incidence
    from ehrivig.stats.survival.cox import cox as cox
    from ehrivig.stats.survival.fine_gray import fine_gray as fine_gray
    from ehrivig.stats.survival.gray import gray_test as gray_test
    from ehrivig.stats.survival.kaplan_meier import kaplan_meier as kaplan_meier
    from ehrivig.stats.survival.logrank import logrank as logrank

_MODULES = {
    "Effect": "result",
    "cause_specific_cox": "survival.competing",
    "conditional_logistic": "regression.conditional",
    "cox": "survival.cox",
    "cumulative_incidence": "survival.competing",
    "fine_gray": "survival.fine_gray",
    "gray_test": "survival.gray",
    "kaplan_meier": "survival.kaplan_meier",
    "logistic": "regression.logistic",
    "logrank": "survival.logrank",
}

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


def __getattr__(name: str) -> Any:
    """Estimators are imported when they are first used: the study file needs only their names."""
    if name in _MODULES:
        return getattr(import_module(f"ehrivig.stats.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'ehrivig.stats' has no attribute {name!r}")
