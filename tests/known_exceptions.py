"""What the rules of the house do not hold of yet; every entry is to go, none may come."""

SLASHED = 38
"""Literals that name a path of the store outside the rooms that may."""
KNOWN: dict[str, tuple[str, ...]] = {}
