"""A stranger's mistakes: each ends, before an extract is opened, with a line and the cure."""

from __future__ import annotations

import resource
import subprocess
import sys
import tomllib
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehrivig import study
from ehrivig.errors import StudyError
from ehrivig.study import written
from ehrivig.study.named import part
from ehrivig.study.problem import MOST_SHOWN
from ehrivig.study.registries import NAME_LISTS
from ehrivig.study.registries.checks import OVER_HOSPITALS
from ehrivig.validate.hospitals import BY_CHECK

Change = tuple[str, str]
TEXT = study.locate("ivig_covid19").read_text(encoding="utf-8")
SOFA = '{ name = "sofa", label = "SOFA score", from = "score", unit = "points"'
FEVER = '  { name = "fever", label = "Fever", from = "finding", group = "Signs and symptoms" },\n'
HYPERTENSION = '{ name = "hypertension", label = "Hypertension", from = "condition"'
OWN = [
    ("reproduction = true", "reproduction = false"),
    ('allow_post_baseline = ["invasive_ventilation"]', ""),
    (
        '  { name = "invasive_ventilation", label = "Invasive ventilation", '
        'variable = "invasive_ventilation" },\n',
        "",
    ),
]
"""The study as one that repeats no paper."""


@pytest.fixture
def said(tmp_path: Path) -> Callable[..., list[str]]:
    """The problems of the packaged study with some changes, line by line; none: it is accepted."""

    def ask(*changes: Change) -> list[str]:
        text = TEXT
        for old, new in changes:
            assert text.count(old) >= 1, old
            text = text.replace(old, new, 1)
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        message = refusal(path)
        head, *lines = message.split("\n  ")
        assert head == "" or head.startswith("study: mine.toml has ")
        return lines

    return ask


def refusal(path: Path) -> str:
    """Why a study file is refused; empty where it is not."""
    try:
        study.load(path)
    except StudyError as error:
        return str(error)
    return ""


def line_with(words: str, *changes: Change) -> int:
    """The line of the changed file on which some words stand."""
    text = TEXT
    for old, new in changes:
        text = text.replace(old, new, 1)
    (line,) = [n for n, row in enumerate(text.splitlines(), start=1) if words in row]
    return line


def test_s1_a_misspelt_code_is_named_with_the_right_one(said: Callable[..., list[str]]) -> None:
    changes = [
        (HYPERTENSION, f'{HYPERTENSION}, code = "hypertensoin"'),
        (
            'label = "Glucocorticoid", from',
            'label = "Glucocorticoid", code = "glucocorticoids", from',
        ),
    ]
    lines = [line_with(words, *changes) for words in ("glucocorticoids", "hypertensoin")]
    assert said(*changes) == [
        f"line {lines[0]}: outcomes.glucocorticoid.code: 'glucocorticoids' is none of the drug "
        "lists. Did you mean 'glucocorticoid'?",
        f"line {lines[1]}: covariates.hypertension.code: 'hypertensoin' is none of the conditions. "
        "Did you mean 'hypertension'?",
    ]


def test_s2_a_name_in_no_list_is_refused_with_the_list(said: Callable[..., list[str]]) -> None:
    asthma = '  { name = "asthma", label = "Asthma", from = "condition" },\n'
    (line,) = said((FEVER, asthma + FEVER))
    assert "covariates.asthma.name: 'asthma' is none of the conditions. Known: " in line
    assert ", ".join(NAME_LISTS["conditions"].names) in line


def test_s3_an_unknown_drug_list_is_refused_with_the_lists(said: Callable[..., list[str]]) -> None:
    (line,) = said(('codelist = "ivig"', 'codelist = "sarilumab"'))
    assert "exposure.codelist: 'sarilumab' is none of the drug lists. Known: " in line


