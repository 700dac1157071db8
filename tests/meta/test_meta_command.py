"""`run_meta`: what is written, and what is left alone."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

import ehrivig.meta
from ehrivig.errors import UsageError
from ehrivig.meta import (
    evidence_names,
    evidence_path,
    read_trials,
    run_meta,
)
from ehrivig.meta.shipped import find_trials, trial_tables

CONTRACT = ["subgroup", "measure", "method", "model", "tau2_method", "estimate", "lo", "hi", "se",
            "p", "q", "q_df", "q_p", "i2", "tau2", "pi_lo", "pi_hi", "k"]  # fmt: skip
TRIALS = evidence_path("laupland2007_trials")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write(folder: Path, text: str) -> Path:
    path = folder / "trials.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_writes_what_the_contract_names(tmp_path: Path) -> None:
    summary = run_meta(TRIALS, tmp_path / "out", measure="OR", method="MH", by="product_type")
    written = {path.name for path in (tmp_path / "out").iterdir()}
    assert written == {*summary.files, "manifest.json"}
    assert {"meta.csv", "studies.csv", "forest.svg", "funnel.svg", "report.html"} <= written
    table = rows(tmp_path / "out" / "meta.csv")
    assert list(table[0])[: len(CONTRACT)] == CONTRACT
    assert [row["subgroup"] for row in table] == ["all", "IgMA_enriched", "standard"]
    assert f"{float(table[0]['estimate']):.4f}" == "0.6630"
    assert float(table[0]["se"]) == pytest.approx(
        math.log(float(table[0]["hi"]) / float(table[0]["lo"])) / (2 * 1.959964), rel=1e-6
    )
    assert (table[0]["tau2"], table[0]["pi_lo"], table[0]["k"]) == ("", "", "14")
    studies = rows(tmp_path / "out" / "studies.csv")
    assert sum(float(row["weight"]) for row in studies) == pytest.approx(1)
    assert studies[0]["events_treated"] == "6"


def test_random_effects_row(tmp_path: Path) -> None:
    run_meta(TRIALS, tmp_path / "out", measure="OR", model="random", tau2="DL")
    (row,) = rows(tmp_path / "out" / "meta.csv")
    assert (row["method"], row["model"], row["tau2_method"]) == ("IV", "random", "DL")
    assert f"{float(row['tau2']):.5f}" == "0.27604"
    assert float(row["pi_lo"]) < float(row["lo"]) < float(row["hi"]) < float(row["pi_hi"])


def test_mantel_haenszel_asked_for_random_effects_is_said(tmp_path: Path) -> None:
    summary = run_meta(TRIALS, tmp_path / "out", method="MH", model="random", tau2="DL")
    assert summary.method == "IV"
    assert f"{summary.estimate:.4f}" == "0.4528"
    assert any("inverse variance" in note for note in summary.notes)


def test_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "two" / "deeper"
    for out in (one, other):
        run_meta(TRIALS, out, by="product_type", model="random", tau2="REML", moderators=["year"])
    names = sorted(path.name for path in one.iterdir())
    assert names == sorted(path.name for path in other.iterdir())
    for name in names:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name
        assert str(tmp_path) not in (one / name).read_text(encoding="utf-8")


def test_another_process_gives_the_same_bytes(tmp_path: Path) -> None:
    run_meta(TRIALS, tmp_path / "one")
    code = "import sys; from pathlib import Path; from ehrivig.meta import run_meta; "
    code += "run_meta(sys.argv[1], Path(sys.argv[2]))"
    root = Path(ehrivig.meta.__file__).parents[2]
    arguments = [sys.executable, "-c", code, str(TRIALS), str(tmp_path / "two")]
    subprocess.run(arguments, check=True, cwd=root)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_figures_are_sound_and_carry_their_words(tmp_path: Path) -> None:
    run_meta(TRIALS, tmp_path / "out", sides=("IVIG better", "Control better"))
    for name, words in (
        ("forest.svg", ["Werdan 1996", "126", "35.9%", "0.66 [0.53, 0.83]", "IVIG better",
                        "Heterogeneity: Chi² = 28.12, df = 13 (P = 0.009); I² = 54%"]),
        ("funnel.svg", ["Odds ratio"]),
    ):  # fmt: skip
        text = (tmp_path / "out" / name).read_text(encoding="utf-8")
        shown = " ".join(ElementTree.fromstring(text).itertext())
        assert all(word in shown for word in words), name
        assert "<dc:date>" not in text


def test_names_are_escaped_and_never_set_as_formulas(tmp_path: Path) -> None:
    header = "study,events_treated,n_treated,events_control,n_control\n"
    nasty = '"<script>alert(1)</script>",5,50,9,50\n$x_1$ & 静注人免疫球蛋白,4,40,8,40\n'
    run_meta(write(tmp_path, header + nasty), tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    figure = ElementTree.parse(tmp_path / "out" / "forest.svg").getroot()
    assert "$x_1$ & 静注人免疫球蛋白" in " ".join(figure.itertext())


def test_report_stands_alone(tmp_path: Path) -> None:
    run_meta(TRIALS, tmp_path / "out", by="product_type")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert 'name="viewport"' in page
    for outside in (' src="', "<link", "<script", "@import", "url(http"):
        assert outside not in page
    assert "0.66 (95% interval 0.53 to 0.83" in page


def test_double_zero_studies_are_counted(tmp_path: Path) -> None:
    text = "study,events_treated,n_treated,events_control,n_control\n"
    path = write(tmp_path, text + "A,5,50,9,50\nB,4,40,8,40\nC,0,20,0,20\n")
    summary = run_meta(path, tmp_path / "out", measure="OR")
    assert (summary.k, summary.k_excluded) == (2, 1)
    assert any("1 study of 3 excluded" in note for note in summary.notes)
    studies = rows(tmp_path / "out" / "studies.csv")
    assert [row["included"] for row in studies] == ["true", "true", "false"]
    assert studies[2]["estimate"] == ""
    assert run_meta(path, tmp_path / "rd", measure="RD").k == 3


def test_subgroup_without_an_estimate_keeps_its_row(tmp_path: Path) -> None:
    text = "study,drug,events_treated,n_treated,events_control,n_control\n"
    path = write(tmp_path, text + "A,x,5,50,9,50\nB,x,4,40,8,40\nC,y,0,20,0,20\n")
    run_meta(path, tmp_path / "out", by="drug")
    last = rows(tmp_path / "out" / "meta.csv")[-1]
    assert (last["subgroup"], last["estimate"], last["k"], last["k_excluded"]) == (
        "y",
        "",
        "0",
        "1",
    )


BAD = "study,events_treated,n_treated,events_control,n_control\n{}"


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        (BAD.format("A,5,50,9,50\n"), {}, "at least two"),
        (BAD.format("A,0,50,0,50\nB,0,9,0,9\n"), {}, "none of 2 studies"),
        (BAD.format("A,5,50,9,50\nB,0,9,0,9\n"), {}, "1 is left, two are needed"),
        (None, {"measure": "XX"}, "is none of"),
        (None, {"measure": "MD"}, "needs means or estimates"),
        (None, {"method": "XX"}, "method: 'XX' is none of"),
        (None, {"model": "fixed"}, "model: 'fixed' is none of"),
        (None, {"tau2": "ML"}, "tau2: 'ML' is none of"),
        (None, {"ci": "wald"}, "ci: 'wald' is none of"),
        (None, {"ci": "hksj"}, "random"),
        (None, {"method": "Peto", "measure": "RR"}, "Peto gives odds ratios"),
        (None, {"by": "colour"}, "no column 'colour'"),
        (None, {"moderators": ["product_type"]}, "not a number"),
    ],
)
def test_mistakes_leave_an_earlier_result_untouched(
    tmp_path: Path, text: str | None, options: dict[str, object], words: str
) -> None:
    out = tmp_path / "out"
    run_meta(TRIALS, out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    trials = TRIALS if text is None else write(tmp_path, text)
    with pytest.raises(ehrivig.errors.EhrivigError, match=words) as caught:
        run_meta(trials, out, **options)  # type: ignore[arg-type]
    assert caught.value.exit_code == 2
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_foreign_folders_are_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UsageError, match="holds other files"):
        run_meta(TRIALS, tmp_path)
    run = tmp_path / "run"
    run.mkdir()
    (run / "manifest.json").write_text('{"exit_code": 0}')
    with pytest.raises(UsageError, match="holds other files"):
        run_meta(TRIALS, run)
    with pytest.raises(UsageError, match="is a file"):
        run_meta(TRIALS, tmp_path / "thesis.tex")
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_shipped_tables_by_name(tmp_path: Path) -> None:
    assert run_meta("laupland2007_trials", tmp_path / "out").k == 14
    assert "jtranslmed2023_pooled" in evidence_names()
    for name in trial_tables():
        assert read_trials(find_trials(name)).labels
    for name in set(evidence_names()) - set(trial_tables()):
        with pytest.raises(UsageError, match=f"evidence: {name} holds .* nothing to pool"):
            find_trials(name)
    with pytest.raises(UsageError, match="not shipped"):
        evidence_path("nothing")
    for name in evidence_names():
        table = rows(evidence_path(name))
        assert all(row["source"] for row in table)
        flagged = {n for row in table for n in row["reconstructed"].split(";") if n}
        assert flagged <= set(table[0])


def test_public_names_load_when_used() -> None:
    for name in ehrivig.meta.__all__:
        assert getattr(ehrivig.meta, name) is not None
    assert set(ehrivig.meta.__all__) == set(ehrivig.meta._MODULE)
    with pytest.raises(AttributeError, match="nothing"):
        _ = ehrivig.meta.nothing
    code = "import sys, ehrivig.meta; print('numpy' in sys.modules, 'matplotlib' in sys.modules)"
    root = Path(ehrivig.meta.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=root)
    assert done.stdout.split() == [b"False", b"False"]
