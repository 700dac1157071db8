"""What is wrong with the text of a product name, and which products the gate must know.

Names are few (distinct combinations), so this is Python on a small frame, joined back by `drug`.
"""

from __future__ import annotations

import re
import unicodedata

import polars as pl

from ehrivig.database import Database

_FULL_WIDTH = re.compile("[\uff01-\uff5e\u3000]")
_LATIN_RUN = re.compile("[\u0080-\u00ff]{4,}")
_CJK = re.compile("[\u3400-\u9fff]")
_IMMUNOGLOBULIN = re.compile(
    r"immun\w*[\s-]*glob|\bivig\b|gamma[\s-]*glob|球蛋白|静丙|"
    r"\b(gammagard|gamunex|privigen|octagam|gammaplex|flebogamma|bivigam|pentaglobin)\b"
)
_HCPCS = re.compile(r"J1(459|556|557|561|566|568|569|572|599)")
_SCHEMA = {
    "drug": pl.Int64,
    "listed": pl.Boolean,
    "exposure": pl.Boolean,
    "exposure_listed": pl.Boolean,
    "exposure_verdict": pl.String,
    "product_strength_g": pl.Float64,
    "immunoglobulin": pl.Boolean,
    "hcpcs": pl.Boolean,
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


def looks_immunoglobulin(name: str | None, code: str | None) -> bool:
    """Whether a product is some immunoglobulin, by its name or its ATC code (J06B)."""
    plain = unicodedata.normalize("NFKC", name or "").casefold()
    return bool(_IMMUNOGLOBULIN.search(plain)) or (code or "").upper().startswith("J06B")


def describe(products: pl.DataFrame, classes: pl.DataFrame, codelist: str) -> pl.DataFrame:
    """One row per product of a hospital: what the checks of `medication` ask of it.

    `products`: drug, vocabulary, drug_code, drug_name; `classes`: drug, codelist, verdict,
    strength_g. `exposure`: the study's code list includes it; `listed`: any code list knows it.
    """
    own = classes.filter(pl.col("codelist") == codelist)
    verdict = dict(zip(own["drug"], own["verdict"], strict=True))
    strength = dict(zip(own["drug"], own["strength_g"], strict=True))
    listed = set(classes["drug"])
    wanted_immunoglobulin = _is_about_immunoglobulin(products, own)
    rows = []
    for row in products.iter_rows(named=True):
        drug, name, code = row["drug"], row["drug_name"], row["drug_code"]
        rows.append(
            {
                "drug": drug,
                "listed": drug in listed,
                "exposure": verdict.get(drug) == "include",
                "exposure_listed": drug in verdict,
                "exposure_verdict": verdict.get(drug),
                "product_strength_g": strength.get(drug),
                "immunoglobulin": wanted_immunoglobulin and looks_immunoglobulin(name, code),
                "hcpcs": bool(_HCPCS.fullmatch((code or "").upper())),
                "mojibake": mojibake(name),
                "full_width": full_width(name),
            }
        )
    return pl.DataFrame(rows, schema=_SCHEMA)


def _is_about_immunoglobulin(products: pl.DataFrame, own: pl.DataFrame) -> bool:
    """Whether the exposure's code list is one of immunoglobulins: it includes such a product."""
    included = own.filter(pl.col("verdict") == "include").select("drug")
    named = products.join(included, on="drug", how="semi")
    return any(looks_immunoglobulin(r["drug_name"], r["drug_code"]) for r in named.to_dicts())


def load(db: Database, codelist: str) -> None:
    """Table `gate.drug`: one row per product of the hospital."""
    products = db.frame("SELECT drug, vocabulary, drug_code, drug_name FROM ref.drug ORDER BY drug")
    classes = db.frame("SELECT drug, codelist, verdict, strength_g FROM ref.drug_class")
    db.load("gate.drug", describe(products, classes.cast({"strength_g": pl.Float64}), codelist))
