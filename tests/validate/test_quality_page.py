"""The data quality report: its tables, its figures, and what it hides."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from matplotlib.colors import to_hex

from ehrivig import study
from ehrivig.figures.style import QUIET, Figure, series_styles
from ehrivig.validate import Check, Measurement
from ehrivig.validate.quality import figures, findings, known, numbers, strips
from ehrivig.validate.quality.page import EarlierRun
from ehrivig.validate.result import HospitalResult
from tests.browser import BROWSER, opened

# the name of the module is also that of its function
page = importlib.import_module("ehrivig.validate.quality.page")
LIU = study.load("ivig_covid19")


def check(hospital: str, verdict: str, violated: int = 50, **changes: Any) -> Check:
    made = Check(hospital, "lab", "lab.unit_known", "block", violated, 1000, 0.01, "pass")
    return replace(made, verdict=verdict, **changes)


def hospital(folder: Path, name: str) -> HospitalResult:
    """A hospital with its rows read and rejected."""
    read = {"patient": 3000, "lab": 100, "vital": 0}
    return HospitalResult(name, [], read, {"lab": 7, "patient": 2})


def test_the_worst_verdict_of_a_table_stands_for_it() -> None:
    checks = [check("A", "warn"), check("A", "pass"), check("B", "fail"), check("B", "warn")]
    checks += [check("A", "pass", table="vital")]
    assert page._verdicts(checks) == {
        ("A", "lab"): "warn",
        ("B", "lab"): "fail",
        ("A", "vital"): "pass",
    }


def test_what_was_found_is_one_line_a_check_worst_first() -> None:
    checks = [
        check("B", "warn", 3, check="lab.hard_range"),
        check("A", "warn", 30, check="lab.hard_range"),
        check("C", "pass", 0, check="lab.hard_range"),
        check("B", "fail", 120),
        check("C", "warn", 400),
        check("A", "pass", 0, check="lab.sentinel"),
        check("A", "warn", 4, check="study.unheard_of", table="study"),
    ]
    found = findings.findings(checks, ["A", "B", "C"], 5)
    assert [(f.verdict, f.check) for f in found] == [
        ("fail", "lab.unit_known"),
        ("warn", "lab.hard_range"),
        ("warn", "study.unheard_of"),
    ]
    unit, hard, unheard = found
    assert (unit.where, unit.rows, unit.share, unit.limit) == ("B", "520", "40.0% of 1,000", "1%")
    assert (hard.where, hard.rows, hard.share) == ("A, B", "\u226530", "3.0% of 1,000")  # B has few
    assert (unheard.where, unheard.rows, unheard.share) == ("A", "<5 each", "")
    assert unit.treatment
    assert (unheard.treatment, unheard.message) == ("", "See quality/index.html.")
    assert "<title>1 fail, 1 warn</title>" in unit.strip


def test_a_share_says_of_how_many_rows_it_is() -> None:
    """Of all readmissions, not of all stays; but few rows that pass are not told."""
    checks = [check("A", "warn", 21, denominator=21), check("B", "warn", 14, denominator=14)]
    assert findings.findings(checks, ["A", "B"], 5)[0].share == "100.0% of 21"
    assert findings.findings([replace(checks[0], denominator=24)], ["A"], 5)[0].share == "87.5%"
    rare = [check("A", "warn", 5, denominator=123_456)]
    assert findings.findings(rare, ["A"], 5)[0].share == "<0.1% of 123,456"


@pytest.mark.skipif(not BROWSER, reason="no browser")
def test_on_a_phone_the_names_of_numbers_leave_room_for_them(
    tmp_path: Path, whole: Callable[..., str]
) -> None:
    """They stay where they are, and take at most half of 390 pixels, however long."""
    cells = '<td class="n">12.5 - 100 - 200</td>' * 6
    named = f'<th scope="row" id="asked">{"a name of many words " * 5}</th>{cells}'
    table = (
        f'<div class="scroll"><table class="small"><tbody><tr>{named}</tr></tbody></table></div>'
    )
    html = whole(check("A", "pass")).replace("</body>", f"{table}</body>")
    script = """
    const frame = document.querySelector("iframe");
    frame.onload = () => {
      const cell = frame.contentDocument.getElementById("asked");
      const style = frame.contentWindow.getComputedStyle(cell);
      document.title = `${Math.round(cell.getBoundingClientRect().width)} ${style.position}`;
    };
    frame.srcdoc = """
    outer = tmp_path / "outer.html"
    text = json.dumps(html).replace("</", "<\\/")
    outer.write_text(f'<iframe width="390" height="800"></iframe><script>{script}{text}</script>')
    dom, _ = opened(outer, tmp_path / "profile", budget=2000)
    width, position = re.findall(r"<title>(.*?)</title>", dom)[0].split()
    assert int(width) <= 195
    assert position == "sticky"


def test_what_fails_in_most_hospitals_comes_first() -> None:
    checks = [check(name, "fail", 500, check="lab.sentinel") for name in "A"]
    checks += [check(name, "fail", 20) for name in "ABC"]
    found = findings.findings(checks, list("ABC"), 5)
    assert [f.check for f in found] == ["lab.unit_known", "lab.sentinel"]
    assert found[0].where == "all 3"
    many = [check(f"H{n:02}", "warn") for n in range(12)] + [check("Z", "pass")]
    (one,) = findings.findings(many, sorted({c.hospital_id for c in many}), 5)
    assert one.where == "H00, H01, H02, H03, H04, H05, H06, H07 and 4 more"


def test_a_line_of_squares_has_one_for_each_hospital() -> None:
    drawn = strips.strip(["fail", "", "pass", "fail"] + ["pass"] * 100, "2 fail <b>")
    fails, passes = re.findall(r'<path class="(?:fail|pass)" d="([^"]*)"', drawn)
    assert re.findall(r"M(\d+) (\d+)", fails) == [("0", "1"), ("18", "1")]
    assert len(re.findall("M", passes)) == 101
    assert ("12", "1") in re.findall(r"M(\d+) (\d+)", passes)
    assert re.findall(r"M(\d+) (\d+)", passes)[-1] == ("18", "13")  # the second line
    assert "2 fail &lt;b&gt;" in drawn
    assert [strips.shade(x) for x in (None, 0, 0.3, 0.6, 0.95, 1)] == [
        *("", "none", "some", "half", "most", "full"),
    ]


@pytest.mark.parametrize(
    ("count", "total", "text"),
    [
        (0, 0, ""),
        (4, 10, ""),
        (5, 10, "50.0%"),
        (0, 10, "<0.1%"),
        (10, 10_000, "0.1%"),
        (9, 10_000, "<0.1%"),
        (1000, 1000, "100.0%"),
    ],
)
def test_proportions(count: int, total: int, text: str) -> None:
    assert page._proportion(count, total, 5) == text


def test_rows_of_hospitals(tmp_path: Path) -> None:
    both = [hospital(tmp_path, name) for name in ("B", "A")]
    rows = [tuple(row.values()) for row in page._rows(both, 5)]
    one = [("patient", "3,000", "<5", ""), ("lab", "100", "7", "7.0%")]
    assert rows == [("A", *row) for row in one] + [("B", *row) for row in one]


def measured(hospital_id: str, violated: int, denominator: int, **changes: Any) -> Measurement:
    made = Measurement(hospital_id, "lab", "lab.hard_range", "quarantine", violated, denominator)
    return replace(made, **changes)


def test_rejected_rows_per_thousand_that_were_judged() -> None:
    found = [
        measured("A", 10, 1000),
        measured("A", 5, 800),
        measured("A", 5, 1000, table="vital"),
        measured("A", 900, 9000, severity="warn"),
        measured("B", 900, 1000),
    ]
    assert page._rejected_per_thousand(found, "A") == pytest.approx(1000 * 20 / 2000)
    assert page._rejected_per_thousand(found, "C") is None


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    found: list[Figure] = []

    def keep(figure: Figure, title: str) -> str:
        found.append(figure)
        return f"<svg >{title}</svg>"

    monkeypatch.setattr(figures, "svg_text", keep)
    return found


def test_the_trend_goes_over_the_runs(drawn: list[Figure]) -> None:
    earlier = [EarlierRun("before", [measured("A", 10, 1000)])]
    now = [measured("A", 20, 1000), measured("B", 5, 1000)]
    assert page._trend(now, []) is None
    assert "quarantine findings per 1,000 rows" in str(page._trend(now, earlier))
    (axes,) = drawn[0].axes
    a, b = axes.lines
    assert list(a.get_ydata()) == [10, 20]
    assert np.isnan(b.get_ydata()[0])
    assert b.get_ydata()[1] == 5
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["before", "this run"]
    assert list(a.get_xdata()) == [0, 1]
    assert axes.get_ylim()[0] == 0


def test_what_changed_since_the_last_run() -> None:
    before = [EarlierRun("older", [measured("A", 900, 1000)])]
    before += [EarlierRun("last", [measured("A", 10, 1000), measured("B", 10, 1000)])]
    now = [measured("A", 21, 1000), measured("B", 20, 1000), measured("C", 900, 1000)]
    assert page._changed(now, []) == []
    assert page._changed(now, before) == [
        {"hospital": "A", "check": "lab.hard_range", "before": "1.0%", "now": "2.1%"}
    ]
    names = [f"h{number}" for number in range(30)]
    many = [measured(name, 500, 1000) for name in names]
    last = EarlierRun("last", [measured(name, 10, 1000) for name in names])
    assert len(page._changed(many, [last])) == 25


def counts(*rows: tuple[str, int, int]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=("hospital_id", "bin", "n"), orient="row")


def test_a_distribution_is_the_part_of_results_in_each_bin(drawn: list[Figure]) -> None:
    rows = counts(("B", 16, 30), ("A", 24, 10), ("A", 8, 90), ("B", 8, 4), ("C", 8, 3))
    limits = {"soft_lo": 1.0, "soft_hi": 16.0, "hard_lo": 0.1}
    figures.distribution("c_reactive protein", rows, limits, "mg/L", 5)
    (axes,) = drawn[0].axes
    a, b, low, high = axes.lines
    assert a.get_xdata() == pytest.approx([2 ** (8.5 / 8), 2 ** (24.5 / 8)])
    assert a.get_ydata() == pytest.approx([90, 10])
    assert b.get_ydata() == pytest.approx([100 * 30 / 34])  # a small bin is left out
    styles = series_styles(["A", "B", "C"])
    assert [(line.get_color(), line.get_linestyle()) for line in (a, b)] == [
        styles["A"],
        styles["B"],
    ]
    assert [line.get_xdata()[0] for line in (low, high)] == [1.0, 16.0]
    assert to_hex(low.get_color()) == QUIET
    assert (axes.get_title(loc="left"), axes.get_xlabel()) == ("c reactive protein", "mg/L")
    assert axes.get_xscale() == "log"


@pytest.mark.parametrize(
    ("limits", "lines"),
    [
        ({}, 1),
        ({"soft_lo": None, "soft_hi": 9.0}, 2),
        ({"soft_lo": 0.0, "soft_hi": float("inf")}, 1),
        ({"soft_lo": -1.0, "soft_hi": 9.0}, 2),
    ],
)
def test_limits_that_can_be_drawn(
    drawn: list[Figure], limits: dict[str, float | None], lines: int
) -> None:
    figures.distribution("crp", counts(("A", 8, 1)), limits, "", 0)
    assert len(drawn[0].axes[0].lines) == lines


def test_the_legend_is_that_of_the_figures(tmp_path: Path) -> None:
    names = [f"H{number:02}" for number in range(28)]
    found = page._legend([hospital(tmp_path, name) for name in reversed(names)])
    assert [row["hospital"] for row in found] == names
    assert len({(row["colour"], row["dashes"]) for row in found}) == 28
    assert found[0]["dashes"] == ""


def quarantined(folder: Path, name: str, **columns: list[Any]) -> None:
    path = folder / "quarantine" / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(columns).write_parquet(path)


def test_reasons_are_counted_most_first(tmp_path: Path) -> None:
    ids = ["A"] * 6 + ["B"] * 2
    reasons = ["x;y"] + ["x"] * 5 + ["y", "y"]
    quarantined(tmp_path, "lab", hospital_id=ids, reason=reasons)
    quarantined(tmp_path, "vital", hospital_id=[7], reason=["x"])
    assert numbers.reasons(tmp_path).rows() == [
        ("A", "lab", "x", 6),
        ("B", "lab", "y", 2),
        ("7", "vital", "x", 1),
        ("A", "lab", "y", 1),
    ]
    shown = page._reasons(tmp_path, 5)
    assert [row["rows"] for row in shown] == ["6", "<5", "<5", "<5"]
    assert numbers.reasons(tmp_path / "none").is_empty()


def test_at_most_25_reasons_are_listed(tmp_path: Path) -> None:
    reasons = [f"r{number}" for number in range(30)]
    quarantined(tmp_path, "lab", hospital_id=["A"] * 30, reason=reasons)
    assert len(page._reasons(tmp_path, 0)) == 25


@pytest.fixture
def whole(tmp_path: Path, drawn: list[Figure]) -> Callable[..., str]:
    def make(*checks: Check, dropped: tuple[str, ...] = (), earlier: Any = ()) -> str:
        made = [hospital(tmp_path, name) for name in ("A", "B")]
        return page.page(tmp_path, LIU, made, list(checks), dropped, earlier)

    return make


def test_a_page_without_findings_says_so(whole: Callable[..., str]) -> None:
    html = whole(check("A", "pass"))
    for words in ("No check failed.", "Nothing: every check passed.", "No row was rejected."):
        assert words in html
    assert "What changed since the last run" not in html
    assert "are shown as &lt;5" in html


def test_a_column_of_many_hospitals_has_its_range_and_its_line() -> None:
    """Of those that have the table: the least, the middle and the most."""
    shares = [None, *(n / 20 for n in range(page.FEW)), 1.0]
    found = page._column("value", shares)
    assert found["range"] == "0% \u2013 30% \u2013 100%"
    assert found["strip"].count("<path") >= 3  # none, some, full
    assert page._column("value", [None] * (page.FEW + 1))["range"] == ""
    assert set(page._column("value", [0.5])) == {"column", "proportions"}


def test_a_page_of_simulated_data_says_so(tmp_path: Path, drawn: list[Figure]) -> None:
    made = [hospital(tmp_path, "A")]
    said = "<b>Synthetic data.</b> This extract was simulated."
    assert said in page.page(tmp_path, LIU, made, [check("A", "pass")], simulated=True)
    assert "simulated" not in page.page(tmp_path, LIU, made, [check("A", "pass")])


def test_a_check_that_fails_somewhere_is_not_counted_as_one_that_warns(
    whole: Callable[..., str],
) -> None:
    """As in the lines below, of which each has the worst verdict of its check."""
    html = whole(check("A", "fail"), check("B", "warn"), check("A", "warn", check="lab.sentinel"))
    assert "1 check(s) failed." in html
    assert "<p>1 check(s) warn." in html


def test_a_page_names_who_was_left_out(whole: Callable[..., str]) -> None:
    html = whole(check("A", "fail"), check("D", "warn"), dropped=("C", "B"))
    assert "1 check(s) failed. Left out: B, C." in html
    assert "".join(f'<th class="name">{h}</th>' for h in "ABCD") in html  # long names wrap


def test_a_page_with_an_earlier_run_has_its_trend(whole: Callable[..., str]) -> None:
    html = whole(check("A", "pass"), earlier=[EarlierRun("run before", [])])
    assert "No share moved by more than one percentage point." in html
    assert "<svg >quarantine findings per 1,000 rows</svg>" in html
    trend, _, after = html.partition('id="verdicts"')
    assert '<ul class="legend">' in trend  # which line is which hospital
    assert '<ul class="legend">' in after


def test_many_hospitals_are_squares_on_a_line(tmp_path: Path, drawn: list[Figure]) -> None:
    names = [f"H{n:02}" for n in range(page.FEW + 1)]
    made = [hospital(tmp_path, name) for name in names]
    checks = [check(name, "fail" if name == "H03" else "pass") for name in names]
    html = page.page(tmp_path, LIU, made, checks)
    assert '<th class="name">H03</th>' not in html
    assert "1 fail, 12 pass" in html
    assert html.count('class="strip"') == len(page.contract.TABLES) + 1
    few = page.page(tmp_path, LIU, made[1:], checks[1:])
    assert '<th class="name">H03</th>' in few
    together = page.page(tmp_path, LIU, made, [*checks, check("all", "warn")])
    assert f"each of {len(names)} hospitals, in the order of their names: H00 to H12." in together
    assert "1 fail, 12 pass; all together: warn" in together
    assert together.count("<path") == html.count("<path")  # nobody is called all


def test_the_range_of_a_quantity_names_its_ends() -> None:
    of = {"A": "3.1 \u2013 9 \u2013 12", "B": "2 \u2013 4 \u2013 5", "C": "", "D": "1,200"}
    assert known._range(of) == {
        **{"n": "3", "low": "4 (B)", "middle": "9", "high": "1,200 (D)"},
    }
    assert known._range({"A": "12.5%", "B": "<5"})["low"] == "<5 (B)"
    assert known._range({"A": ""})["n"] == "0"
