"""Delimited text (CSV, TSV, also packed by gzip) as parts of a table.

Every column is text: what a value is, the casts of the layout say, and nothing is guessed from the
values. A file is read once, strictly, into a Parquet copy of the same rows in a folder of the run's
own; from there on it is a part like any other.
"""

from ehrivig.extract.delimited.copy import copied
from ehrivig.extract.delimited.dialect import Dialects, declared

__all__ = ["Dialects", "copied", "declared"]
