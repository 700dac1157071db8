"""A page as a real browser has it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)


def opened(page: Path, profile: Path, budget: int = 0) -> tuple[str, list[str]]:
    """The document once loaded, and what its scripts complained of.

    `budget`: milliseconds of the page's own time to wait for what is drawn later.
    """
    assert BROWSER
    words = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}"]
    words += [f"--virtual-time-budget={budget}"] if budget else []
    words += ["--enable-logging=stderr", "--dump-dom", page.as_uri()]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
