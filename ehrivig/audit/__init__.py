"""Audits published tables: which numbers do not follow from the others printed beside them."""

from ehrivig.audit.audit import audit
from ehrivig.meta.lint import Lint

__all__ = ["Lint", "audit"]
