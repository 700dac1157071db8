"""The results of a finished run, read back: for a notebook, and as one file."""

from ehrivig.results.drawing import Drawing
from ehrivig.results.run import Run

__all__ = ["Drawing", "Run"]
