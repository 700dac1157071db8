"""The tables, figures and pages of fixed tables of trials, as text: `stored/*.txt`.

    python -m tests.meta.stored

writes them anew, after a change of words, layout or numbers that was meant.
"""

from __future__ import annotations

import html
import math
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from ehrivig.meta import compare, evidence_path, pool_aggregates, run_meta

STORED = Path(__file__).with_name("stored")
TRIALS = evidence_path("laupland2007_trials")
COUNTS = """study,year,dose,events_treated,n_treated,events_control,n_control
Ames,1999,0.5,4,40,9,41
Bonn,2001,0.5,0,25,5,24
Cork,2002,1,12,100,20,98
Delft,2000,1,0,30,0,31
Essen,2005,2,7,61,15,60
Faro,2004,2,30,30,28,30
Gent,2007,4,3,19,2,20
"""
MEANS = """study,mean_treated,sd_treated,n_treated,mean_control,sd_control,n_control
Ames,10.5,3.1,40,12.0,2.9,41
Bonn,9.8,2.5,25,12.9,3.4,24
Cork,11.2,4.0,100,11.0,4.2,98
Delft,8.0,3.3,12,13.5,3.0,12
"""
ESTIMATES = """study,estimate,lo,hi
Ames,0.80,0.50,1.28
Bonn,0.60,0.30,1.20
Cork,1.10,0.90,1.34
Delft,0.40,0.15,1.07
Essen,2.50,1.10,5.70
"""
AGGREGATE = """hospital_id,analysis,contrast,outcome,event_label,model,measure,estimate,lo,hi,se,\
n_exposed,events_exposed,n_control,events_control,note
{id},hospital,IVIG vs no IVIG,death_28d,death,logistic,OR,{estimate},{lo},{hi},{se},100,20,90,{n},
{id},hospital,dose,death_28d,death,logistic,OR,{estimate},{lo},{hi},{se},,,,,few
"""
EFFECTS = """analysis,contrast,outcome,event_label,model,measure,estimate,lo,hi,p,p_holm
primary,any,death_28d,death within 28 days,conditional logistic,OR,0.95,0.62,1.47,0.82,
bands,any,death_28d,death within 28 days,logistic,OR,3.0,1.29,6.94,0.01,0.07
"""


def _meta(text: str | None, **options: object) -> Callable[[Path], object]:
    def make(folder: Path) -> object:
        path = TRIALS
        if text:
            path = folder / "trials.csv"
            path.write_text(text, encoding="utf-8")
        return run_meta(path, folder / "out", **options)  # type: ignore[arg-type]

    return make


def _pool(folder: Path) -> object:
    sent = []
    for number, name in enumerate("ABCD", start=1):
        (folder / name).mkdir()
        se, theta = 0.2 + number / 20, number / 4 - 0.8
        lo, hi = (math.exp(theta + side * 1.959964 * se) for side in (-1, 1))
        line = {"estimate": math.exp(theta), "lo": lo, "hi": hi, "se": se, "n": 20 + number}
        text = AGGREGATE.format(id=name, **line)
        if name != "A":
            text = "\n".join(text.splitlines()[:2]) + "\n"
        (folder / name / "aggregate.csv").write_text(text, encoding="utf-8")
        sent.append(folder / name)
    return pool_aggregates(sent, folder / "out")


def _compare(folder: Path) -> object:
    (folder / "run").mkdir()
    (folder / "run" / "effects.csv").write_text(EFFECTS, encoding="utf-8")
    return compare(folder / "run", TRIALS, folder / "out", by="product_type")


CASES: dict[str, Callable[[Path], object]] = {
    "trials": _meta(None, by="product_type", model="random", tau2="REML", ci="hksj"),
    "counts": _meta(COUNTS, moderators=("dose",), by="dose"),
    "peto": _meta(COUNTS, method="Peto", sides=("good", "bad")),
    "differences": _meta(COUNTS, measure="RD", model="random", tau2="PM"),
    "means": _meta(MEANS, measure="SMD", model="random"),
    "estimates": _meta(ESTIMATES, measure="RR", method="IV"),
    "pool": _pool,
    "compare": _compare,
}


def text_of(name: str) -> str:
    """What a case says and writes, file by file; of pages and figures their words."""
    with tempfile.TemporaryDirectory() as place:
        said = CASES[name](Path(place))
        told = [f"{line}" for line in str(said).replace(place, "PLACE").split(", ")]
        files = sorted((Path(place) / "out").iterdir())
        parts = [_words(path) for path in files if path.name != "manifest.json"]
    return "\n".join(["== summary", *told, *parts, ""])


def _words(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    if path.suffix in (".html", ".svg"):
        text = re.sub(r"<(style|defs|script)\b.*?</\1>|<\?.*?>|<!--.*?-->", "", text, flags=re.S)
        text = html.unescape(re.sub(r"<[^>]+>", "\n", text))
        lines = [" ".join(line.split()) for line in text.splitlines()]
        text = "\n".join(line for line in lines if line)
    return f"== {path.name}\n{text.rstrip()}"


NUMBER = re.compile(r"(?<![\w.])[-−]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])")


def differences(found: str, kept: str) -> Iterator[str]:
    """The lines that are not the same, but for the last digits of numbers."""
    both = found.splitlines(), kept.splitlines()
    if len(both[0]) != len(both[1]):
        yield f"{len(both[1])} lines are {len(both[0])} now"
    for now, then in zip(*both, strict=False):
        numbers = [[float(n.replace("−", "-")) for n in NUMBER.findall(t)] for t in (now, then)]
        words = [NUMBER.sub("#", text) for text in (now, then)]
        same = words[0] == words[1] and all(
            math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-9) for a, b in zip(*numbers, strict=True)
        )
        if not same:
            yield f"{then}  ->  {now}"


if __name__ == "__main__":
    STORED.mkdir(exist_ok=True)
    for case in CASES:
        (STORED / f"{case}.txt").write_text(text_of(case), encoding="utf-8")
