"""The page `docs/outputs.md`: every column of every table that a run releases.

    python -m tests.release.outputs

writes it anew from `ehrivig.release.columns`.
"""

from __future__ import annotations

from pathlib import Path

from ehrivig.release.columns import _ANY, TABLES
from ehrivig.release.files import RELEASED, what

PAGE = Path(__file__).resolve().parents[2] / "docs" / "outputs.md"
_HEAD = """# Columns of the released tables

Written by `python -m tests.release.outputs` from `ehrivig.release.columns`, whose words also stand
in the file of `ehrivig export --to duckdb` (comments) and in the workbook of `--to xlsx`. Tables
are CSV in `release/`; the same columns before the last suppression lie in the run folder. Empty:
not known, or not shown. Which table is what: [release.md](release.md).

## Of any table

"""


def page() -> str:
    """The text of the page."""
    parts = [_HEAD + _rows(_ANY)]
    for name, columns in TABLES.items():
        words = what(f"release/{name.replace('[23]', '2')}") or RELEASED.get(name, "")
        title = name.replace("table_s[23].csv", "table_s2.csv, table_s3.csv")
        title = title.replace(
            "table*.csv", "table1.csv, table2.csv, table_s1.csv, table_s4.csv, table_unmatched.csv"
        )
        parts.append(f"## {title}\n\n{words[:1].upper()}{words[1:]}.\n\n" + _rows(columns))
    return "\n".join(parts)


def _rows(columns: dict[str, str]) -> str:
    lines = [f"| `{name}` | {words} |" for name, words in columns.items()]
    return "\n".join(["| column | what it is |", "|---|---|", *lines, ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
