"""The page to explore runs: what it holds, and that a real browser draws and filters it."""

from __future__ import annotations

import html
import json
import re
import shutil
import time
from pathlib import Path

import polars as pl
import pytest
from fuzz.base import short_study, small_extract
from typer.testing import CliRunner

import ehrivig
from ehrivig import pipeline
from ehrivig.cli import app
from ehrivig.errors import UsageError
from ehrivig.results.run import Run
from ehrivig.results.view import _page, view
from ehrivig.results.view.charts import specifications
from ehrivig.results.view.tables import hidden_estimates, of_runs
from ehrivig.study import load
from tests.browser import BROWSER, opened

pytestmark = pytest.mark.usefixtures("quickly")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium here (.ci/run installs it)")
FORCE = """
<script>addEventListener("load", async () => {
  for (const details of document.querySelectorAll("main > details")) {
    details.open = true; await draw(details);
  }
  document.body.dataset.whole = "yes";
});</script>"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("view")
    plan = load(str(short_study(folder / "study.toml")))
    pipeline.run(plan, small_extract(folder / "extract"), folder / "night")
    return folder / "night"


def many_hospitals(run: Path, folder: Path, n: int) -> Path:
    """A copy of a run whose quality table is that of n hospitals, sealed by nobody."""
    shutil.copytree(run / "release", folder)
    quality = pl.read_csv(folder / "quality.csv", infer_schema_length=None)
    one = quality.filter(pl.col("hospital_id") == quality["hospital_id"].drop_nulls()[0])
    parts = [one.with_columns(pl.lit(f"H{number:03}").alias("hospital_id")) for number in range(n)]
    pl.concat(parts).write_csv(folder / "quality.csv")
    return folder


def add(page: Path, script: str) -> None:
    """Put a script at the end of a page (its bundle speaks of other bodies)."""
    before, end, after = page.read_text(encoding="utf-8").rpartition("</body>")
    page.write_text(before + script + end + after, encoding="utf-8")


def data_of(page: Path) -> dict[str, dict[str, list[object]]]:
    found = re.search(r"^const DATA = (.*);$", page.read_text(encoding="utf-8"), re.M)
    assert found
    return json.loads(found[1])  # type: ignore[no-any-return]


def test_the_page_holds_released_numbers_and_no_others(run: Path, tmp_path: Path) -> None:
    page = view([run], tmp_path / "view.html")
    effects = pl.read_csv(run / "release" / "effects.csv", infer_schema_length=None)
    shown = effects.filter(pl.col("estimate").is_not_null())
    shown = shown.sort(pl.col("role") != "primary", maintain_order=True)["estimate"]
    assert data_of(page)["effects"]["estimate"] == [float(f"{v:.6g}") for v in shown]
    released = pl.read_csv(run / "release" / "attrition.csv", infer_schema_length=None)
    assert data_of(page)["flow"]["admissions"] == released["admissions"].to_list()


def test_a_page_asks_nothing_of_a_network_and_names_cannot_end_its_script(
    run: Path, tmp_path: Path
) -> None:
    bad = "</script><script>alert(1)</script>"
    folder = many_hospitals(run, tmp_path / "copy", 1)
    quality = pl.read_csv(folder / "quality.csv", infer_schema_length=None)
    quality = quality.with_columns(
        pl.lit(bad).alias("hospital_id"), pl.lit("warn").alias("verdict")
    )
    quality.write_csv(folder / "quality.csv")
    runs = {"one": Run(folder)}
    text = _page(runs, of_runs(runs))
    assert bad not in text
    assert "\\u003c/script\\u003e" in text
    assert "connect-src" not in text
    assert "default-src 'none'" in text
    assert not re.search(r'(src|href)="https?:', text)


def test_what_a_run_must_be_read_with_stands_on_the_page(run: Path, tmp_path: Path) -> None:
    said = ehrivig.open(run).banner
    assert any("simulated" in line for line in said)
    text = view([run], tmp_path / "view.html").read_text(encoding="utf-8")
    assert all(f'<p class="banner">{line}</p>' in text for line in map(html.escape, said))


def test_a_run_that_ended_before_its_analyses_has_a_page_of_its_checks(
    run: Path, tmp_path: Path
) -> None:
    """Beside one that ended well: what one lacks is no row, and its end is told."""
    file = short_study(tmp_path / "study.toml")
    older, n = re.subn(r'("?min"? = )18\b', r"\g<1>119", file.read_text())
    assert n == 1
    file.write_text(older)
    data = small_extract(tmp_path / "extract")
    ended = pipeline.run(load(str(file)), data, tmp_path / "empty")
    assert ended.exit_code == 5
    page = view([run, ended.out], tmp_path / "view.html")
    assert "exit code 5" in page.read_text(encoding="utf-8")
    assert set(data_of(page)) >= {"flow", "effects"}
    alone = view([ended.out], tmp_path / "alone.html")
    assert "effects" not in data_of(alone)


def test_a_table_of_another_version_is_told(run: Path, tmp_path: Path) -> None:
    folder = many_hospitals(run, tmp_path / "copy", 1)
    quality = pl.read_csv(folder / "quality.csv", infer_schema_length=None).drop("severity")
    quality.write_csv(folder / "quality.csv")
    with pytest.raises(UsageError, match=r"quality\.csv of 'old' lacks a column"):
        of_runs({"old": Run(folder)})


def test_each_estimate_has_a_line_of_its_own(run: Path) -> None:
    effects = of_runs({"one": Run(run)})["effects"]
    assert effects.select("outcome", "measure", "row").is_duplicated().sum() == 0


def test_a_check_that_few_rows_violate_is_not_complete(run: Path, tmp_path: Path) -> None:
    """Fewer than five rows are told as 0 of them: the column is on the page all the same."""
    folder = many_hospitals(run, tmp_path / "copy", 3)
    quality = pl.read_csv(folder / "quality.csv", infer_schema_length=None)
    name = quality.filter(pl.col("check").str.ends_with("_present"))["check"][0]
    few = (pl.col("check") == name) & (pl.col("hospital_id") == "H001")
    quality = quality.with_columns(
        pl.when(pl.col("check") == name).then(0).otherwise("violated").alias("violated"),
        pl.when(few).then(pl.lit("warn")).otherwise("verdict").alias("verdict"),
    )
    quality.write_csv(folder / "quality.csv")
    shown = of_runs({"one": Run(folder)})["complete"]
    assert name in shown["check"].to_list()


def test_what_is_no_run_and_what_is_there_are_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no finished run"):
        view([tmp_path], tmp_path / "view.html")
    (tmp_path / "view.html").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        view([run], tmp_path / "view.html")
    with pytest.raises(UsageError, match="no folder"):
        view([run], tmp_path / "nowhere" / "view.html")
    with pytest.raises(UsageError, match="stays as it is"):
        view([run], run / "view.html")
    assert (tmp_path / "view.html").read_text() == "mine"
    done = CliRunner().invoke(app, ["view", str(run), "--out", str(tmp_path / "new.html")])
    assert (done.exit_code, done.output.strip()) == (0, str(tmp_path / "new.html"))


def test_what_is_hidden_and_what_could_not_be_estimated_are_told_apart(
    run: Path, tmp_path: Path
) -> None:
    folder = many_hospitals(run, tmp_path / "copy", 1)
    effects = pl.read_csv(folder / "effects.csv", infer_schema_length=None)
    notes = ["not shown: few people", "immortal time; no estimate: nobody is in it"]
    notes += ["no estimate: a cell is below 5: suppressed", "no estimate: separation by age"]
    places = range(effects.height)
    effects = effects.with_columns(
        pl.Series("estimate", [None if n < 4 else float(n) for n in places]),
        pl.Series("note", [notes[n] if n < 4 else "" for n in places]),
    )
    effects.write_csv(folder / "effects.csv")
    assert hidden_estimates({"one": Run(folder), "two": Run(folder)}) == (4, 4)
    runs = {"one": Run(folder)}
    said = _page(runs, of_runs(runs))
    assert "Of 2 estimates nothing is shown: few people. 2 could not be estimated" in said


def test_runs_stand_in_the_order_given_in_one_colour_each(run: Path, tmp_path: Path) -> None:
    """Nights called z, a: also where the worst check is of the second, and in each chart."""
    folder = many_hospitals(run, tmp_path / "a", 2)
    quality = pl.read_csv(folder / "quality.csv", infer_schema_length=None)
    quality.with_columns(verdict=pl.lit("fail")).head(1).write_csv(folder / "quality.csv")
    runs = {"z": Run(run), "a": Run(folder)}
    found = json.dumps(specifications(of_runs(runs), [*runs]))
    assert set(re.findall(r'"field": "run", "sort": (\[[^]]*\])', found)) == {'["z", "a"]'}
    assert set(re.findall(r'"domain": (\["[za][^]]*\])', found)) == {'["z", "a"]'}
    assert len(re.findall('"field": "run", "sort"', found)) >= 6


def test_every_chart_is_as_wide_as_the_page(run: Path, tmp_path: Path) -> None:
    """A chart without a width is 300 pixels wide, whatever it shows."""
    runs = {"one": Run(run), "two": Run(many_hospitals(run, tmp_path / "two", 2))}
    found = specifications(of_runs(runs), [*runs])
    assert {"effects", "flow", "dosing", "balance"} <= set(found)
    for name, chart in found.items():
        widths = re.findall(r'"width": (\d+|\{"step")', json.dumps(chart))
        assert widths, name
        assert all(width.startswith("{") or int(width) > 300 for width in widths), name


@needs_browser
@pytest.mark.parametrize("runs", [1, 2])
def test_a_hidden_number_is_not_drawn_as_none(run: Path, tmp_path: Path, runs: int) -> None:
    """A step of the flow says that it is not shown; hidden bins are grey, those of nobody white."""
    folder = many_hospitals(run, tmp_path / "copy", 2)
    flow = pl.read_csv(folder / "attrition.csv", infer_schema_length=None)
    second = (pl.col("hospital_id") == "all") & (pl.col("step") == 1)
    hide = pl.when(~second).then("admissions").alias("admissions")
    flow.with_columns(hide).write_csv(folder / "attrition.csv")
    overlap = pl.read_csv(folder / "overlap.csv", infer_schema_length=None)
    bins = [None, 0, *[7] * (overlap.height - 2)]
    overlap.with_columns(exposed=pl.Series(bins), control=9).write_csv(folder / "overlap.csv")
    shown = {f"run {number}": Run(folder) for number in range(runs)}
    page = tmp_path / "view.html"
    page.write_text(_page(shown, of_runs(shown)), encoding="utf-8")
    look = """
