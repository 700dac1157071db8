"""Every public estimator, how it is called on some rows, and what is read from its result.

A name that the package offers and that stands in no entry fails `test_registry.py`.
"""

from __future__ import annotations

from tests.laws.comparisons import COMPARISONS
from tests.laws.dosed import DOSED
from tests.laws.models import MODELS
from tests.laws.syntheses import SYNTHESES
from tests.laws.time_zero import TIME_ZERO

ESTIMATORS = (*MODELS, *COMPARISONS, *TIME_ZERO, *DOSED, *SYNTHESES)
BY_NAME = {estimator.name: estimator for estimator in ESTIMATORS}
