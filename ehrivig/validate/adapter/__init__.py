"""Great Expectations on the DuckDB database of a hospital: the only package that imports it.

The engine shares the database's own connection, so nothing is copied and what GX asks is logged
like any other statement. Every count of a table is measured in one SELECT (GX bundles aggregate
metrics of one domain; no suite uses a `row_condition`, which would split the bundle). Only counts
are asked for: the result format is BOOLEAN_ONLY, under which GX requests no values.

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

from ehrivig.validate.adapter.counts import Counted, Found, Relation, count
from ehrivig.validate.adapter.engine import Suspects
from ehrivig.validate.adapter.expectations import expectation


def _forget_gx() -> None:
    """Drop GX before the interpreter takes its modules apart.

    In what order that frees modules, SQLAlchemy's dialect of DuckDB outlives the binding, whose own
    constants are then reported on stderr as leaked.
    """
    for name in [name for name in sys.modules if name.partition(".")[0] == "great_expectations"]:
        del sys.modules[name]


atexit.register(_forget_gx)

__all__ = ["Counted", "Found", "Relation", "Suspects", "count", "expectation"]
