"""What leaves the hospital: `RUN/release/`, made of the run's tables and attacked before it is.

The rule of small cells hides least (`copies`); an attacker then holds every number against every
hidden count (`attack`), and what he finds is hidden as well (`hidden`), before anything is shown.
"""

from ehrivig.release.before import carry, keep, kept_since
from ehrivig.release.door import bring, close, leave_release_alone, write_tables
from ehrivig.release.files import FOLDER, PAGES
from ehrivig.release.verify import Verified, verify

__all__ = [
    "FOLDER",
    "PAGES",
    "Verified",
    "bring",
    "carry",
    "close",
    "keep",
    "kept_since",
    "leave_release_alone",
    "verify",
    "write_tables",
]
