"""The results of a finished run, read back: for a notebook, and as one file."""

from ehrivig.results.picture import Picture
from ehrivig.results.run import Run

__all__ = ["Picture", "Run"]
