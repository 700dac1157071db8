"""The first copy of each table: what by the rule of small cells is not shown, and what gives it.

The rule hides least; what the attack still finds is hidden afterwards (`hidden`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl

from ehrivig.disclosure import hide_counts, small
from ehrivig.release import steps
from ehrivig.release.attack import outside
from ehrivig.release.attack.arms import ARMS, FEWEST
from ehrivig.release.attack.attack import kind
from ehrivig.release.attack.left_over import DOSED
from ehrivig.release.attack.pairs import CLUSTERS
from ehrivig.release.attack.signs import against
from ehrivig.release.families import families
from ehrivig.release.landmarks import landmarks

HIDDEN = "suppressed"
NOT_SHOWN = "not shown"
ALL_LEVELS = "all levels"
DIGITS = 3
"""Significant digits of a diagnostic: what a reader needs."""
_NUMBERS = ("events", "percent", "mean", "sd", "median", "q1", "q3")
_BELOW = re.compile(r"<\d+")
_OF = re.compile(
    r"(?<![\d.,])(\d[\d,]*) of (\d[\d,]*\d|\d)\b(?! admissions left out: a covariate missing)"
)
"""A part of a whole; but of whom a covariate is missing Table 1 tells as well."""
OF_PEOPLE = (
    r"(?:admissions?|patients?|persons?|people|pairs?|rows?|cases?|events?|deaths?"
    r"|exactly|without|with|of them|left|clusters?)"
)
"""What a number in a sentence counts, where it counts people."""
_ON_CUT = r"\b(\d+) exactly on the cut"
_FEW_ON_CUT = r"<\d+ exactly on the cut"
_COUNTED = re.compile(rf"(?<![\d.,])(\d+)(?= {OF_PEOPLE}\b)")
_CLUSTERS = re.compile(r" \(\d+ clusters\)|, \d+ clusters| with [\d.]+ df")
_DF = re.compile(r"\bdf [\d.]+")
"""How many people a variance is of, in its name."""
Copy = Callable[[pl.DataFrame, int], pl.DataFrame]


def first(name: str, frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """The copy of a table before the attack."""
    if frame.is_empty():
        return frame
    copy = _COPIES.get(kind(set(frame.columns)))
    found = copy(frame, smallest) if copy else frame
    found = _by_outcome(frame, found, smallest) if name == DOSED else found
    return worded(found, smallest)


def worded(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """A table whose words (notes, messages) tell no small count."""
    texts = [n for n in ("note", "message") if frame.schema.get(n) == pl.String]
    return frame.with_columns(
        pl.col(name).map_elements(lambda text: words(text, smallest), return_dtype=pl.String)
        for name in texts
    )


def words(text: str, smallest: int) -> str:
    """A sentence without its small counts of people: "1 of 47" is "few of 47"."""

    def of(found: re.Match[str]) -> str:
        part, whole = (int(found[side].replace(",", "")) for side in (1, 2))
        hidden = small(part, smallest) or small(whole - part, smallest)
        return f"few or nearly all of {whole:,}" if hidden else found[0]

    def alone(found: re.Match[str]) -> str:
        return "few" if small(int(found[1]), smallest) else found[0]

    return _COUNTED.sub(alone, _OF.sub(of, text))


def _descriptive(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """Texts that say of a hidden count that it is small say only that it is hidden.

    Of few people it is not said how many they are: they are the most of whom a hidden count can be.
    """
    texts = [name for name in frame.columns if name.startswith("text_")]
    frame = frame.with_columns(
        pl.when(pl.col(name).str.contains(_BELOW.pattern))
        .then(pl.lit(HIDDEN))
        .otherwise(pl.col(name))
        .alias(name)
        for name in texts
    )
    fewest = pl.when(pl.col("kind") == "binary").then(smallest).otherwise(FEWEST)
    few = {
        arm: pl.col(f"n_{arm}").is_between(1, fewest - 1).fill_null(pl.col("kind") != "binary")
        for arm in ("all", *ARMS)
    }
    few["all"] = pl.any_horizontal(few.values())  # else all without the other arm are the few
    for arm, where in few.items():
        hidden = frame.select(where.alias("few"))["few"]
        frame = _without_numbers(frame, hidden, arm)
    return frame


def _without_numbers(frame: pl.DataFrame, few: pl.Series, arm: str) -> pl.DataFrame:
    """A table without any number of an arm, and what compares it, in some rows."""
    names = [n for n in (*(f"{what}_{arm}" for what in _NUMBERS), "p", "smd") if n in frame.columns]
    where = pl.lit(few)
    return frame.with_columns(
        *(pl.when(where).then(None).otherwise(pl.col(name)).alias(name) for name in names),
        pl.when(where).then(pl.lit(HIDDEN)).otherwise(f"text_{arm}").alias(f"text_{arm}"),
        pl.when(where).then(None).otherwise(f"n_{arm}").alias(f"n_{arm}"),
    )


def _by_outcome(frame: pl.DataFrame, copy: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """Of the exposed by outcome it is not told how many, where few had it, or few had it not."""
    few = (pl.col(f"n_{arm}").is_between(1, smallest - 1).any() for arm in ARMS)
    if not frame.select(pl.any_horizontal(few)).item():
        return copy
    names = [name for name in copy.columns if name.startswith("n_")]
    return copy.with_columns(pl.lit(None, copy.schema[name]).alias(name) for name in names)


def _balance(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """KS and SMD of a yes/no covariate are the difference of two shares: hidden with the count.

    The difference in all levels of a variable (of hospitals) has no means; it is told to two
    digits, which many counts of its levels give.
    """
    whole = pl.lit(False)
    if "level" in frame.columns:
        whole = pl.col("level").eq_missing(pl.lit(ALL_LEVELS))
    for when in ("unmatched", "matched"):
        gone = pl.any_horizontal(pl.col(f"mean_{arm}_{when}").is_null() for arm in ARMS)
        frame = frame.with_columns(
            pl.when(gone & ~whole).then(None).otherwise(pl.col(name)).alias(name)
            for name in half(when)
        ).with_columns(
            pl.when(whole)
            .then(pl.col(f"smd_{when}").cast(pl.Float64).round(2))
            .otherwise(f"smd_{when}")
            .alias(f"smd_{when}")
        )
    return frame


def half(when: str) -> list[str]:
    """The numbers of the balance table before or after matching."""
    told = ("mean_exposed", "mean_control", "smd", "variance_ratio", "ks")
    return [f"{what}_{when}" for what in told]


def _histogram(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """Bins of few people are empty cells, with the next smallest of the same feature."""
    whole = [name for name in ("feature",) if name in frame.columns]
    hidden = pl.col("n").map_batches(
        lambda n: pl.Series(
            hide_counts([int(count or 0) for count in n.to_list()], smallest), dtype=pl.Int64
        ).set(n.is_null(), None),
        return_dtype=pl.Int64,
    )
    return frame.with_columns(hidden.over(whole) if whole else hidden)


def _bins(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """Of hospitals and deciles all counts, or none where one is hidden.

    Hospitals and deciles have known sizes, from which a hidden count would follow. In small ones it
    would from who is there at all, too: then `supported` is not told either.
    """
    counts = [frame[arm] for arm in ARMS if arm in frame.columns]
    if "decile" not in frame.columns or not any(one.null_count() for one in counts):
        return frame
    shown = pl.concat([one.drop_nulls().cast(pl.Float64).rename("n") for one in counts])
    usual = shown.filter(shown > 0).median()
    gone = [one.name for one in counts]
    if not isinstance(usual, float) or usual < 2 * smallest:
        gone += [name for name in ("supported",) if name in frame.columns]
    return frame.with_columns(pl.lit(None, frame.schema[name]).alias(name) for name in gone)


def _effects(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """No counts that date deaths, and no corrected p that hands a hidden one on.

    Nor how many clusters a standard error is of, which are the pairs, or its degrees of freedom.
    """
    found = _on_the_cut(families(landmarks(frame, smallest)), smallest)
    if found.schema.get("note") == pl.String:
        said = pl.col("note").str.replace_all(CLUSTERS.pattern, "from few clusters")
        found = found.with_columns(said.alias("note"))
    if found.schema.get("variance") != pl.String:
        return found
    said = pl.col("variance").str.replace_all(_CLUSTERS.pattern, "")
    return found.with_columns(said.str.replace_all(_DF.pattern, "df").alias("variance"))


def _on_the_cut(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """Groups of a dose that say how many lie on the cut: not where few of theirs lie beside it."""
    if "note" not in frame.columns:
        return frame
    told = pl.col("note").cast(pl.String).str.extract(_ON_CUT).cast(pl.Int64)
    beside = frame.select(on=told, beside=pl.col("n_exposed") - told).drop_nulls()
    few = beside.filter(pl.col("beside").is_between(1, smallest - 1))["on"].unique().to_list()
    said = pl.col("note").cast(pl.String).str.replace(_FEW_ON_CUT, "few exactly on the cut")
    for number in few:
        said = said.str.replace(rf"\b{number} exactly on the cut", "some exactly on the cut")
    return frame.with_columns(said.alias("note"))


def _days(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """No median or shift of few people with values on both days, nor what compares them."""
    few = pl.col("n_pairs").fill_null(0) < FEWEST
    told = pl.col("n_pairs").fill_null(0) >= max(smallest, 1)
    numbers = [name for name, kind_ in frame.schema.items() if kind_.is_float()]
    compared = [name for name in numbers if name.startswith("ancova_")]
    any_few = few.any().over("variable")
    frame = _both_ways(frame, smallest)
    return frame.with_columns(
        *(
            pl.when(any_few if name in compared else few)
            .then(None)
            .otherwise(pl.col(name))
            .alias(name)
            for name in numbers
        ),
        pl.when(told).then("n_pairs").alias("n_pairs"),
        pl.when(few).then(pl.lit(HIDDEN)).otherwise("note").alias("note"),
    )


def _both_ways(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """Values on two days without the p of ranks where it tells that few changed the other way."""
    if "p_wilcoxon" not in frame.columns:
        return frame
    shown = [row["p_wilcoxon"] if not against(row, smallest) else None for row in frame.to_dicts()]
    return frame.with_columns(pl.Series("p_wilcoxon", shown, frame.schema["p_wilcoxon"]))


def _diagnostics(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """No verdict on a hidden share of few people: it tells on which side of its threshold it is.

    Values to three digits: a share to the last one is its count.
    """
    hidden = pl.col("value").is_null() & pl.col("verdict").is_in(["pass", "fail"])
    verdict = pl.when(hidden).then(pl.lit(NOT_SHOWN)).otherwise("verdict")
    return frame.with_columns(verdict.alias("verdict"), pl.col("value").round_sig_figs(DIGITS))


def _use(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """No courses where few had more than one, of no part, for the parts are all courses.

    No amounts of fewer people than may be described: their sum over how many they are is a mean.
    """
    frame = _without_amount(_amounts(frame), smallest)
    again = pl.col("courses") - pl.col("patients")
    if not frame.select(again.is_between(1, smallest - 1).any()).item():
        return frame
    names = [name for name in ("courses", "courses_per_kg") if name in frame.columns]
    return frame.with_columns(pl.lit(None, frame.schema[name]).alias(name) for name in names)


def _amounts(frame: pl.DataFrame) -> pl.DataFrame:
    """Use without the amounts of parts of few, nor of so many others that those follow from all."""
    names = [name for name in outside.AMOUNTS if name in frame.columns]
    if not {"dimension", "patients"} <= set(frame.columns) or not names:
        return frame
    hidden = set[int]()
    for (dimension,), part in frame.with_row_index("number").group_by("dimension"):
        told = part.filter(pl.any_horizontal(pl.col(names).is_not_null())).sort("patients")
        few = told.filter(pl.col("patients").fill_null(0) < FEWEST)
        gone = few["number"].to_list()
        if dimension != outside.ALL and (gone or told.height < part.height):
            gone += _to_describe(told, gone)
        hidden |= set(gone)
    where = pl.int_range(pl.len()).is_in(sorted(hidden))
    return frame.with_columns(pl.when(~where).then(pl.col(name)).alias(name) for name in names)


def _without_amount(frame: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """No share of administrations without an amount where these are few: they are of few people."""
    share, of = "share_without_amount", "administrations"
    if not {share, of} <= set(frame.columns):
        return frame
    few = (pl.col(share) * pl.col(of)).round().is_between(1, smallest - 1).any()
    if not frame.select(few.fill_null(False)).item():
        return frame
    return frame.with_columns(pl.lit(None, frame.schema[share]).alias(share))


def _to_describe(told: pl.DataFrame, gone: list[int]) -> list[int]:
    """The smallest other parts, until those without amounts are enough to be described."""
    more, people = list[int](), told.filter(pl.col("number").is_in(gone))["patients"].sum()
    for number, patients in told.select("number", "patients").iter_rows():
        if people < FEWEST and number not in gone:
            more.append(number)
            people += patients or 0
    return more


_COPIES: dict[str, Copy] = {
    "descriptive": _descriptive,
    "balance": _balance,
    "attrition": steps.attrition,
    "ledger": steps.ledger,
    "curves": steps.curves,
    "histogram": _histogram,
    "bins": _bins,
    "effects": _effects,
    "use": _use,
    "days": _days,
    "diagnostics": _diagnostics,
}
