"""What is wrong with the text of a product's name.

Names are few (distinct combinations), so this is Python on a small frame, joined back by `drug`.
"""

from __future__ import annotations

import re

import polars as pl

from ehrivig.database import Database

_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]")
_LATIN_RUN = re.compile("[\u0080-\u00ff]{4,}")
_CJK = re.compile("[\u3400-\u9fff]")
_SCHEMA = {
    "drug": pl.Int64,
    "mojibake": pl.Boolean,
    "full_width": pl.Boolean,
}


def mojibake(text: str | None) -> bool:
    """Whether a text was read in another encoding than it was written in.

    Three ways: the replacement character; Chinese read as Latin-1 (a run of four or more letters
    above ASCII whose bytes are GB18030 or UTF-8); UTF-8 read as GB18030 (its GB18030 bytes are, but
    for lost ones, UTF-8 of Chinese). A lone accented letter is none of these.
    """
    if not text:
        return False
    return "\ufffd" in text or _latin_of_chinese(text) or _gb18030_of_utf8(text)


def _latin_of_chinese(text: str) -> bool:
    run = _LATIN_RUN.search(text)
    if run is None:
        return False
    raw = run.group().encode("latin-1")
    return any(_CJK.search(raw.decode(code, "ignore")) for code in ("gb18030", "utf-8"))


def _gb18030_of_utf8(text: str) -> bool:
    chinese = _CJK.findall(text)
    if len(chinese) < 4:
        return False
    decoded = "".join(_CJK.findall(text)).encode("gb18030").decode("utf-8", "replace")
    sound = len(_CJK.findall(decoded))
    return sound >= 2 and sound > 2 * decoded.count("\ufffd")


def full_width(text: str | None) -> bool:
    """Whether a text holds full-width letters, digits or brackets."""
    return bool(text and _FULL_WIDTH.search(text))


def describe(products: pl.DataFrame) -> pl.DataFrame:
    """One row per product of a hospital: what the text of its name says.

    `products`: drug, drug_name.
    """
    rows = [
        {
            "drug": drug,
            "mojibake": mojibake(name),
            "full_width": full_width(name),
        }
        for drug, name in products.select("drug", "drug_name").iter_rows()
    ]
    return pl.DataFrame(rows, schema=_SCHEMA)


def load(db: Database) -> None:
    """Table `gate.drug_text`: one row per product of the hospital."""
    db.load(
        "gate.drug_text",
        describe(db.frame("SELECT drug, drug_name FROM ref.drug ORDER BY drug")),
    )
