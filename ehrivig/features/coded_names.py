"""What a code is called among covariates: one name however hospitals write it, and its group.

A code of a hospital's own names nothing elsewhere: it goes by the name of the product, or by the
hospital.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import polars as pl

from ehrivig.codes.spelling import plain_code, plain_name, plain_vocabulary

Name = tuple[str, str]
"""The kind of a covariate, and its name within it."""
_LOCAL = "LOCAL"
_DISEASES = re.compile(r"ICD(9|10)(?!PCS|PROC)")
"""ICD-9 and ICD-10 and their national forms, whose categories are the same."""
_CATEGORY = {
    "9": re.compile(r"\d{3}|V\d{2}|E\d{3}"),
    "10": re.compile(r"[A-Z]\d[A-Z0-9]"),
}
_ATC_GROUP = 4


def of_diagnosis(hospital_id: str, vocabulary: str | None, code: str | None) -> Iterator[Name]:
    """A code, and the category of an ICD code, which it may be itself."""
    scheme = plain_vocabulary(vocabulary) or _LOCAL
    text = plain_code(scheme, code)
    if not text:
        return
    if scheme == _LOCAL:
        yield "diagnosis", f"{hospital_id} {text}"
        return
    icd = _DISEASES.match(scheme)
    category = _CATEGORY[icd[1]].match(text) if icd else None
    if icd is None or category is None:
        yield "diagnosis", f"{scheme} {text}"
        return
    rest = text[category.end() :]
    yield "diagnosis", f"{scheme} {category[0]}{'.' if rest else ''}{rest}"
    yield "diagnosis_group", f"{icd[0]} {category[0]}"


def of_product(
    hospital_id: str, vocabulary: str | None, code: str | None, name: str | None
) -> Iterator[Name]:
    """A drug by its code, or its name where the code is a hospital's own; the group of ATC."""
    scheme = plain_vocabulary(vocabulary) or _LOCAL
    text, words = plain_code(scheme, code), plain_name(name)
    if text and scheme != _LOCAL:
        yield "drug", f"{scheme} {text}"
        if scheme == "ATC" and len(text) >= _ATC_GROUP:
            yield "drug_group", f"ATC {text[:_ATC_GROUP]}"
    elif words:
        yield "drug", words
    elif text:
        yield "drug", f"{hospital_id} {text}"


def named(rows: pl.DataFrame, call: Callable[..., Iterator[Name]], *columns: str) -> pl.DataFrame:
    """admission_id, kind, code of `rows`, each once; `call` names a row by its `columns`."""
    distinct = rows.select(columns).unique()
    names = [list(call(*row)) for row in distinct.iter_rows()]
    spelt = distinct.with_columns(
        kind=pl.Series([[kind for kind, _ in of] for of in names], dtype=pl.List(pl.String)),
        name=pl.Series([[name for _, name in of] for of in names], dtype=pl.List(pl.String)),
    )
    joined = rows.join(spelt, on=columns, how="inner", nulls_equal=True)
    long = joined.select("admission_id", "kind", code="name").explode("kind", "code")
    return long.drop_nulls("code").unique()
