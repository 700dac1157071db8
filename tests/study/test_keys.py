"""Every key of the study file: described, with an example that is one, on the page, and read."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import pytest
import reference
from fuzz.quick_pages import quick_pages
from pydantic import TypeAdapter

from ehrivig import pipeline, study
from ehrivig.demo import write_demo
from ehrivig.study.fields import Key, keys
from ehrivig.study.lines import lines_of
from ehrivig.study.references import TAKEN
from ehrivig.study.registries import MOVING, NAME_LISTS
from ehrivig.study.registries.daily import DAILY
from ehrivig.study.section import Section

PACKAGE = Path(study.__file__).parents[1]
VALUES = [key for key in keys() if key.inner is None or not isinstance(key.info.annotation, type)]
VALUES = [key for key in VALUES if key.info.examples]
OF_OTHER_SOURCES = {
    "extract.codelists": "study/known_names.py",
    "extract.dates": "study/clock.py",
    "extract.drug_quantity": "extract/resolved.py",
    "extract.drug_types_given": "extract/stages.py",
    "extract.emergency_visits": "extract/stages.py",
    "extract.hospital_level": "extract/stages.py",
    "quality.hospitals": "validate/gate.py",
    "quality.block": "validate/gate.py",
    "quality.quarantine": "validate/judgement.py",
    "cohort.criteria.any_of.concept": "cohort/criteria.py",
    "study.estimand.measure": "study/whole.py",
    "match.hospital": "study/whole.py",
    "analysis.grace_hours": "study/whole.py",
}
"""Keys that a good run of the native demo has no use for, and who reads them."""
SCHEMA = json.loads(study.json_schema())


def dotted(key: Key) -> str:
    return ".".join(key.path)


def objects(node: Any) -> Iterator[dict[str, Any]]:
    """Every section of the schema."""
    if isinstance(node, dict):
        if "properties" in node:
            yield node
        for part in node.values():
            yield from objects(part)
    elif isinstance(node, list):
        for part in node:
            yield from objects(part)


def test_the_schema_says_of_every_key_what_it_is() -> None:
    sections = list(objects(SCHEMA))
    assert len(sections) > 15
    for section in sections:
        assert section["additionalProperties"] is False
        assert section["description"]
        for name, key in section["properties"].items():
            where = f"{section['title']}.{name}"
            assert "$ref" in key or key["description"], where
            assert name in section.get("required", ()) or "default" in key or "$ref" in key, where
            plain = not {"$ref"} & set(key) and "$ref" not in str(key.get("anyOf", ""))
            assert "examples" in key or not plain, where


@pytest.mark.parametrize("key", VALUES, ids=dotted)
def test_an_example_is_one(key: Key) -> None:
    limits = (*key.info.metadata, None)
    adapter = TypeAdapter(Annotated[key.info.annotation, *limits])  # type: ignore[misc]
    for example in key.info.examples or ():
        adapter.validate_json(json.dumps(example), strict=True)
        text = f"x = {reference.toml(example)}\n"
        assert ("x",) in lines_of(text)


def test_the_page_has_every_key_with_what_it_may_be() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    for key in keys():
        if len(key.path) == 1:
            continue
        heading = f"### `[{'.'.join(key.path[:-1])}]`"
        section = page.partition(heading + "\n")[2].partition("\n###")[0]
        (line,) = [row for row in section.splitlines() if row.startswith(f"| `{key.path[-1]}` |")]
        assert (key.info.description or "").split("\n")[0] in line
        values = reference._limits(key)[0]
        assert all(f"`{value}`" in line for value in values)
        assert bool(key.info.examples) == (not line.endswith("|  |"))


def test_the_page_has_every_name_of_every_list_but_the_time_zones() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    listed = [names for names in NAME_LISTS if names.name != "timezones"]
    assert len(listed) > 12
    for names in listed:
        (line,) = [row for row in page.splitlines() if row.startswith(f"| {names.caption} |")]
        assert all(f"`{name}`" in line for name in names.names), names.name


EVERYTHING = """
[regimen]
names = ["igma_sepsis"]