<script>addEventListener("load", async () => {
  const found = {};
  for (const name of ["flow", "overlap"]) {
    const details = document.getElementById(name);
    details.open = true; await draw(details);
    found[name] = [...details.querySelectorAll(".mark-text.role-mark text")].length;
  }
  const grey = [...document.querySelectorAll("#overlap path[fill='#e3e3e3']")];
  found.grey = grey.filter(one => one.getAttribute("opacity") !== "0").length;
  found.white = grey.length - found.grey;
  document.body.dataset.found = [found.flow, found.grey, found.white > 0].join(" ");
});</script>"""
    add(page, look)
    document, complaints = opened(page, tmp_path / "profile", budget=20_000)
    assert complaints == []
    assert f'data-found="{runs} {runs} true"' in document


@needs_browser
def test_a_choice_of_which_nothing_is_shown_says_so(run: Path, tmp_path: Path) -> None:
    page = view([run], tmp_path / "view.html")
    choose = """
<script>addEventListener("load", async () => {
  const details = document.getElementById("effects");
  await draw(details);
  const said = details.querySelector("[role=status]"), before = said.hidden;
  for (const [name, value] of [["Role", "primary"], ["Outcome", "ards"]]) {
    const field = details.querySelector(`select[aria-label=${name}]`);
    field.value = value; field.dispatchEvent(new Event("input", {bubbles: true}));
    field.dispatchEvent(new Event("change", {bubbles: true}));
  }
  await new Promise(done => setTimeout(done, 800));
  document.body.dataset.said = before + " " + said.hidden;
});</script>"""
    add(page, choose)
    document, _ = opened(page, tmp_path / "profile", budget=20_000)
    assert 'data-said="true false"' in document


@needs_browser
def test_a_wide_chart_does_not_widen_the_page(run: Path, tmp_path: Path) -> None:
    """It is scrolled in its own frame: text and filters stay within the screen."""
    runs = {name: Run(many_hospitals(run, tmp_path / name, 186)) for name in ("one", "two")}
    page = tmp_path / "view.html"
    page.write_text(_page(runs, of_runs(runs)), encoding="utf-8")
    add(page, FORCE.replace('"yes"', "document.documentElement.scrollWidth <= innerWidth"))
    document, complaints = opened(page, tmp_path / "profile", budget=20_000)
    assert complaints == []
    assert 'data-whole="true"' in document


@needs_browser
def test_two_nights_side_by_side_are_drawn_whole(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "later"
    shutil.copytree(run, other)
    page = view([run, other], tmp_path / "view.html")
    add(page, FORCE)
    document, complaints = opened(page, tmp_path / "profile", budget=20_000)
    assert complaints == []
    assert 'data-whole="yes"' in document
    charts = document.count('id="chart-')
    assert charts >= 6
    assert document.count('data-drawn="done"') == charts
    assert "night" in document
    assert "later" in document
    assert document.count('aria-label="Outcome"') == 1


@needs_browser
def test_a_choice_filters_what_is_drawn(run: Path, tmp_path: Path) -> None:
    """The role chosen by the keyboard's event: fewer marks than before."""
    page = view([run], tmp_path / "view.html")
    choose = """
<script>addEventListener("load", async () => {
  await draw(document.getElementById("effects"));
  const place = document.getElementById("chart-effects");
  const marks = () => place.querySelectorAll(".mark-symbol path").length;
  const before = marks(), role = place.querySelector("select[aria-label=Role]");
  role.value = "primary"; role.dispatchEvent(new Event("input", {bubbles: true}));
  role.dispatchEvent(new Event("change", {bubbles: true}));
  await new Promise(done => setTimeout(done, 500));
  document.body.dataset.marks = before + " " + marks();
});</script>"""
    add(page, choose)
    document, complaints = opened(page, tmp_path / "profile", budget=20_000)
    assert complaints == []
    found = re.search(r'data-marks="(\d+) (\d+)"', document)
    assert found
    before, after = map(int, found.groups())
    assert before > after >= 1


