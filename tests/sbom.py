"""What the package is made of, as CycloneDX: `make sbom`, or `python -m tests.sbom FILE`.

A component is a package that ehrivig needs to run: the version that is installed, its licence as
its authors write it, and the hashes of requirements.lock. No time and no path: the same each time.
"""

from __future__ import annotations

import json
import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements.lock"
_LINE = re.compile(r"^([A-Za-z0-9_.-]+)==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_LONG = 60
_TEXTS = {
    "Permission is hereby granted, free of charge": "MIT",
    "Redistribution and use in source and binary forms": "BSD",
    "PSF": "PSF",
}
"""Words of a whole licence that tell which one it is."""


def plain(name: str) -> str:
    """The name of a package as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(path: Path = LOCK) -> dict[str, tuple[str, list[str]]]:
    """Package -> version and hashes of its files, as the lock file has them."""
    found: dict[str, tuple[str, list[str]]] = {}
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if head := _LINE.match(line):
            name = plain(head[1])
            found[name] = head[2], []
        if name:
            found[name][1].extend(_HASH.findall(line))
    return found


def needed(root: str = "ehrivig") -> dict[str, Distribution]:
    """The packages that one needs to run, however indirectly, without extras."""
    found: dict[str, Distribution] = {}
    waiting = [root]
    while waiting:
        of = distribution(waiting.pop())
        for one in map(Requirement, of.requires or ()):
            asked = one.marker is None or one.marker.evaluate({"extra": ""})
            if asked and plain(one.name) not in found:
                try:
                    found[plain(one.name)] = distribution(one.name)
                except PackageNotFoundError:
                    continue
                waiting.append(one.name)
    return dict(sorted(found.items()))


def licence(of: Distribution) -> str:
    """The licence of a package in the words of its authors; "unknown" where they say none."""
    said = (of.metadata.get("License-Expression") or of.metadata.get("License") or "").strip()
    every = of.metadata.get_all("Classifier") or ()
    kinds = [one.rpartition(" :: ")[2] for one in every if one.startswith("License :: ")]
    known = [name for words, name in _TEXTS.items() if words in said]
    short = [said] if 0 < len(said) <= _LONG else []
    return (short or kinds or known or ["unknown"])[0]


def bill() -> dict[str, Any]:
    """The bill of materials (CycloneDX 1.5)."""
    hashes = locked()
    components = [_component(name, of, hashes) for name, of in needed().items()]
    version = distribution("ehrivig").version
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "ehrivig", "version": version}},
        "components": components,
    }


def _component(
    name: str, of: Distribution, hashes: dict[str, tuple[str, list[str]]]
) -> dict[str, Any]:
    version, files = hashes.get(name, ("", []))
    return {
        "type": "library",
        "name": name,
        "version": of.version,
        "purl": f"pkg:pypi/{name}@{of.version}",
        "licenses": [{"license": {"name": licence(of)}}],
        "hashes": [
            {"alg": "SHA-256", "content": one} for one in sorted(files) if version == of.version
        ],
    }


def main() -> None:
    """Write the bill, and print the licences."""
    made = bill()
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist" / "sbom.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    for one in made["components"]:
        print(f"{one['name']} {one['version']}: {one['licenses'][0]['license']['name']}")


if __name__ == "__main__":
    main()