[report]
smallest_cell = 5
counts_rounded_to = 5
small_cells_signed_by = "A. Steward"
small_cells_reason = "synthetic data"
authors = "A. Author, <B> & Co"
"""


LIMITS = "within_days = 7, at_least = 30, at_most = 900, times_baseline_at_least = 1.5"
REACHED = f"""
  {{ name = "plt_up", label = "Platelets up", from = "lab_reached", code = "platelets", {LIMITS} }},
  {{name = "half", label = "H", from = "lab_reached", code = "crp", times_baseline_at_most = 0.5}},
  {{ name = "crp_change", label = "CRP, change", from = "lab_change", code = "crp" }},
  {{ name = "coughs", label = "Cough", from = "finding", code = "cough" }},
  {{ name = "rna_clearance","""
PLANS = """time_varying = ["sofa"]
dose_plans = [
    {name = "long", days_at_least = 5, grams_per_day_at_least = 1, grams_per_day_at_most = 90},
    {name = "short", label = "Up to 4 days", days_at_most = 4},
]
dose_metric = "grams"
"""
LARGE_SCALE = """large_scale_prevalence = 0.02
large_scale_until_hours = 12
large_scale_leave_out = ["drug_list heparin"]
learner = "boosting"
sensitivity = ["aipw_cross_fitted", "large_scale_score", "dose_clone_censor_weight","""


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> study.Study:
    """The packaged study with every key of a native extract in use."""
    text = study.locate("ivig_covid19").read_text(encoding="utf-8")
    signed = tmp_path_factory.mktemp("signed") / "mappings.toml"
    signed.write_text("", encoding="utf-8")
    for old, new in (
        ("bootstrap = 500", 'bootstrap = 40\nrepeat_anchor = "first_dose"\nimputations = 20'),
        ("grace_hours = 48", f"grace_hours = 48\n{PLANS}"),
        ("sensitivity = [", LARGE_SCALE),
        ("[match]\n", '[match]\nsplines = ["age"]\nspline_knots = 3\n'),
        ('layout = "native"', f'layout = "native"\nmappings = "{signed}"'),
        ('\n  { name = "rna_clearance",', REACHED),
        ("[report]\nsmallest_cell = 5\n", EVERYTHING),
        ("\n[utilisation]", "\n[utilisation]\nprice_per_g = 60"),
        ('"multiple_imputation", ', ""),
        ('missing = "complete_case"', 'missing = "multiple_imputation"'),
    ):
        assert old in text, old
        text = text.replace(old, new, 1)
    path = tmp_path_factory.mktemp("study") / "everything.toml"
    path.write_text(text, encoding="utf-8")
    return study.load(path)


@pytest.fixture(scope="module")
def run(plan: study.Study, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, set[str]]:
    """A finished run of that study, and every "Section.field" that was read outside study/."""
    folder = tmp_path_factory.mktemp("run")
    write_demo(folder / "extract", patients=500, hospitals=2, seed=7, defects="none")
    read: set[str] = set()
    fields = {(key.section, key.field) for key in keys()}
    plain = Section.__getattribute__

    def noted(self: Section, name: str) -> Any:
        if (type(self), name) in fields and _reader().startswith(str(PACKAGE)):
            read.add(f"{type(self).__name__}.{name}")
        return plain(self, name)

    with pytest.MonkeyPatch.context() as patch, quick_pages(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few people separate a model, and it says so
        patch.setattr(Section, "__getattribute__", noted)
        summary = pipeline.run(plan, folder / "extract", folder / "out")
    assert summary.exit_code in (0, 5), summary.message
    return folder / "out", read


def _reader() -> str:
    """The file of the first frame below the study classes and pydantic."""
    frame = sys._getframe(2)
    inside = (str(PACKAGE / "study"), "pydantic", "jinja2")
    while frame.f_back and any(part in frame.f_code.co_filename for part in inside):
        frame = frame.f_back
    return frame.f_code.co_filename


@pytest.mark.parametrize("key", [key for key in keys() if len(key.path) > 1], ids=dotted)
def test_every_key_has_a_reader_outside_the_study(run: tuple[Path, set[str]], key: Key) -> None:
    elsewhere = OF_OTHER_SOURCES.get(dotted(key))
    if elsewhere is None:
        assert f"{key.section.__name__}.{key.field}" in run[1]
    else:
        assert f".{key.field}" in (PACKAGE / elsewhere).read_text(encoding="utf-8")


def test_authors_stand_in_the_report(run: tuple[Path, set[str]]) -> None:
    page = (run[0] / "report.html").read_text(encoding="utf-8")
    assert "A. Author, &lt;B&gt; &amp; Co" in page


def test_names_of_covariates_stay_in_the_hospital(run: tuple[Path, set[str]]) -> None:
    """Of the large-scale score: the release counts them, the run names and draws them all."""
    named = {"large_scale.csv", "large_scale.svg"}
    told = {f"large_scale_{one}.csv" for one in ("score", "balance", "calibration", "preference")}
    found = {path.name for path in run[0].glob("large_scale*")}
    left = {path.name for path in (run[0] / "release").rglob("large_scale*.csv")}
    assert found == named | told
    assert left == told
    assert not (run[0] / "release" / "large_scale.svg").exists()
    names = pl.read_csv(run[0] / "large_scale.csv")["covariate"]
    codes = [name.split(" ", 1)[1] for name in names if name.startswith("diagnosis ")]
    assert codes
    for path in (run[0] / "release").rglob("large_scale*"):
        assert not any(code in path.read_text(encoding="utf-8") for code in codes), path.name


def test_a_later_value_is_timed_from_the_first_dose(run: tuple[Path, set[str]]) -> None:
    """The unexposed have no first dose, and so no later value."""
    table = pl.read_parquet(run[0] / "analysis.parquet")
    repeats = [name for name in table.columns if name.endswith("_repeat")]
    assert repeats
    unexposed = table.filter(~pl.col("exposed"))
    assert all(unexposed[name].null_count() == unexposed.height for name in repeats)
    exposed = table.filter("exposed")
    assert any(exposed[name].null_count() < exposed.height for name in repeats)


def test_no_variable_may_take_a_column_that_the_table_has(
    run: tuple[Path, set[str]], plan: study.Study
) -> None:
    columns = set(pl.read_parquet(run[0] / "analysis.parquet").columns)
    columns |= set(pl.read_parquet(run[0] / "matched.parquet").columns)
    variables = {v.name for v in (*plan.covariates.variables, *plan.outcomes.variables)}
    made = {f"{name}_repeat" for name in plan.analysis.repeat_labs}
    made |= {f"band_{band.name}" for band in plan.exposure.bands} | {"ivig_any"}
    own = {"propensity_logit", "outcome", "weight"}  # of the models, in no file
    own |= {"known_anywhere"}  # where deaths after the stay are unknown
    own |= {"hours_to_any_dose", "start_unread"}  # where the exposure window ends before the stay
    own |= {f"{entry.name}{DAILY}" for entry in MOVING}  # of analysis.time_varying
    assert columns - variables - made <= set(TAKEN)
    assert set(TAKEN) <= columns | own
