"""The results of a finished run, read back: for a notebook, and as one file."""

from ehrivig.results.figure import Figure
from ehrivig.results.run import Run

__all__ = ["Figure", "Run"]
