"""From a hospital warehouse dump to a defensible treatment-effect study.

One row's way: Parquet -> `extract` (a layout's SELECT makes it a canonical row) -> `validate` (the
gate keeps it, or quarantines it with a reason) -> `cohort`, `features` (one row per admission) ->
`match` (score, pairs) -> `analysis` (tables, effects) -> `report`. `pipeline.run` is that
sentence as code. Notebooks use the same pieces: `run`, `open`, `match`, `stats`, `meta`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ehrivig import match as match
    from ehrivig import meta as meta
    from ehrivig import stats as stats
    from ehrivig.pipeline import run_and_open as run
    from ehrivig.results import Run as open
    from ehrivig.study import load as load_study

__version__ = "0.2.0.dev0"
"""The release that this is, or with .dev0 the one that it will become."""

__all__ = ["load_study", "match", "meta", "open", "run", "stats"]

_LATER = {
    "run": ("ehrivig.pipeline", "run_and_open"),
    "open": ("ehrivig.results", "Run"),
    "load_study": ("ehrivig.study", "load"),
}


def __getattr__(name: str) -> Any:
    """Heavy parts are imported when they are first used."""
    if name in _LATER:
        module, attribute = _LATER[name]
        return getattr(import_module(module), attribute)
    if name in __all__:
        return import_module(f"ehrivig.{name}")
    raise AttributeError(f"module 'ehrivig' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
