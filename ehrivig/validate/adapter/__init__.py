"""Great Expectations and the DuckDB database of some hospitals: the only package that imports it.

The suites are GX's, and so is the condition of a row that violates an expectation; the rows of a
table are counted under all its conditions in one SELECT, grouped by hospital. Only counts leave the
database: nobody asks for values.

Importing this package costs seconds: do it only where a table is measured or the site is built.
"""

import atexit
import os
import sys
import warnings

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # before GX is imported: no telemetry
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # deprecations inside GX and its dependencies
    import duckdb_engine  # noqa: F401
    import great_expectations  # noqa: F401

from ehrivig.validate.adapter.counts import Found, Numbers, Relation, count
from ehrivig.validate.adapter.expectations import expectation
from ehrivig.validate.adapter.plans import Counted


def _forget_gx() -> None:
    """Drop GX before the interpreter takes its modules apart.

    In what order that frees modules, SQLAlchemy's dialect of DuckDB outlives the binding, whose own
    constants are then reported on stderr as leaked.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] == "great_expectations"]:
        del sys.modules[name]


atexit.register(_forget_gx)

__all__ = ["Counted", "Found", "Numbers", "Relation", "count", "expectation"]