def worked(*words: object) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Seconds of work of a command, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    command = [sys.executable, "-m", "ehrivig.cli", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before, done


def test_s3_before_a_file_of_the_extract_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace('codelist = "ivig"', 'codelist = "sarilumab"'), "utf-8")
    rest = ("--extract", tmp_path / "nowhere", "--out", tmp_path / "out")
    missing, other = worked("run", "ivig_covid19", *rest)
    assert other.returncode == 4
    spent, done = worked("run", path, *rest)
    assert done.returncode == 2  # a missing extract would be 4
    assert "sarilumab" in done.stderr
    assert spent < 1.5 * missing  # no more work than finding that there is no extract
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["death_28d", "death_in_hospital", "ards", "hospital_los_days"])
def test_s5_an_outcome_never_adjusts_or_matches(said: Callable[..., list[str]], name: str) -> None:
    for section, old in (
        ("match", 'covariates = [\n  "male"'),
        ("analysis", 'adjust = ["apache_ii"'),
    ):
        new = old.replace('"', f'"{name}", "', 1)
        (line,) = said((old, new))
        assert f"{section}.{old.split(' ')[0]}: '{name}' is " in line
        assert "outcome: it cannot be " in line
        admitted = (
            'allow_post_baseline = ["glucocorticoid"',
            f'allow_post_baseline = ["{name}", "glucocorticoid"',
        )
        assert said((old, new), admitted) == [line_in(line, said((old, new), admitted))]


def line_in(line: str, lines: list[str]) -> str:
    """The line that says the same, wherever it stands now."""
    text = line.partition(": ")[2]
    return next(one for one in lines if one.partition(": ")[2] == text)


@pytest.mark.parametrize(("name", "refused"), [("death_in_hospital", True), ("ards", False)])
def test_s5_an_outcome_makes_a_group_only_in_a_declared_reproduction(
    said: Callable[..., list[str]], name: str, refused: bool
) -> None:
    split = ('label = "COPD", variable = "copd"', f'label = "Split", variable = "{name}"')
    named = ('allow_post_baseline = ["invasive', f'allow_post_baseline = ["{name}", "invasive')
    assert len(said(split)) == 1
    assert bool(said(split, named)) is refused
    assert len(said(split, named, OWN[0])) > 0


@pytest.mark.parametrize(
    ("window", "late"),
    [([48, 120], True), ([-24, 24], False), ([1, 24], True), ([-24, 25], True), ([-24, 0], False)],
)
def test_s6_a_late_window_is_no_baseline(
    said: Callable[..., list[str]], window: list[int], late: bool
) -> None:
    places = ["match.covariates", "analysis.adjust", "analysis.subgroups.sofa.variable"]
    changed = (SOFA, f"{SOFA}, window_hours = {window}")
    lines = said(changed)
    assert [line.split(": ")[1] for line in lines] == (places if late else [])
    if late:
        assert all("'sofa' is known only after time zero" in line for line in lines)
        named = (
            'allow_post_baseline = ["glucocorticoid"',
            'allow_post_baseline = ["sofa", "glucocorticoid"',
        )
        split = said(changed, named)
        assert [line.split(": ")[1] for line in split] == places[2:]


def test_s6_the_limit_of_the_baseline_can_be_drawn_closer(said: Callable[..., list[str]]) -> None:
    window = "window_hours = [-24, 24]\n"
    lines = said((window, f"{window}baseline_end_hours = 0\n"))
    assert any("'sbp' is known only after time zero" in line for line in lines)
    assert not any("'age'" in line for line in lines)


def test_s6_a_part_of_a_variable_may_be_late(said: Callable[..., list[str]]) -> None:
    late = FEVER.replace(" }", ", window_hours = [24, 48] }").replace('"fever"', '"late_fever"')
    late = late.replace('"Fever"', '"Late fever"')
    late = late.replace("from", 'code = "fever", from')
    either = (
        '{ name = "unwell", label = "Unwell", from = "any_of", any_of = ["copd", "late_fever"] },\n'
    )
    lines = said((FEVER, FEVER + late + either), ('adjust = ["', 'adjust = ["unwell", "'))
    assert len(lines) == 1
    assert "its part late_fever: its window opens 24 h after time zero" in lines[0]


