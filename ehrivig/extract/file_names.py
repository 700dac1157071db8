"""What the name of a file or folder of an extract says: a part, a thing to leave out, or neither.

Nothing is left out for a name that nobody knows: it could be the rest of a table.
"""

from __future__ import annotations

import re

SUFFIX = ".parquet"
TEXTS = (".csv", ".csv.gz", ".tsv", ".tsv.gz")
"""Names of delimited text, read in place of Parquet."""
_DOCUMENTS = (".md", ".rst", ".html", ".pdf", ".docx")
_LEFT_OUT = (
    (re.compile(r"_SUCCESS$"), "mark of a writer that all is written"),
    (re.compile(r"_(common_)?metadata$"), "footers of all parts once more"),
    (re.compile(r".+\.(crc|md5|sha1|sha256|sha512)$"), "checksum"),
    (re.compile(r"_(started|committed)_|.+_\$folder\$$"), "mark of a writer"),
    (re.compile(r"(\.DS_Store|Thumbs\.db|desktop\.ini|__MACOSX)$"), "of a file manager"),
    (re.compile(r"_"), "its name begins with _"),
    (re.compile(r"\."), "hidden: its name begins with a dot"),
    (re.compile(r"(README|LICENSE|CHANGELOG|NOTICE)(\.\w+)?$"), "document"),
)
_PART = r".+\.(?:parquet|[ct]sv(?:\.gz)?)"
_UNFINISHED = (
    re.compile(rf"\.?({_PART})\.(tmp|temp|part|partial|filepart|crdownload|inprogress)$", re.I),
    re.compile(rf"\.?({_PART})\._COPYING_$"),
    re.compile(rf"\.({_PART})\.(?!sha256$)[A-Za-z0-9]{{6}}$"),  # rsync
)
_OF_A_LAKE = (
    (re.compile(r"_delta_log$"), "a Delta table, whose files hold deleted rows too"),
    (re.compile(r".+\.metadata\.json$"), "an Iceberg table, whose files hold deleted rows too"),
    (re.compile(r"\.hoodie$"), "a Hudi table, whose files hold replaced rows too"),
)
_KEY = re.compile(r"(?P<key>[^=]+)=(?P<value>.*)$", re.DOTALL)


def is_part(name: str) -> bool:
    """Whether a file of this name is a part of its table."""
    return name.lower().endswith((SUFFIX, *TEXTS)) and not name.startswith(("_", "."))


def format_of(name: str) -> str:
    """The format of a part by its name: each of the suffixes is one."""
    lower = name.lower()
    return next((end for end in (SUFFIX, *TEXTS) if lower.endswith(end)), "")


def is_text(name: str) -> bool:
    """Whether a part is delimited text by its name."""
    return name.lower().endswith(TEXTS)


def why_left_out(name: str) -> str | None:
    """Why a file or folder is known to hold no rows of a table; None for all others."""
    for pattern, reason in _LEFT_OUT:
        if pattern.match(name):
            return reason
    return "document" if name.lower().endswith(_DOCUMENTS) else None


def unfinished(name: str) -> str | None:
    """The name of the part that a file was to become whose transfer was not finished."""
    found = (pattern.match(name) for pattern in _UNFINISHED)
    return next((one[1] for one in found if one), None)


def lake(name: str) -> str | None:
    """What a table is, of which not every Parquet file counts, by a name that lies in it."""
    return next((told for pattern, told in _OF_A_LAKE if pattern.match(name)), None)


def hive_key(name: str) -> tuple[str, str] | None:
    """Key and value, as written, of a folder called key=value."""
    found = _KEY.match(name)
    return (found["key"], found["value"]) if found else None


def table_of(name: str) -> str:
    """The table that an entry of an extract holds: its name in small letters, without suffix."""
    return name.lower().removesuffix(format_of(name))


def piece_of(table: str, known: tuple[str, ...]) -> str | None:
    """The known table of which another seems to be a numbered piece: lab_2, lab-part-0003."""
    found = re.match(r"(?P<table>.+?)[ ._-]*(part)?[ ._-]*\(?\d+\)?$", table)
    return found["table"] if found and found["table"] in known else None
