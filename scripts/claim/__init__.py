"""The report's 7.03 % and 1.65 %, read in every way that comes to mind: docs/claim.md, `python -m scripts.claim`."""
