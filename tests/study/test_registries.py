"""The registries: both sides of each hold the same names, and everything derived follows them."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import reference

from ehrivig import resources, study
from ehrivig.analysis.sensitivity import ANSWERS, answers
from ehrivig.concepts import concept
from ehrivig.concepts.library import files
from ehrivig.errors import StudyError
from ehrivig.features import baseline, outcomes
from ehrivig.study.registries import (
    CONCEPTS,
    COVARIATES,
    CRITERIA,
    NAME_LISTS,
    OUTCOMES,
    SENSITIVITY,
    SEVERITIES,
    Entry,
    NameList,
    Registry,
)
from ehrivig.study.registries.concepts import of_severity
from ehrivig.study.registries.criteria import EVIDENCE
from ehrivig.study.registries.names import (
    DEVICES,
    DRUGS,
    FINDINGS,
    PROCEDURES,
    SCORES,
    VITALS,
)
from ehrivig.study.registries.sensitivity import tables

REGISTRIES: list[Registry[Any]] = [
    *(COVARIATES, OUTCOMES, CRITERIA, CONCEPTS, SEVERITIES, SENSITIVITY, NAME_LISTS)
]
PACKAGE = Path(study.__file__).parents[1]


@pytest.fixture
def content() -> dict[str, Any]:
    return tomllib.loads(study.locate("ivig_covid19").read_text(encoding="utf-8"))


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.kind)
def test_an_entry_has_a_name_of_its_own_a_caption_and_a_line(registry: Registry[Entry]) -> None:
    assert len(set(registry.names)) == len(registry.names) > 0
    for entry in registry:
        assert registry[entry.name] is entry
        assert entry.caption
        assert entry.doc
        assert "\n" not in entry.caption + entry.doc
    with pytest.raises(KeyError, match=f"no {registry.kind} 'none'"):
        registry["none"]


def test_every_covariate_source_is_answered_once() -> None:
    for source in COVARIATES:
        ways = [source.concept, source.column, source.name in baseline.FUNCTIONS]
        assert sum(map(bool, ways)) == 1, source.name
        if source.concept:
            window = {"start_hours", "end_hours"} if source.window else set()
            asked = concept(source.concept).parameters
            assert {source.parameter, *window} <= asked, source.name
            assert source.codes is not None
    assert set(baseline.FUNCTIONS) <= set(COVARIATES.names)


def test_every_outcome_source_is_answered_once() -> None:
    for source in OUTCOMES:
        by_function = source.name in outcomes.FUNCTIONS
        assert bool(source.concept) or by_function, source.name
        if by_function:
            assert not source.parameter, source.name
        else:
            asked = concept(source.concept).parameters
            assert source.parameter in asked if source.parameter else not asked, source.name
        if source.also:
            assert OUTCOMES[source.also].parameter
    assert set(outcomes.FUNCTIONS) <= set(OUTCOMES.names)


def test_every_rule_of_one_hospital_is_a_query() -> None:
    queries = {path.stem for path in (resources.sql_folder() / "cohort").glob("rule_*.sql")}
    judged = {rule.name for rule in CRITERIA if not rule.network}
    assert {f"rule_{name}" for name in judged - {"severity"}} == queries


def test_every_definition_of_severity_is_a_concept() -> None:
    assert {of_severity(name) for name in SEVERITIES.names} == {
        name for name in files() if name.startswith("severe_")
    }


def test_every_query_with_three_answers_can_be_named() -> None:
    """A concept whose last SELECT gives met and first_at, and that needs no value."""
    found = set()
    for name, path in files().items():
        code = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
        head = code.rsplit("\nSELECT", 1)[-1].split("\nFROM")[0]
        columns = {part.split()[-1].split(".")[-1] for part in head.split(",\n") if part.split()}
        if {"met", "first_at"} <= columns and not concept(name).parameters:
            found.add(name)
    assert found == set(CONCEPTS.names)


def test_every_table_of_effects_has_one_function() -> None:
    names = [table.name for table in tables()]
    assert len(set(names)) == len(names)
    assert set(ANSWERS) == set(names)
    assert {entry.table.name for entry in SENSITIVITY} <= set(names)
    with pytest.raises(ValueError, match="two functions fill table 'hospital'"):
        answers("hospital")(ANSWERS["hospital"])
    assert set(ANSWERS) == set(names)


def test_the_keys_of_a_table_are_keys_of_the_analysis(content: dict[str, Any]) -> None:
    content["analysis"] = {}
    content["study"]["reproduction"] = True
    content["study"]["estimand"] |= {"analysis": "matched", "target": "ATT"}
    plain = study.parse(content).analysis
    assert not any(plain.asks_for(table) for table in tables())
    for table in tables():
        for key in table.keys:
            assert key in study.Analysis.model_fields
    asked = {
        "missing_data": {"missing": "multiple_imputation"},
        "negative_control": {"negative_controls": ("shock",)},
        "hospital": {"pool_hospitals": True},
    }
    for name, keys in asked.items():
        plan = plain.model_copy(update=keys)
        assert [t.name for t in tables() if plan.asks_for(t)] == [name]
    for entry in SENSITIVITY:
        plan = plain.model_copy(update={"sensitivity": (entry.name,)})
        assert [t for t in tables() if plan.asks_for(t)] == [entry.table]


PLACES = [
    ("covariates.variables.0.from", "covariates.age.from", COVARIATES),
    ("outcomes.variables.0.from", "outcomes.death_28d.from", OUTCOMES),
    ("cohort.criteria.0.rule", "cohort.criteria.in_period.rule", CRITERIA),
    ("cohort.severity", "cohort.severity", SEVERITIES),
    ("analysis.sensitivity.0", "analysis.sensitivity", SENSITIVITY),
]


@pytest.mark.parametrize(("place", "said", "registry"), PLACES, ids=lambda value: str(value)[:20])
def test_an_unknown_name_is_refused_with_the_known_ones(
    place: str, said: str, registry: Registry[Entry], content: dict[str, Any]
) -> None:
    *path, last = [int(part) if part.isdigit() else part for part in place.split(".")]
    node: Any = content
    for part in path:
        node = node[part]
    node[last] = "no_such"
    listed = ", ".join(registry.names)
    with pytest.raises(StudyError, match=re.escape(f"{said}: 'no_such' is none of {listed}.")):
        study.parse(content)


@pytest.mark.parametrize(
    ("section", "key", "registry"),
    [
        ("Covariate", "from", COVARIATES),
        ("Outcome", "from", OUTCOMES),
        ("Criterion", "rule", CRITERIA),
        ("Cohort", "severity", SEVERITIES),
        ("Analysis", "sensitivity", SENSITIVITY),
    ],
)
def test_the_schema_lists_and_describes_every_name(
    section: str, key: str, registry: Registry[Entry]
) -> None:
    found = json.loads(study.json_schema())["$defs"][section]["properties"][key]
    found = found.get("items", found)
    assert found["enum"] == list(registry.names)
    lines = found["description"].split("\n")
    assert lines[-len(registry.names) :] == [f"{e.name}: {e.doc}" for e in registry]


def test_the_page_of_the_study_file_lists_what_the_registries_hold() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    assert page.count(reference.BEGIN) == page.count(reference.END) == 1
    assert reference.renewed(page) == page, (
        "the registries have changed: run `python -m tests.study.reference`"
    )


def _named(plan: study.Study) -> list[tuple[str, str, NameList]]:
    """Place, name and list of every name in a study that comes from a list."""
    sources = [(v, COVARIATES[v.source].codes) for v in plan.covariates.variables]
    sources += [(v, OUTCOMES[v.source].codes) for v in plan.outcomes.variables]
    found = [(v.name, v.code or v.name, codes) for v, codes in sources if codes is not None]
    for criterion in plan.cohort.criteria:
        for evidence in criterion.any_of:
            for key, codes in EVIDENCE.items():
                if (name := getattr(evidence, key)) is not None:
                    found.append((criterion.name, name, codes))
    found.append(("exposure", plan.exposure.codelist, DRUGS))
    regimen = [] if plan.regimen is None else plan.regimen.drugs
    return found + [("regimen", drug, DRUGS) for drug in regimen]


@pytest.mark.parametrize("name", study.packaged())
def test_every_name_in_a_packaged_study_is_in_its_list(name: str) -> None:
    named = _named(study.load(name))
    assert named
    assert [(place, n) for place, n, codes in named if n not in codes.names] == []


def _accepted(table: str, column: str) -> set[str]:
    """The values that the suite of a table accepts in a column."""
    suite = json.loads((resources.expectations_folder() / f"{table}.json").read_text())
    keys = [expectation["kwargs"] for expectation in suite["expectations"]]
    sets = [key["value_set"] for key in keys if "value_set" in key and key["column"] == column]
    assert len(sets) == 1
    return set(sets[0])


def test_devices_and_vitals_are_those_that_the_gate_accepts() -> None:
    assert set(DEVICES.names) == _accepted("respiratory_support", "device")
    assert set(VITALS.names) == _accepted("vital", "vital_code")


@pytest.mark.parametrize(
    ("column", "names"),
    [("finding_code", FINDINGS), ("procedure_code", PROCEDURES), ("score_code", SCORES)],
)
def test_what_the_concepts_and_the_code_list_speak_of_is_listed(
    column: str, names: NameList
) -> None:
    spoken: set[str] = set()
    for path in files().values():
        text = path.read_text(encoding="utf-8")
        for part in re.findall(rf"{column}\s+IN\s+\(([^)]*)\)|{column} = ('\w+')", text):
            spoken |= set(re.findall(r"'(\w+)'", "".join(part)))
    kind = column.removesuffix("_code")
    events = resources.codelists_folder() / "events.csv"
    rows = [line.split(",") for line in events.read_text(encoding="utf-8").splitlines()]
    spoken |= {row[1] for row in rows if row[0] == kind}
    assert spoken <= set(names.names)
    assert spoken or column == "score_code"


def test_study_stands_on_code_lists_and_nothing_above() -> None:
    allowed = ("ehrivig.study", "ehrivig.codes", "ehrivig.resources", "ehrivig.errors")
    allowed += ("ehrivig.contract",)
    allowed += ("ehrivig.stats.weighting.estimands",)  # the registry of estimands
    for path in (PACKAGE / "study").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "ehrivig":
                names = [f"ehrivig.{alias.name}" for alias in node.names]
            else:
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert not name.startswith("ehrivig") or name.startswith(allowed), path.name


def test_importing_a_study_reads_no_code_list() -> None:
    code = "import sys; from ehrivig import study; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "polars" not in done.stdout
    assert "ehrivig.study.registries.names" in done.stdout