@needs_browser
def test_ratios_are_drawn_by_their_logarithm_and_differences_as_they_are(
    run: Path, tmp_path: Path
) -> None:
    page = view([run], tmp_path / "view.html")
    choose = """
<script>addEventListener("load", async () => {
  await draw(document.getElementById("effects"));
  const place = document.getElementById("chart-effects"), found = [];
  for (const value of ["OR", "RD"]) {
    const measure = place.querySelector("select[aria-label=Measure]");
    measure.value = value; measure.dispatchEvent(new Event("input", {bubbles: true}));
    measure.dispatchEvent(new Event("change", {bubbles: true}));
    await new Promise(done => setTimeout(done, 500));
    const ticks = [];
    for (const label of place.querySelectorAll(".role-axis-label text")) {
      const number = Number(label.textContent.replace("\u2212", "-"));
      const box = label.getBoundingClientRect();
      const at = value === "OR" ? Math.log(number) : number;
      if (isFinite(at)) ticks.push([at, box.x + box.width / 2]);
    }
    ticks.sort((a, b) => a[0] - b[0]);
    if (ticks.length > 4) { ticks.shift(); ticks.pop(); }  // the ends may be set inwards
    const steps = ticks.slice(1).map(
      (tick, k) => (tick[1] - ticks[k][1]) / (tick[0] - ticks[k][0]));
    found.push(ticks.length, (Math.max(...steps) / Math.min(...steps)).toFixed(1));
  }
  document.body.dataset.axis = found.join(" ");
});</script>"""
    add(page, choose)
    document, complaints = opened(page, tmp_path / "profile", budget=20_000)
    assert complaints == []
    found = re.search(r'data-axis="(\d+) ([\d.]+) (\d+) ([\d.]+)"', document)
    assert found, re.search(r'data-axis="[^"]*"', document)
    of_ratios, even, of_differences, evenly = found.groups()
    assert int(of_ratios) > 1
    assert int(of_differences) > 1
    assert float(even) <= 1.2
    assert float(evenly) <= 1.2


@needs_browser
def test_186_hospitals_are_there_in_time(run: Path, tmp_path: Path) -> None:
    """The page opens, and its first chart stands, within 3 s by the browser's own clock."""
    runs = {"all": Run(many_hospitals(run, tmp_path / "copy", 186))}
    page = tmp_path / "view.html"
    page.write_text(_page(runs, of_runs(runs)), encoding="utf-8")
    assert page.stat().st_size < 3_000_000
    started = time.monotonic()
    document, complaints = opened(page, tmp_path / "profile", budget=20_000)
    took = time.monotonic() - started
    assert complaints == []
    found = re.search(r'data-ready="(\d+)"', document)
    assert found
    assert int(found[1]) < 3000 or took < 6
