"""Matching on a distance: pairs of row numbers in, nothing else touched.

`nearest` is greedy nearest-neighbour matching, pair for pair as R's MatchIt; `optimal` has the
smallest total distance; `caliper_width` puts a caliper on the scale of the distance.
"""

from ehrivig.stats.matching.caliper import caliper_width, logit
from ehrivig.stats.matching.matches import Matches
from ehrivig.stats.matching.nearest import nearest
from ehrivig.stats.matching.optimal import optimal

__all__ = ["Matches", "caliper_width", "logit", "nearest", "optimal"]
