"""The bytes of delimited text as UTF-8, in chunks: unpacked, decoded, without byte order mark."""

from __future__ import annotations

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from ehrivig.errors import ExtractError
from ehrivig.extract.delimited.dialect import Dialect, how_to_declare
from ehrivig.store import StorePath
from ehrivig.store.refusal import reason, unreadable

CHUNK = 2**23
LARGE, MOST_FOLD = 2**30, 250
"""How often its packed size a file of at least so many bytes may be: tables pack to a tenth."""
_HEAD = 4096
_OTHER_KINDS = (
    (b"\x1f\x8b", "is packed by gzip, but not named so. Call it <name>.csv.gz."),
    (b"PAR1", "is Parquet, but not named so. Call it <name>.parquet."),
    (b"PK\x03\x04", "is a zip or Excel file, no delimited text. Unpack or export it."),
    (b"\xd0\xcf\x11\xe0", "is an Excel file, no delimited text. Export it."),
    (b"\x28\xb5\x2f\xfd", "is packed by zstd, which is not read. Pack it by gzip."),
    (b"BZh", "is packed by bzip2, which is not read. Pack it by gzip."),
)
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def chunks(path: Path, where: str, dialect: Dialect) -> Iterator[bytes]:
    """The text of a file as UTF-8, in chunks; ExtractError for what cannot be unpacked or decoded.

    `where` names the file in messages.
    """
    try:
        with path.open("rb") as stream:
            yield from _decoded(_unpacked(stream, path, where), where, dialect)
    except PermissionError as error:
        raise ExtractError(
            f"{where}: may not be read. Grant this user the right to read it."
        ) from error
    except OSError as error:
        if isinstance(path, StorePath) and reason(error, path):
            raise unreadable(error, path) from error
        raise ExtractError(f"{where}: cannot be read to its end. Replace the file.") from error


def _unpacked(stream: IO[bytes], path: Path, where: str) -> Iterator[bytes]:
    """The bytes of a file, those of all members of a gzip file."""
    if not where.lower().endswith(".gz"):
        yield from iter(lambda: stream.read(CHUNK), b"")
        return
    size, unpacked = path.stat().st_size, 0
    packed: Any = gzip.GzipFile(fileobj=stream, mode="rb")
    try:
        while chunk := packed.read(CHUNK):
            unpacked += len(chunk)
            if unpacked > LARGE and unpacked > MOST_FOLD * size:
                raise ExtractError(
                    f"{where}: {size:,} bytes that are more than {MOST_FOLD} times as many when "
                    "unpacked. Replace the file."
                )
            yield chunk
    except EOFError as error:
        raise ExtractError(
            f"{where}: ends in the middle of its packed rows. Finish the transfer, or pack it anew."
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ExtractError(
            f"{where}: is no gzip file, or a damaged one. Call it .csv when it is not packed, else "
            "pack it anew."
        ) from error


def _decoded(content: Iterator[bytes], where: str, dialect: Dialect) -> Iterator[bytes]:
    """Bytes in the declared encoding as UTF-8."""
    decoder: Any = codecs.getincrementaldecoder(dialect.encoding)()
    twin = _Utf8Twin() if dialect.encoding != "utf-8" else None
    lines, first = 0, True
    for chunk in content:
        if first:
            _refuse_other_kind(chunk, where, dialect)
        try:
            text = decoder.decode(chunk)
            chunk_as_utf8 = text.removeprefix("\ufeff" if first else "").encode()
        except UnicodeError as error:
            raise _not_text(error, lines, chunk, where, dialect) from error
        if twin is not None:
            twin.look(chunk)
        lines, first = lines + text.count("\n"), False
        yield chunk_as_utf8
    try:
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        raise _not_text(error, lines, b"", where, dialect) from error
    if twin is not None and twin.is_utf8:
        raise ExtractError(
            f"{where}: {dialect.encoding} is declared, but all of it is UTF-8. Remove the encoding "
            "where all files are, or write this one alike."
        )


class _Utf8Twin:
    """Whether bytes that are declared otherwise are UTF-8, and not only ASCII."""

    def __init__(self) -> None:
        self._decoder: Any = codecs.getincrementaldecoder("utf-8")()
        self._whole, self._more_than_ascii = True, False

    def look(self, chunk: bytes) -> None:
        """Take in the next bytes."""
        if self._whole:
            self._more_than_ascii |= not chunk.isascii()
            try:
                self._decoder.decode(chunk)
            except UnicodeDecodeError:
                self._whole = False

    @property
    def is_utf8(self) -> bool:
        """Whether every byte so far says so."""
        return self._whole and self._more_than_ascii


def _refuse_other_kind(head: bytes, where: str, dialect: Dialect) -> None:
    for mark, told in _OTHER_KINDS:
        if head.startswith(mark):
            raise ExtractError(f"{where}: {told}")
    for mark, encoding in _MARKS:
        if head.startswith(mark) and not dialect.encoding.startswith(encoding):
            raise ExtractError(
                f"{where}: is {encoding.upper()}, which is not declared. "
                f"{how_to_declare('encoding', encoding)}"
            )

    begin = head[:_HEAD]
    if begin.count(0) > len(begin) / 4 and not dialect.encoding.startswith(("utf-16", "utf-32")):
        raise ExtractError(
            f"{where}: looks like UTF-16, which is not declared. "
            f"{how_to_declare('encoding', 'utf-16' + _order(begin))}"
        )


def _not_text(
    error: UnicodeError, lines: int, chunk: bytes, where: str, dialect: Dialect
) -> ExtractError:
    """What is wrong with bytes that are no text in the declared encoding, and the cure."""
    if isinstance(error, UnicodeDecodeError):
        return _not_decoded(error, lines, where, dialect)
    if isinstance(error, UnicodeEncodeError):  # UTF-7 may spell half of a pair
        line = lines + error.object[: error.start].count("\n") + 1
        return ExtractError(f"{where}: line {line:,} holds half of a character. Mend the line.")
    return ExtractError(
        f"{where}: begins without the byte order mark that {dialect.encoding} needs. "
        f"{how_to_declare('encoding', dialect.encoding + _order(chunk), 'the order of its bytes')}"
    )


def _not_decoded(
    error: UnicodeDecodeError, lines: int, where: str, dialect: Dialect
) -> ExtractError:
    before = error.object[: error.start].decode(dialect.encoding, errors="ignore")
    line = lines + before.count("\n") + 1
    if dialect.encoding != "utf-8":
        return ExtractError(
            f"{where}: line {line:,} is not {dialect.encoding}, which is declared as its encoding. "
            "Mend the line, or the declaration."
        )
    return ExtractError(
        f"{where}: line {line:,} is not UTF-8. "
        f"{how_to_declare('encoding', 'windows-1252', 'the encoding that the file has')}"
    )


def _order(content: bytes) -> str:
    """Which byte of a character comes first, in text that is ASCII for the most part."""
    return "-be" if content[0::2].count(0) > content[1::2].count(0) else "-le"