def test_s7_a_late_exposure_window_needs_people_who_are_still_there(
    said: Callable[..., list[str]],
) -> None:
    late = ("start_hours = 0", "start_hours = 96\nend_hours = 240")
    (line,) = said(late)
    assert (
        "exposure.start_hours: the exposure window opens 96 h after time zero. Whoever dies" in line
    )
    there = '{ name = "there", label = "There at 96 h", rule = "length_of_stay", min = 96 },'
    assert said(late, ("criteria = [", f"criteria = [\n  {there}")) == []
    early = there.replace("min = 96", "min = 95")
    assert len(said(late, ("criteria = [", f"criteria = [\n  {early}"))) == 1


def test_s7_who_was_treated_before_the_window_is_excluded_and_counted(tmp_path: Path) -> None:
    text = TEXT.replace("start_hours = 0", "start_hours = 96")
    there = '{ name = "there", label = "There at 96 h", rule = "length_of_stay", min = 96 },'
    path = tmp_path / "mine.toml"
    path.write_text(text.replace("criteria = [", f"criteria = [\n  {there}"), "utf-8")
    last = study.load(path).cohort.criteria[-1]
    assert (last.rule, last.label) == (
        "untreated_before",
        "Not given the exposure drug before time zero + 96 h",
    )


@pytest.mark.parametrize("bound", ["min = 72", "max = 720"])
def test_s7_nobody_is_selected_by_how_long_the_stay_will_last(
    said: Callable[..., list[str]], bound: str
) -> None:
    stay = f'{{ name = "stay", label = "Stay", rule = "length_of_stay", {bound} }},'
    change = ("criteria = [", f"criteria = [\n  {stay}")
    (line,) = said(change, *OWN)
    assert f"cohort.criteria.stay.{bound[:3]}: a stay of at " in line
    assert said(change) == []  # a published selection


def test_s9_a_key_and_a_name_are_told_with_line_name_and_suggestion(
    said: Callable[..., list[str]],
) -> None:
    changes = [
        ("caliper = 0.02", "calliper = 0.02"),
        ('name = "crp", label', 'name = "CRP", label'),
    ]
    lines = [line_with(words, *changes) for words in ('"CRP"', "calliper")]
    assert said(*changes) == [
        f"line {lines[0]}: covariates.CRP.name: 'CRP' is none of the analytes. Did you mean 'crp'?",
        f"line {lines[1]}: match.calliper: unknown key. Did you mean 'caliper'?",
    ]


def test_problems_of_every_kind_are_told_at_once(said: Callable[..., list[str]]) -> None:
    lines = said(
        ("seed = 20200301", 'seed = "20200301"'),
        ('codelist = "ivig"', 'codelist = "sarilumab"'),
        ('name = "crp", label', 'name = "CRP", label'),
        ("caliper = 0.02", "calliper = 0.02"),
        ('adjust = ["apache_ii"', 'adjust = ["death_28d", "apache_ii"'),
    )
    places = [line.split(": ")[1] for line in lines]
    assert places == [
        *("study.seed", "exposure.codelist", "covariates.CRP.name", "match.calliper"),
        "analysis.adjust",
    ]
    numbers = [int(line.split(":")[0].removeprefix("line ")) for line in lines]
    assert numbers == sorted(numbers)


def test_at_most_fifty_problems_are_shown_and_the_rest_is_counted(
    said: Callable[..., list[str]],
) -> None:
    many = "".join(
        f'  {{ name = "x{n}", label = "X{n}", from = "condition", code = "x{n}" }},\n'
        for n in range(MOST_SHOWN + 7)
    )
    lines = said((FEVER, many + FEVER))
    assert len(lines) == MOST_SHOWN + 1
    assert lines[-1] == "... and 7 more. Mend these first."


