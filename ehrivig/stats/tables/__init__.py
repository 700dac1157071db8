"""Tests and measures of tables and ranks on arrays."""
