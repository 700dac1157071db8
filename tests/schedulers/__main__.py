"""Install Airflow and Dagster from the package index, each apart, and run the examples in them.

Minutes and a gigabyte; `make test` does without. The folder `.schedulers` keeps them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"AIRFLOW": "apache-airflow", "DAGSTER": "dagster"}


def installed(package: str) -> Path:
    """The interpreter of an environment that has `package`."""
    folder = ROOT / ".schedulers" / package
    python = folder / "bin" / "python"
    ready = folder / ".ready"
    if not ready.is_file():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", package], check=True)
        ready.touch()
    return python


def main() -> int:
    """Exit code of the tests of the examples, with both schedulers at hand."""
    found = {f"EHRIVIG_{name}_PYTHON": str(installed(p)) for name, p in PACKAGES.items()}
    tests = [sys.executable, "-m", "pytest", "-v", "-p", "no:xdist", "tests/test_examples.py"]
    return subprocess.run(tests, cwd=ROOT, env={**os.environ, **found}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
