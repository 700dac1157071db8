"""One finished run of the short study on a small demo with its usual defects, made once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from warnings import catch_warnings, simplefilter

from fuzz.base import short_study
from fuzz.quick_pages import quick_pages

from ehrivig import pipeline
from ehrivig.demo import write_demo
from ehrivig.errors import NumericalWarning


@cache
def finished() -> tuple[Path, Path, Path]:
    """The extract, the study file and the run folder; nobody writes into them."""
    home = Path(mkdtemp(prefix="ehrivig-finished-"))
    write_demo(home / "demo", patients=500, hospitals=2, defects="default")
    study = short_study(home / "short.toml")
    with quick_pages(), catch_warnings():
        simplefilter("ignore", NumericalWarning)  # small arms are what they are
        pipeline.run(study, home / "demo", home / "out")
    return home / "demo", study, home / "out"
