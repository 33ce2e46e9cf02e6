"""What the rules of the house do not hold of yet; every entry is to go, none may come."""

SLASHED = 247
"""Literals that name a path of the store outside the rooms that may."""
KNOWN: dict[str, tuple[str, ...]] = {
    "folders": ("analysis/findings: 22 modules",),
    "imports": (
        "export.json imports maths.histogram",
        "measures.attacks.probe imports json",
        "runs.again imports networks.cnn",
        "runs.again imports networks.live",
        "runs.again imports torch",
        "runs.again imports training.experiment",
        "runs.epochs imports training.experiment",
        "stills.phases imports tables.spectra",
        "stills.square imports maths.marchenko_pastur",
    ),
    "long": ("analysis/findings/histories.py",),
    "names": (
        "analysis/importing/run.py and analysis/training/run.py",
        "analysis/recipe/experiment.py and analysis/training/experiment.py",
        "analysis/runs/again.py and analysis/training/again.py",
        "analysis/runs/writer.py and analysis/store/writer.py",
    ),
}
