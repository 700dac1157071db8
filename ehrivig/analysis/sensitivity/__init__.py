"""The analyses beside the main one, one module for each table of effects.csv that they fill.

Which there are, and in which order, says `study.registries.sensitivity`. Every module of this
folder is read, and binds its function to its table (`answer.answers`).
"""

from importlib import import_module
from pkgutil import iter_modules

from ehrivig.analysis.effects import EffectRows
from ehrivig.analysis.sample import Sample
from ehrivig.analysis.sensitivity.answer import ANSWERS, answers
from ehrivig.study import Study
from ehrivig.study.registries.sensitivity import tables

__all__ = ["ANSWERS", "answers", "ask"]

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def ask(sample: Sample, study: Study, rows: EffectRows) -> None:
    """Add the rows of every table that the study asks for, in the order of the registry."""
    for table in tables():
        if study.analysis.asks_for(table):
            ANSWERS[table.name](sample, study, rows)
