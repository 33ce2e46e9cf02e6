"""What the rules of the house do not hold of yet; every entry is to go, none may come."""

SLASHED = 91
"""Literals that name a path of the store outside the rooms that may."""
KNOWN: dict[str, tuple[str, ...]] = {
    "folders": ("analysis/findings",),
    "imports": ("measures.attacks.probe imports json",),
    "long": ("analysis/findings/training.py",),
    "names": ("analysis/runs/record.py and analysis/store/writer.py",),
}
