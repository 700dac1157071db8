"""Survival and competing risks on arrays."""
