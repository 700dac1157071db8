"""Every name in a study file that comes from a list, held to its list.

Works on the content as TOML gives it, so that a file with other mistakes is checked as well.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

from ehrivig.errors import UsageError
from ehrivig.study import beside, mappings, regimen
from ehrivig.study.known_names import KnownNames
from ehrivig.study.lines import Path, lines_of
from ehrivig.study.people import FEATURES
from ehrivig.study.problem import Problem, meant, near, shown
from ehrivig.study.registries import COVARIATES, OUTCOMES, NameList, Registry
from ehrivig.study.registries.criteria import EVIDENCE
from ehrivig.study.registries.names import (
    ANALYTES,
    CHECKS,
    CONDITIONS,
    DRUGS,
    LAYOUTS,
    PRODUCT_TYPES,
    REGIMENS,
    TIMEZONES,
)
from ehrivig.study.section import SLUG

_LISTED = (ANALYTES, CONDITIONS, DRUGS)
"""The lists of names that a study's own code lists add to, and nothing else does."""


@dataclass(frozen=True)
class Named:
    """One name in a study file: where it stands, and the list that it must be in.

    `within`: the place in a file that the study file names there, in words.
    """

    path: Path
    name: str
    names: NameList
    within: str = ""


def part(content: Any, *path: str | int) -> Any:
    """What stands at a place of the content; None where there is nothing."""
    for step in path:
        if isinstance(content, Mapping) and isinstance(step, str):
            content = content.get(step)
        elif isinstance(content, list | tuple) and isinstance(step, int):
            content = content[step] if step < len(content) else None
        else:
            return None
    return content


def items(content: Any, *path: str | int) -> Iterator[tuple[Path, Any]]:
    """The items of a list in the content, each with its place; none where there is no list."""
    found = part(content, *path)
    for number, item in enumerate(found if isinstance(found, list | tuple) else ()):
        yield (*path, number), item


def unknown_names(content: Any, known: KnownNames) -> list[Problem]:
    """One problem for each name that its list does not have, and for each unknown unit."""
    wrong = [one for one in named(content) if not _is_known(one, known)]
    problems = [Problem(one.path, one.within + _unknown(one, known)) for one in wrong]
    problems += list(_unknown_units(content, known, {one.path[:3] for one in wrong}))
    return problems + list(_unknown_features(content, known)) + list(_unquoted(content))


def _is_known(one: Named, known: KnownNames) -> bool:
    """Whether a name is in its list. A machine without time zones cannot say that one is wrong."""
    names = known.of(one.names)
    return one.name in names or not names


def named(content: Any) -> Iterator[Named]:
    """Every name in the content that comes from a list."""
    for section, registry in (("covariates", COVARIATES), ("outcomes", OUTCOMES)):
        yield from _variables(content, section, registry)
    yield from _evidence(content)
    for path, criterion in items(content, "cohort", "criteria"):
        if isinstance(name := part(criterion, "codelist"), str):
            yield Named((*path, "codelist"), name, DRUGS)
    yield from _single(content, ("exposure", "codelist"), DRUGS)
    yield from _single(content, ("extract", "timezone"), TIMEZONES)
    yield from _single(content, ("extract", "layout"), LAYOUTS, lambda name: File(name).is_dir())
    yield from _keys(content, ("quality", "thresholds"), CHECKS)
    yield from _keys(content, ("quality", "severities"), CHECKS)
    yield from _keys(content, ("utilisation", "price_per_g"), PRODUCT_TYPES)
    yield from _regimens(content)
    yield from _mapped(content)


def _variables(content: Any, section: str, registry: Registry[Any]) -> Iterator[Named]:
    """The code of each variable, else its name."""
    for path, variable in items(content, section, "variables"):
        source = part(variable, "from")
        codes = registry[source].codes if source in registry.names else None
        key = "name" if part(variable, "code") is None else "code"
        name = part(variable, key)
        if codes is not None and isinstance(name, str):
            yield Named((*path, key), name, codes)


def _evidence(content: Any) -> Iterator[Named]:
    for path, criterion in items(content, "cohort", "criteria"):
        for (_, number), evidence in items(criterion, "any_of"):
            for key, names in EVIDENCE.items():
                if isinstance(name := part(evidence, key), str):
                    yield Named((*path, "any_of", number, key), name, names)


def _single(
    content: Any,
    path: tuple[str, ...],
    names: NameList,
    otherwise: Callable[[str], bool] = lambda name: False,
) -> Iterator[Named]:
    name = part(content, *path)
    if isinstance(name, str) and not otherwise(name):
        yield Named(path, name, names)


def _keys(content: Any, path: tuple[str, ...], names: NameList) -> Iterator[Named]:
    """The keys of a table that are names."""
    table = part(content, *path)
    for name in table if isinstance(table, Mapping) else ():
        if not isinstance(table[name], Mapping):
            yield Named((*path, name), str(name), names)


def _unquoted(content: Any) -> Iterator[Problem]:
    """Ids of checks whose dot TOML took for a table, since no quotation marks are around them."""
    for key in ("thresholds", "severities"):
        table = part(content, "quality", key)
        for name, inner in table.items() if isinstance(table, Mapping) else ():
            for rest in inner if isinstance(inner, Mapping) else ():
                text = f'the id of a check stands in quotation marks: "{name}.{rest}" = ...'
                yield Problem(("quality", key, name), text)
                break


def _regimens(content: Any) -> Iterator[Named]:
    """The regimens, and the drugs and products of those that can be read."""
    for path, name in items(content, "regimen", "names"):
        if isinstance(name, str) and not File(name).is_file():
            yield Named(path, name, REGIMENS)
        yield from _of_regimen(path, name)


