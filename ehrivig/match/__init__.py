"""Matching on a distance: pairs of row numbers in, nothing else touched.

`nearest` is greedy nearest-neighbour matching, pair for pair as R's MatchIt; `optimal` has the
smallest total distance; `caliper_width` puts a caliper on the scale of the distance.
"""

from ehrivig.match.caliper import caliper_width, logit
from ehrivig.match.nearest import nearest
from ehrivig.match.optimal import optimal
from ehrivig.match.result import Matches

__all__ = ["Matches", "caliper_width", "logit", "nearest", "optimal"]
