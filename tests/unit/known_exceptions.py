"""What the rules of the house do not hold of yet; every entry is to go, none may come."""

SLASHED = 95
"""Literals that name a path of the store outside the rooms that may."""
KNOWN: dict[str, tuple[str, ...]] = {
    "folders": ("analysis/findings",),
    "imports": (
        "findings.words.language imports matplotlib.font_manager",
        "measures.attacks.probe imports json",
        "scenes.camera.encoding imports scenes.kit.narration",
        "scenes.kit.story imports scenes.instruments.instrument",
    ),
    "long": (
        "analysis/findings/certificates.py",
        "analysis/findings/histories.py",
        "scenes/kit/story.py",
        "analysis/training/run.py",
    ),
    "names": (
        "analysis/importing/series.py and analysis/training/run.py",
        "analysis/networks/pixels.py and scenes/viewing/pixels.py",
        "analysis/recipe/recipe.py and analysis/training/experiment.py",
        "analysis/runs/writer.py and analysis/store/writer.py",
        "analysis/settings.py and scenes/kit/settings.py",
        "analysis/store/check/base.py and scenes/kit/base.py",
        "analysis/store/schema/fields.py and scenes/instruments/axes/paths.py",
    ),
}
