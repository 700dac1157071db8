"""Whether a study is the one whose protocol was declared before, by its hash or by a file of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ehrivig.errors import UsageError
from ehrivig.study.difference import between
from ehrivig.study.problem import shown
from ehrivig.study.protocol import digest, protocol
from ehrivig.study.whole import Study

_HASH = re.compile(r"[0-9a-fA-F]{12,64}")
_LARGEST_BYTES = 5_000_000
_MOST_TOLD, _LONGEST = 12, 160
_CURE = (
    "Run the study that was declared, or declare this one before its results are seen (ehrivig "
    "protocol STUDY --out NEW.json)."
)


def held(study: Study, declared: str) -> str:
    """The hash of the study's protocol, which is the one that was declared.

    `declared`: its hash, or the first 12 or more digits of it; or a file of the protocol, as
    `ehrivig protocol` and every run write it. UsageError that names what differs where the study
    has another one.
    """
    mine = protocol(study)
    hash_ = str(mine["protocol_hash"])
    if _HASH.fullmatch(declared):
        if not hash_.startswith(declared.lower()):
            raise UsageError(_other_hash(hash_, declared))
        return hash_
    theirs = _read(declared)
    if theirs["protocol_hash"] != hash_:
        raise UsageError(_other_protocol(theirs, mine))
    return hash_


def _other_hash(mine: str, declared: str) -> str:
    return (
        f"--protocol: this study has the protocol {mine}, and {declared.lower()} was declared. "
        "What differs says ehrivig study diff DECLARED.toml STUDY, or --protocol with the file of "
        f"the declared protocol in place of its hash. {_CURE}"
    )


def _other_protocol(theirs: dict[str, Any], mine: dict[str, Any]) -> str:
    said = differences(theirs, mine)
    if len(said) > _MOST_TOLD:
        said = [*said[:_MOST_TOLD], f"and {len(said) - _MOST_TOLD} more"]
    hashes = f"{mine['protocol_hash'][:12]}, declared {theirs['protocol_hash'][:12]}"
    return (
        f"--protocol: this study has another protocol than the one declared ({hashes}): "
        f"{'; '.join(said)}. {_CURE}"
    )


def differences(theirs: dict[str, Any], mine: dict[str, Any]) -> list[str]:
    """What differs between a protocol that was declared and this one: key by key, file by file.

    Where the study is the same, the parts that another version of this program words otherwise.
    """
    said = between(_words(theirs, "settings"), _words(mine, "settings"))
    files = (_words(one, "own_files", "file ") for one in (theirs, mine))
    said += between(*files)
    if not said:
        said = [f"the words of {name}" for name in _parts(theirs, mine)]
        said.append("the study is the same, and another version of ehrivig wrote the protocol")
    return [one if len(one) <= _LONGEST else f"{one[:_LONGEST]}..." for one in said]


def _words(content: dict[str, Any], part: str, before: str = "") -> dict[str, str]:
    """The values of one part by place; hashes by their beginning."""
    found = content.get(part)
    if not isinstance(found, dict):
        return {}
    return {f"{before}{place}": str(v)[:12] if before else str(v) for place, v in found.items()}


def _parts(theirs: dict[str, Any], mine: dict[str, Any]) -> list[str]:
    """The parts of the target trial and its emulation whose words differ."""
    listed = theirs.get("items")
    items = listed if isinstance(listed, list) else []
    old = {one.get("part"): one for one in items if isinstance(one, dict)}
    return [one["part"] for one in mine["items"] if old.get(one["part"]) != one]


def _read(name: str) -> dict[str, Any]:
    """A protocol that was written to a file; UsageError where it is none, or was changed."""
    path, shows = Path(name), shown(name)
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise UsageError(f"--protocol: {shows} is no protocol: it is too large. {_WANTED}")
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        why = error.strerror or "it cannot be opened"
        raise UsageError(
            f"--protocol: {shows} is no hash of 12 digits or more, and no file: {why}. {_WANTED}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"--protocol: {shows} is no protocol. {_WANTED}") from error
    if not isinstance(content, dict) or not isinstance(content.get("protocol_hash"), str):
        raise UsageError(f"--protocol: {shows} is no protocol. {_WANTED}")
    if digest(content) != content["protocol_hash"]:
        raise UsageError(
            f"--protocol: {shows} was changed after it was written: its hash is not that of what "
            "it says. Give it as it was written, or the hash that was declared."
        )
    return content


_WANTED = (
    "Give the hash of the declared protocol (12 digits of it or more), or the file that ehrivig "
    "protocol STUDY --out NEW.json, or a run, wrote as protocol.json."
)