_MAPPED = (
    ("unit", "analyte", ANALYTES),
    ("code", "analyte", ANALYTES),
    ("product", "codelist", DRUGS),
)


def _mapped(content: Any) -> Iterator[Named]:
    """The analytes and drug lists of signed mappings; what else is in the file is judged later."""
    place = ("extract", "mappings")
    file = part(content, *place)
    found, places = _read(file)
    for kind, key, names in _MAPPED:
        for path, entry in items(found, kind):
            if isinstance(name := part(entry, key), str):
                yield Named(place, name, names, beside.place((*path, key), places, File(file)))


def wrong_mappings(content: Any, known: KnownNames) -> list[Problem]:
    """What is wrong with the file of signed mappings, but for names of lists."""
    place, hospitals = ("extract", "mappings"), part(content, "extract", "hospitals")
    name = part(content, *place)
    if not isinstance(name, str) or not name or not File(name).is_file():
        return []  # told as missing
    listed = [one for one in hospitals if isinstance(one, str)] if hospitals else []
    said = mappings.problems_of(File(name), known, listed)
    return [Problem(place, f"{File(name).name}, {one}") for one in said]


def _read(name: Any) -> tuple[Any, dict[Path, int]]:
    """The content of a TOML file and its lines; None where there is none that can be read."""
    try:
        text = File(name).read_text(encoding="utf-8-sig")
        return tomllib.loads(text), lines_of(text)
    except (OSError, ValueError, TypeError, RecursionError):
        return None, {}


def _of_regimen(at: Path, name: Any) -> Iterator[Named]:
    """The drugs and products of a regimen that can be read, each with its place in the file."""
    try:
        steps = regimen.load(name).step if isinstance(name, str) else ()
    except UsageError:
        return
    _, places = _read(name)

    def within(number: int, key: str) -> str:
        return beside.place(("step", number, key), places, File(name)) if places else ""

    for number, step in enumerate(steps):
        yield Named(at, step.drug, DRUGS, within(number, "drug"))
        for product in step.products:
            yield Named(at, product, PRODUCT_TYPES, within(number, "products"))


def _unknown(one: Named, known: KnownNames) -> str:
    """What to say of a name that its list does not have."""
    names, kind = known.of(one.names), one.names.caption.lower()
    text = f"{shown(one.name)} is none of the {kind}. "
    elsewhere = _of_another_kind(one, known)
    if near(one.name, names) is None and elsewhere:
        return f"{text}{elsewhere}"
    text += _most_like(one, names)
    if one.names in _LISTED and near(one.name, names) is None:
        text += " Or bring a list of your own: `ehrivig codelist new`, and codelists = "
        text += '"lists" under [extract].'
    if one.names.open and re.fullmatch(SLUG, one.name):
        listed = f'local_names = {{ {one.names.name} = ["{one.name}"] }}'
        text += f" Or declare that this extract has it: {listed} under [extract]."
    return text


def _most_like(one: Named, names: tuple[str, ...]) -> str:
    """The name that was meant, or where to find all of them."""
    if one.names is REGIMENS:
        return f"{meant(one.name, names)} Or give the path of a TOML file."
    if one.names not in (TIMEZONES, CHECKS) or near(one.name, names):
        return meant(one.name, names)
    if one.names is TIMEZONES:
        return "Write it as in Europe/Berlin."
    return "`ehrivig check` lists the checks in quality/checks.csv."


def _of_another_kind(one: Named, known: KnownNames) -> str:
    """Where else a covariate or outcome of that very name would be found."""
    registries: dict[str, Registry[Any]] = {"covariates": COVARIATES, "outcomes": OUTCOMES}
    registry = registries.get(str(one.path[0]))
    for source in () if registry is None else registry:
        if source.codes not in (None, one.names) and one.name in known.of(source.codes):
            return f'It is one of the {source.codes.caption.lower()}: write from = "{source.name}".'
    return ""


def _unknown_units(content: Any, known: KnownNames, unnamed: set[Path]) -> Iterator[Problem]:
    """Units that a variable cannot be brought to."""
    for path, variable in items(content, "covariates", "variables"):
        source, unit = part(variable, "from"), part(variable, "unit")
        if source not in COVARIATES.names or not isinstance(unit, str):
            continue
        code = part(variable, "code") or part(variable, "name")
        asked = COVARIATES[source]
        units = known.units(str(code)) if asked.unit else asked.units
        if path not in unnamed and unit not in units and (unit or asked.unit):
            yield Problem((*path, "unit"), _unit(unit, str(code), units))


def _unknown_features(content: Any, known: KnownNames) -> Iterator[Problem]:
    """Features of bands that are neither dosing features nor products of the exposure."""
    codelist = part(content, "exposure", "codelist")
    products = known.products(codelist) if isinstance(codelist, str) else ()
    for path, band in items(content, "exposure", "bands"):
        feature = part(band, "feature")
        if isinstance(feature, str) and feature not in (*FEATURES, *products):
            yield Problem(
                (*path, "feature"),
                f"{shown(feature)} is neither a dosing feature nor a product type that the code "
                f"list {codelist} includes. {meant(feature, (*FEATURES, *products))}",
            )


def _unit(unit: str, code: str, units: Iterable[str]) -> str:
    names = [name for name in units if name]
    if not names:
        return f"{shown(unit)}: {code} is shown without a unit. Remove it."
    if not unit:
        return f"is empty, and {code} has a unit. Write one of {', '.join(names)}."
    return f"{shown(unit)} is no unit of {code}. {meant(unit, names)}"
