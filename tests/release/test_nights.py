"""Two releases, one beside the other: nothing of the few who are new, and the release kept."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ehrivig.release import before, hidden, nights, verify
from ehrivig.release.attack import nights as nights_of
from ehrivig.release.attack import told_anew
from ehrivig.release.attack.attack import of_tables
from ehrivig.release.attack.multiples import TABLE
from ehrivig.release.attack.nights import Growth, counts, growth

SMALLEST = 5
Tables = dict[str, pl.DataFrame]


def described(exposed: int, mean: float, had: int | None, control: int = 200) -> Tables:
    """Table 1 of an age, and of how many of the exposed had a stroke (of the control 40)."""
    every = exposed + control
    age = {
        **{"variable": "age", "label": "Age", "kind": "continuous", "p": None, "smd": None},
        **{"n_all": every, "n_control": control, "n_exposed": exposed},
        **{"mean_all": (exposed * mean + control * 60.0) / every, "mean_control": 60.0},
        "mean_exposed": mean,
    }
    stroke = {
        **{"variable": "stroke", "label": "Stroke", "kind": "binary", "p": None, "smd": None},
        **{"n_all": every, "n_control": control, "n_exposed": exposed},
        **{"events_all": None if had is None else 40 + had, "events_control": 40},
        "events_exposed": had,
    }
    return {"table1.csv": pl.DataFrame([age, stroke], infer_schema_length=None)}


def test_two_means_give_the_value_of_one_patient() -> None:
    """What the rule is there for: 57 with a mean of 63, and of 56 one with 91."""
    one = described(56, 62.5, 20)
    two = described(57, (56 * 62.5 + 91) / 57, 20)
    means = [t["table1.csv"]["mean_exposed"][0] for t in (one, two)]
    assert math.isclose(57 * means[1] - 56 * means[0], 91)
    places = [cell.place.words for cell in told_anew.numbers(two, one, SMALLEST)]
    assert places == ["Age: numbers of few people more than before"]
    assert nights.held_against(two, [one], SMALLEST) is None


@pytest.mark.parametrize(("more", "kept"), [(1, True), (9, True), (10, False), (40, False)])
def test_at_least_ten_people_more(more: int, kept: bool) -> None:
    one, two = described(100, 62.5, 20), described(100 + more, 63.5, 20 + more)
    assert growth(two, one).enough != kept
    assert (nights.held_against(two, [one], SMALLEST) is None) == kept


@pytest.mark.parametrize(
    ("pairs", "unmatched", "anew"),
    [
        *((10, (10, 10), True), (9, (10, 10), False), (10, (9, 10), False), (10, (10, 0), False)),
        *((None, (10, 10), False), (10, (None, 10), False), (10, (10, None), False)),
    ],
)
def test_matched_anew_are_ten_other_pairs_and_ten_others_in_each_arm(
    pairs: int | None, unmatched: tuple[int | None, int | None], anew: bool
) -> None:
    assert Growth((40, 40), pairs, unmatched).matched_anew is anew


@pytest.mark.parametrize(
    ("arms", "enough"),
    [
        *(((10, 0), True), ((0, 10), True), ((0, 0), False), ((9, 10), False), ((10, 9), False)),
        *(((None, 10), False), ((10, None), False), ((1, 0), False)),
    ],
)
def test_ten_more_in_one_arm_and_no_few_in_the_other_are_enough(
    arms: tuple[int | None, int | None], enough: bool
) -> None:
    assert Growth(arms, 0, (0, 0)).enough is enough


NAMED = (
    *("group", "variable", "covariate", "level", "outcome", "term", "label", "analysis"),
    *("contrast", "model", "measure", "population", "hospital_id", "table", "step", "criterion"),
    *("curve", "cause", "arm", "feature", "dimension", "indication", "regimen", "diagnostic"),
    "code",
)


@pytest.mark.parametrize("column", NAMED)
def test_a_row_is_held_against_that_of_the_same_name_wherever_it_stands(column: str) -> None:
    def of(*names: str) -> dict[Any, str]:
        frame = pl.DataFrame({column: names, "n": range(len(names))})
        return {key: row[column] for key, _, _, row in nights_of.rows({"x.csv": frame})}

    assert of("a", "b", "b") == of("b", "a", "b")
    assert len(of("b", "b")) == 2


def night(n: int, row: dict[str, Any], *, control: int = 200, matched: int = 0) -> Tables:
    """Table 1, one row of another table, and so many pairs, and unmatched of each arm."""
    found = described(n, 62.5, 20, control) | {"other.csv": pl.DataFrame([row])}
    if matched:
        pairs = {"n_exposed": matched, "n_control": matched, "population": "matched"}
        rest = {"n_exposed": [matched], "n_control": [matched]}
        found |= {"pairs.csv": pl.DataFrame([pairs]), "table_unmatched.csv": pl.DataFrame(rest)}
    return found


def told_of_few(two: Tables, one: Tables) -> bool:
    cells = told_anew.numbers(two, one, SMALLEST)
    return any(cell.place.file == "other.csv" for cell in cells)


@pytest.mark.parametrize(
    "people", ["n_exposed", "n_control", "n", "n_pairs", "patients", "n_people", "people"]
)
@pytest.mark.parametrize(("more", "few"), [(0, True), (1, True), (9, True), (10, False)])
def test_a_number_is_told_anew_of_ten_people_more(people: str, more: int, few: bool) -> None:
    """Of as many as before, one who came and one who went are told."""
    one = night(100, {"label": "x", people: 50, "median": 4.0})
    two = night(140, {"label": "x", people: 50 + more, "median": 4.5})
    assert told_of_few(two, one) is few
    assert not told_of_few(night(140, {"label": "x", people: 50 + more, "median": 4.0}), one)


@pytest.mark.parametrize(
    ("before", "now", "few"),
    [
        *(((50, 60), (50, 72), False), ((50, 60), (62, 60), False), ((50, 60), (62, 63), True)),
        *(((None, 60), (None, 72), False), ((None, 60), (None, 63), True)),
    ],
)
def test_of_two_arms_neither_may_be_of_few_more(
    before: tuple[int | None, int], now: tuple[int | None, int], few: bool
) -> None:
    def row(n: tuple[int | None, int], median: float) -> dict[str, Any]:
        return {"label": "x", "n_exposed": n[0], "n_control": n[1], "median": median}

    assert told_of_few(night(140, row(now, 4.5)), night(100, row(before, 4.0))) is few


@pytest.mark.parametrize(("more", "few"), [(3, True), (40, False)])
def test_a_number_of_nobody_knows_how_many_is_of_the_cohort(more: int, few: bool) -> None:
    one = night(100, {"label": "x", "median": 4.0})
    assert told_of_few(night(100 + more, {"label": "x", "median": 4.5}), one) is few


@pytest.mark.parametrize("column", ["unknown", "transferred", "share_unknown", "share_transferred"])
def test_who_was_lost_is_counted_and_not_described(column: str) -> None:
    row = {"arm": "exposed", "n": 100, "unknown": 9, "transferred": 9}
    row |= {"share_unknown": 0.09, "share_transferred": 0.09}
    assert not told_of_few(night(140, row | {column: 10}), night(100, row))


def balanced(**told: float) -> dict[str, Any]:
    row = dict.fromkeys(("mean_exposed_matched", "mean_exposed_unmatched", "ks_matched"), 0.5)
    return {"covariate": "age", "label": "Age", **row, **told}


@pytest.mark.parametrize(
    ("exposed", "control", "few"),
    [
        *((100, 200, True), (103, 200, True), (100, 203, True), (110, 203, True)),
        *((110, 200, False), (100, 210, False), (110, 210, False)),
    ],
)
def test_a_covariate_before_matching_is_of_those_who_have_it(
    exposed: int, control: int, few: bool
) -> None:
    one, row = night(100, balanced()), balanced(mean_exposed_unmatched=0.6)
    assert told_of_few(night(exposed, row, control=control), one) is few
    hidden = pl.lit(None, pl.Int64).alias("n_exposed")
    of_age = pl.col("variable") != "age"
    untold = [
        tables
        | {
            "table1.csv": tables["table1.csv"].with_columns(
                pl.when(of_age).then("n_exposed").otherwise(hidden).alias("n_exposed")
            )
        }
        for tables in (night(exposed, row, control=control), one)
    ]
    assert told_of_few(*untold) is few


@pytest.mark.parametrize(("matched", "few"), [(20, True), (25, True), (30, False)])
def test_a_covariate_after_matching_is_told_where_the_pairs_are_others(
    matched: int, few: bool
) -> None:
    one = night(100, balanced(), matched=20)
    two = night(140, balanced(mean_exposed_matched=0.6), matched=matched)
    assert told_of_few(two, one) is few
    row = {"label": "x", "population": "matched", "n": 50}
    before = night(100, row | {"median": 4.0}, matched=20)
    assert told_of_few(night(140, row | {"median": 4.5}, matched=matched), before) is few


@pytest.mark.parametrize(
    ("text", "before", "said"),
    [
        ("12 of 40 (30%)", "10 of 40 (25%)", "some of 40 (some)"),
        ("14 of 40 (35.0 %)", "10 of 40 (25.0 %)", "some of 40 (some)"),
        ("15 of 40 (37.5 %)", "10 of 40 (25.0 %)", "15 of 40 (37.5 %)"),
        ("10 of 40 (25%)", "10 of 40 (25%)", "10 of 40 (25%)"),
        ("1,012 of 40", "1,010 of 40", "some of 40"),
        ("12 days", "", "12 days"),
        ("until 0.25 and 12", "until 0.30 and 10", "until 0.25 and some"),
    ],
)
def test_a_sentence_counts_as_before_or_enough_more(text: str, before: str, said: str) -> None:
    assert told_anew._said(text, before, SMALLEST) == said


def test_how_far_two_releases_lie_apart() -> None:
    """Each arm, the pairs, and the unmatched of each arm."""

    def of(exposed: int, control: int, pairs: int, rest: tuple[int, int], to: int = 1) -> Tables:
        found = described(exposed, 62.5, 20, control)
        matched = {"n_exposed": [pairs, None], "n_control": [pairs, None]}
        frame = pl.DataFrame(matched).with_columns(population=pl.lit("matched"))
        unmatched = pl.DataFrame({"n_exposed": [rest[0], 1], "n_control": [1, rest[1]]})
        rounding = pl.DataFrame({"counts_rounded_to": [to], "smallest_cell": [9]})
        return found | {"a.csv": frame, "table_unmatched.csv": unmatched, TABLE: rounding}

    one = of(100, 200, 40, (30, 60))
    assert growth(of(101, 220, 43, (34, 65)), one) == Growth((1, 20), 3, (4, 5))
    assert growth(one, of(101, 220, 43, (34, 65))) == Growth((1, 20), 3, (4, 5))
    rounded = of(120, 200, 46, (30, 68), to=5)
    assert growth(rounded, one) == Growth((18, 0), 4, (0, 6), 2)
    assert growth(described(100, 62.5, 20), one) == Growth((0, 0), None, (None, None))


@pytest.mark.parametrize(
    ("a", "b", "slack", "apart"),
    [
        *((7, 4, 0, 3), (4, 7, 0, 3), (4, 4, 0, 0), (4, 4, 5, 0), (9, 4, 4, 1), (8, 4, 4, 1)),
        *((None, 4, 0, None), (4, None, 0, None)),
    ],
)
def test_two_numbers_of_people_are_apart_by_at_least(
    a: int | None, b: int | None, slack: int, apart: int | None
) -> None:
    assert nights_of.gap(a, b, slack) == apart


def test_what_follows_of_a_release_is_made_once() -> None:
    asked = list[int]()

    def made(tables: Tables) -> int:
        asked.append(len(tables))
        return len(tables)

    of, one, other = nights_of.once(made), dict[str, pl.DataFrame](), {"a.csv": pl.DataFrame()}
    assert [of(one), of(other), of(one), of(other), of({})] == [0, 1, 0, 1, 0]
    assert asked == [0, 1, 0]  # the last is another release, though as empty


ROUNDED = pl.DataFrame({"counts_rounded_to": [5], "smallest_cell": [SMALLEST]})


@pytest.mark.parametrize(("more", "people"), [(0, 0), (5, 1), (10, 6), (15, 11)])
def test_rounded_counts_may_be_of_fewer_new_people_than_they_say(more: int, people: int) -> None:
    """100 and 110 are as near as 102 and 108."""
    one, two = (
        t | {TABLE: ROUNDED} for t in (described(100, 62.5, 20), described(100 + more, 63.5, 20))
    )
    assert growth(two, one).arms == (people, 0)
    assert growth(two, one).enough == (people >= 10)
    assert bool(told_anew.numbers(two, one, SMALLEST)) == (people < 10)


@pytest.mark.parametrize(("more", "told"), [(0, True), (3, False), (10, True)])
def test_an_adjusted_estimate_of_one_hospital_is_of_its_own_people(more: int, told: bool) -> None:
    """Of thirty new people three are its own; where none is, the score is what changed."""
    one, two = (
        described(100 + 30 * night, 62.5, 20)
        | {
            "effects.csv": rows(("IVIG vs no IVIG", 9, 40 + more * night)).with_columns(
                estimate=pl.lit(0.8 + night / 100), adjusted=True, population=pl.lit("hospital B")
            )
        }
        for night in (0, 1)
    )
    found = [c for c in told_anew.numbers(two, one, SMALLEST) if c.place.file == "effects.csv"]
    assert (found == []) == told


@pytest.mark.parametrize(
    ("more", "days", "told"),
    [(0, 28.0, True), (0, 27.0, False), (4, 27.0, False), (12, 27.0, True)],
)
def test_how_long_an_arm_was_followed_is_of_its_people(more: int, days: float, told: bool) -> None:
    row = {"arm": "exposed", "unknown": 0, "share_unknown": 0.0, "transferred": 0}
    one, two = (
        described(n, 62.5, 20)
        | {"follow_up.csv": pl.DataFrame([row | {"n": n, "median_days": length}])}
        for n, length in ((100, 28.0), (100 + more, days))
    )
    found = [c for c in told_anew.numbers(two, one, SMALLEST) if c.place.file == "follow_up.csv"]
    assert (found == []) == told
    shown = hidden.without(two, found, {})["follow_up.csv"].row(0, named=True)
    assert (shown["median_days"] == days) == told
    assert shown["unknown"] == 0


def test_a_number_that_is_not_told_keeps_its_place_in_the_sentence() -> None:
    """Else the hours of the covariates would be held against the people on the cut."""
    one, two = (
        {"lints.csv": pl.DataFrame({"code": ["x"], "message": [f"{n} on the cut; until 24 h"]})}
        for n in (26, 25)
    )
    said = told_anew.texts(two, one, SMALLEST)
    assert said["lints.csv"]["message"].item() == "some on the cut; until 24 h"
    assert told_anew.texts(said, one, SMALLEST)["lints.csv"].equals(said["lints.csv"])


def test_the_same_night_again_is_told_as_it_is() -> None:
    one = described(100, 62.5, 20)
    found = nights.held_against(one, [one], SMALLEST)
    assert found is not None
    assert found["table1.csv"].equals(one["table1.csv"])


def test_every_release_before_counts_and_not_the_last_alone() -> None:
    """Twenty came and twenty-one were taken out: beside the first release it is one patient."""
    first, second, third = (described(n, 60.0 + n / 100, 20) for n in (100, 120, 99))
    assert nights.held_against(third, [second], SMALLEST) is not None
    assert nights.held_against(third, [first, second], SMALLEST) is None


def rows(*found: tuple[str, int | None, int]) -> pl.DataFrame:
    """Subgroups of 200 in each arm: a name, and how many of the exposed died."""
    return pl.DataFrame(
        [
            {
                **{"analysis": "subgroup", "contrast": name, "outcome": "death", "model": "m"},
                **{"population": "all", "n_exposed": n, "events_exposed": events},
                **{"n_control": 200, "events_control": 60, "estimate": None, "adjusted": False},
            }
            for name, events, n in found
        ],
        schema_overrides={"events_exposed": pl.Int64, "estimate": pl.Float64},
    )


def test_a_count_that_differs_by_few_is_found_and_nobody_or_enough_is_not() -> None:
    one = {"effects.csv": rows(("a", 50, 100), ("b", 50, 100), ("c", 50, 100))}
    two = {"effects.csv": rows(("a", 52, 120), ("b", 50, 120), ("c", 57, 120))}
    found = [c for c in counts(two, one, SMALLEST) if c.disclosed]
    assert {cell.place.row for cell in found} == {0}
    assert all(cell.shown for cell in found)


def test_a_difference_that_only_hidden_counts_have_is_searched_for() -> None:
    """A count that is hidden tonight is all less the control, and two more than last night."""
    one = {"table1.csv": described(100, 60.0, 20)["table1.csv"]}
    frame = described(120, 60.0, 22)["table1.csv"]
    hidden = pl.when(pl.col("kind") == "binary").then(None).otherwise("events_exposed")
    two = {"table1.csv": frame.with_columns(hidden.alias("events_exposed"))}
    assert [c for c in counts(two, one, SMALLEST, search=False) if "exposed" in c.place.words] == []
    found = [c for c in counts(two, one, SMALLEST) if c.place.words == "Stroke, exposed"]
    told = [(cell.values, cell.disclosed, cell.shown) for cell in found]
    assert told == [((2,), True, False)]  # all less control


def test_two_releases_of_the_same_people_do_not_tell_each_other_s_hidden_counts() -> None:
    """One hides who of the control had it and one who of the exposed; together all is known."""
    frame = described(100, 60.0, 3)["table1.csv"].with_columns(events_control=pl.lit(40))

    def hiding(*arms: str) -> Tables:
        binary = pl.col("kind") == "binary"
        columns = [f"events_{arm}" for arm in arms]
        return {
            "table1.csv": frame.with_columns(
                pl.when(binary).then(None).otherwise(pl.col(name)).alias(name) for name in columns
            )
        }

    one, two = hiding("all", "exposed"), hiding("control", "exposed")
    assert not any(c.disclosed for t in (one, two) for c in of_tables(t, SMALLEST))
    found = [c for c in nights_of.together(two, one, SMALLEST) if c.disclosed]
    assert {(c.place.words, c.values) for c in found} >= {("Stroke, exposed", (3,))}
    assert not any(cell.shown for cell in found)
    kept = nights.held_against(two, [one], SMALLEST)
    assert kept is None or kept["table1.csv"]["events_all"][1] is None


def test_a_sentence_counts_no_few_people_more() -> None:
    def said(pairs: int, of: int) -> Tables:
        told = {"code": ["x"], "message": [f"{pairs} of {of:,} have a match (some)"]}
        return {"lints.csv": pl.DataFrame(told)}

    texts = told_anew.texts(said(222, 1440), said(220, 1400), SMALLEST)
    assert texts["lints.csv"]["message"].to_list() == ["some of 1,440 have a match (some)"]
    (cell,) = told_anew.points(said(222, 1440), said(220, 1400), SMALLEST)
    assert (cell.place.file, cell.place.row, cell.shown) == ("lints.csv", 0, True)


def test_points_that_are_not_told_are_counted() -> None:
    """Three steps of the curve are of few people more than the night before."""
    before, after = curve([0, 10, 20, 30, 40], 100), curve([0, 10, 22, 31, 43], 100)
    kept = told_anew.curves(after, before, SMALLEST)["curves.csv"].height
    gone = after["curves.csv"].height - kept
    assert gone > 0
    (cell,) = told_anew.points(after, before, SMALLEST)
    assert cell.place.words == f"{gone} points step by few people more than before"
    assert (cell.disclosed, cell.shown) == (True, True)
    assert told_anew.points(before, before, SMALLEST) == []


def curve(events: list[int], n: int) -> Tables:
    numbers: dict[str, Any] = {
        **{"curve": "km", "population": "all", "group": "exposed", "cause": ""},
        "time": [float(10 * day) for day in range(len(events))],
        "estimate": [1 - one / n for one in events],
        "at_risk": n,
    }
    return {"curves.csv": pl.DataFrame(numbers), **described(n, 60.0 + n, 20)}


def test_curves_step_where_nobody_or_enough_of_the_new_had_the_event() -> None:
    two, one = curve([0, 22, 30, 41], 120), curve([0, 20, 25, 33], 100)
    shown = told_anew.curves(two, one, SMALLEST)["curves.csv"]
    assert shown["time"].to_list() == [0.0, 20.0]  # 2 new by day 10; 5 by day 20; 3 after it
    assert told_anew.curves(two, two, SMALLEST)["curves.csv"].equals(two["curves.csv"])


def run_folder(place: Path, tables: Tables, ended: str) -> Path:
    """A run as far as its releases go."""
    release = place / "release"
    release.mkdir(parents=True)
    for name, frame in tables.items():
        frame.write_csv(release / name)
    (release / "manifest.json").write_text(json.dumps({"smallest_cell": SMALLEST}))
    (release / "README.txt").write_text("This folder may leave the hospital.\n")
    pl.DataFrame({"finished_at": [ended], "exit_code": [0]}).write_csv(place / "history.csv")
    return place


def test_the_release_before_is_kept_and_says_since_when(tmp_path: Path) -> None:
    one = run_folder(tmp_path / "one", described(100, 60.0, 20), "2026-01-02T03:04:05Z")
    two = run_folder(tmp_path / "two", described(101, 60.3, 20), "2026-01-03T03:04:05Z")
    three = run_folder(tmp_path / "three", described(102, 60.5, 20), "2026-01-04T03:04:05Z")
    assert before.kept_since(one) == ""
    for folder, earlier in ((two, one), (three, two)):
        before.keep(folder, earlier)
        before.carry(folder, earlier)
        text = (folder / "release" / "README.txt").read_text()
        assert text.startswith("Kept as it was made at 2026-01-02T03:04:05Z: so few people are new")
        assert text.count("Kept as") == 1
        assert before.kept_since(folder) == "2026-01-02T03:04:05Z"
        table = (folder / "release" / "table1.csv").read_bytes()
        assert table == (one / "release" / "table1.csv").read_bytes()
        assert not (folder / "released").exists()


def test_a_new_release_carries_those_before_and_verify_holds_it_against_them(
    tmp_path: Path,
) -> None:
    one = run_folder(tmp_path / "one", described(100, 60.0, 20), "")
    two = run_folder(tmp_path / "two", described(130, 60.3, 32), "")
    before.carry(two, one)
    assert len(before.of_run(two)) == 2
    assert verify(two).anew == ()
    three = run_folder(tmp_path / "three", described(101, 60.5, 20), "")
    assert verify(three).disclosed == ()
    assert verify(three, earlier=[one]).disclosed != ()
    before.carry(three, two)
    assert [path.name for path in sorted((three / "released").iterdir())] == ["001", "002"]
    assert "told of few people" in "\n".join(verify(three).lines())


def test_a_check_between_two_runs_carries_the_release(tmp_path: Path) -> None:
    one = run_folder(tmp_path / "one", described(100, 60.0, 20), "2026-01-02T03:04:05Z")
    checked = tmp_path / "checked"
    checked.mkdir()
    before.carry(checked, one)
    assert len(before.of_run(checked)) == 1
    two = run_folder(tmp_path / "two", described(101, 60.3, 20), "")
    before.keep(two, checked)
    before.carry(two, checked)
    table = (two / "release" / "table1.csv").read_bytes()
    assert table == (one / "release" / "table1.csv").read_bytes()
    assert verify(two).disclosed == ()
