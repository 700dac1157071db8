"""Chart review of a sample of a run: a workbook to fill in, and what the filled one says."""

from ehrivig.results.review.accuracy import Reviewed, reviewed
from ehrivig.results.review.sheet import write

__all__ = ["Reviewed", "reviewed", "write"]