def test_a_name_that_only_the_extract_knows_is_declared(said: Callable[..., list[str]]) -> None:
    own = FEVER.replace('"fever"', '"anosmia"').replace('"Fever"', '"Anosmia"')
    (line,) = said((FEVER, FEVER + own))
    assert 'local_names = { findings = ["anosmia"] } under [extract]' in line
    declared = ("[extract]\n", '[extract]\nlocal_names = { findings = ["anosmia"] }\n')
    assert said((FEVER, FEVER + own), declared) == []


def test_the_registry_knows_the_checks_over_hospitals() -> None:
    assert set(OVER_HOSPITALS) == set(BY_CHECK)
    assert len(set(OVER_HOSPITALS)) == len(OVER_HOSPITALS)


def places(node: Any, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place of a content, the content itself first."""
    found = [at]
    nodes = node if isinstance(node, dict) else dict(enumerate(node))
    for key, inner in nodes.items():
        found += places(inner, (*at, key)) if isinstance(inner, dict | list) else [(*at, key)]
    return found


PLACES = places(tomllib.loads(TEXT))[1:]
STRANGE = st.one_of(
    st.sampled_from(["", "age", "death_28d", "any_of", "lab", "Ünit", "a b", "x" * 300, "\x00"]),
    st.sampled_from([True, 0, -1, 10**40, 1.5, float("inf"), float("nan"), date(1, 1, 1)]),
    st.sampled_from([[], {}, [[]], [{}], {"name": "x"}, ["a", "a"], [1, 2], {"": {}}, [None]]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), STRANGE), min_size=1, max_size=3), st.booleans())
def test_whatever_stands_anywhere_is_accepted_or_told(
    changes: list[tuple[tuple[str | int, ...], Any]], extra: bool
) -> None:
    """Never another error, and each problem in one printable line."""
    content = tomllib.loads(TEXT)
    for place, value in changes:
        inside = part(content, *place[:-1])
        if isinstance(inside, dict):
            inside[f"{place[-1]}x" if extra else str(place[-1])] = deepcopy(value)
        elif isinstance(inside, list) and part(inside, place[-1]) is not None:
            inside[int(place[-1])] = deepcopy(value)
    try:
        study.parse(content)
    except StudyError as error:
        lines = str(error).split("\n  ")[1:]
        assert lines
        assert all(line.isprintable() and line.endswith((".", "?")) for line in lines)


def test_the_exposure_drug_is_no_primary_outcome_of_itself(
    said: Callable[..., list[str]],
) -> None:
    drug = '  { name = "given", label = "IVIG", from = "medication", code = "ivig" },\n'
    first = 'variables = [\n  { name = "death_28d"'
    changes = [
        ('primary = "death_28d"', 'primary = "given"'),
        ('analysis = "clone_censor_weight"', 'analysis = "aipw"'),
        (first, f"variables = [\n{drug}{first[14:]}"),
    ]
    (line,) = said(*changes)
    assert "outcomes.given: it is the exposure drug: the effect of the drug would be asked" in line


SIGNED = (
    'hospital_id = "A"\nsigned_by = "A. S."\nsigned_on = 2020-07-02\nreason = "as asked there"\n'
)
UNIT = f'written = "umol/L"\nmeans = "mg/dL"\n{SIGNED}'
PRODUCT = f'drug_code = "X"\nverdict = "include"\n{SIGNED}'


def test_the_names_of_signed_mappings_are_checked_too(
    said: Callable[..., list[str]], tmp_path: Path
) -> None:
    signed = tmp_path / "signed.toml"
    entries = (("unit", "analyte", "creatinin"), ("product", "codelist", "ivigg"))
    rest = {"unit": UNIT, "product": PRODUCT}
    lines = [f'[[{kind}]]\n{key} = "{name}"\n{rest[kind]}' for kind, key, name in entries]
    signed.write_text("".join(lines), encoding="utf-8")
    layout = 'layout = "native"\n'
    first, second = said((layout, f'{layout}mappings = "{signed}"\n'))
    assert "extract.mappings: signed.toml, line 2: unit.(1).analyte: 'creatinin' is none" in first
    assert "line 10: product.(1).codelist: 'ivigg' is none of the drug lists. Did you" in second
    (line,) = said((layout, f'{layout}mappings = "{tmp_path}/none.toml"\n'))
    assert "extract.mappings: no file " in line


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('study period", rule = "period" }', 'study period", rule = "age", min = 0 }'), ""),
        (
            ("period = [2019-12-01, 2020-03-31]\n", ""),
            "cohort.criteria.in_period.rule: rule period needs period = ",
        ),
        (
            ('time_zero = "admission"', 'time_zero = "severity_onset"'),
            "",
        ),
        (
            ('rule = "severity"', 'rule = "age", max = 90'),
            "",
        ),
        (
            ('target = "ATE"\nanalysis = "clone_censor_weight"', 'target = "ATO"'),
            "",
        ),
        (
            ('"iptw", "overlap"', '"iptw"'),
            "",
        ),
    ],
)
def test_a_setting_and_what_reads_it_stand_together(
    said: Callable[..., list[str]], change: Change, told: str
) -> None:
    lines = said(change)
    assert len(lines) == bool(told)
    assert not told or told in lines[0]


def test_severity_onset_and_a_target_need_what_answers_them(
    said: Callable[..., list[str]],
) -> None:
    onset = ('time_zero = "admission"', 'time_zero = "severity_onset"')
    (line,) = said(onset, ('rule = "severity"', 'rule = "age", max = 90'))
    assert "cohort.time_zero: severity_onset needs a criterion of rule severity" in line
    early = '  { name = "new", label = "New", rule = "untreated_before" },\n'
    (line,) = said(onset, ('  { name = "severe"', f'{early}  {{ name = "severe"'))
    assert "cohort.criteria.new.rule: untreated_before comes before the rule severity" in line
    (line,) = said(
        ('target = "ATE"\nanalysis = "clone_censor_weight"', 'target = "ATO"'),
        ('"iptw", "overlap"', '"iptw"'),
    )
    assert "study.estimand.target: ATO" in line
    assert 'Add "overlap" to [analysis] sensitivity' in line


@pytest.mark.parametrize("name", ["death_28d", "hospital_los_days"])
def test_an_outcome_is_none_the_less_one_in_a_table_of_treatments(
    tmp_path: Path, name: str
) -> None:
    content = tomllib.loads(TEXT)
    for variable in content["outcomes"]["variables"]:
        if variable["name"] == name:
            variable["group"] = "treatment"
    content["analysis"]["adjust"].append(name)
    content["analysis"]["allow_post_baseline"] = [
        *content["analysis"].get("allow_post_baseline", []),
        name,
    ]
    path = tmp_path / "study.toml"
    path.write_text(written.toml(content, []), encoding="utf-8")
    with pytest.raises(StudyError, match=f"'{name}' is .* outcome: it cannot be adjusted for"):
        study.load(path)


SIGNED = 'small_cells_signed_by = "A. Steward"\n'


@pytest.mark.parametrize("smallest", [0, 1, 2])
def test_counts_of_one_or_two_are_shown_where_somebody_answers_for_it(
    said: Callable[..., list[str]], smallest: int
) -> None:
    def ask(more: str) -> list[str]:
        return said(("smallest_cell = 5\n", f"smallest_cell = {smallest}\n{more}"))

    (line,) = ask("")
    assert "report.smallest_cell: counts of fewer than 3 people would be shown" in line
    assert "small_cells_signed_by and small_cells_reason into [report]" in line
    (line,) = ask(SIGNED)
    assert "Write small_cells_reason into [report]" in line
    assert ask(SIGNED + 'small_cells_reason = "synthetic data"\n') == []


def test_three_needs_no_signature(said: Callable[..., list[str]]) -> None:
    assert said(("smallest_cell = 5\n", "smallest_cell = 3\n")) == []
