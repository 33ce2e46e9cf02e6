"""What the rules of the house do not hold of yet; every entry is to go, none may come."""

SLASHED = 247
"""Literals that name a path of the store outside the rooms that may."""
KNOWN: dict[str, tuple[str, ...]] = {
    "folders": ("analysis/findings: 24 modules",),
    "imports": (
        "findings.perturbation imports scenes.kit.classes",
        "findings.words.language imports matplotlib.font_manager",
        "measures.attacks.probe imports json",
        "page.films imports scenes.making.lecture",
        "runs.again imports networks.cnn",
        "runs.again imports networks.live",
        "runs.again imports torch",
        "runs.again imports training.experiment",
        "runs.epochs imports training.experiment",
        "scenes.camera.encoding imports scenes.kit.narration",
        "scenes.kit.classes imports scenes.instruments.axes.small_multiples",
        "scenes.kit.story imports scenes.instruments.instrument",
        "stills.phases imports tables.spectra",
        "stills.square imports maths.marchenko_pastur",
    ),
    "long": (
        "analysis/findings/histories.py",
        "scenes/kit/story.py",
    ),
    "names": (
        "analysis/importing/run.py and analysis/training/run.py",
        "analysis/networks/pixels.py and scenes/viewing/pixels.py",
        "analysis/palette.py and page/palette.py",
        "analysis/recipe/experiment.py and analysis/training/experiment.py",
        "analysis/runs/again.py and analysis/training/again.py",
        "analysis/runs/writer.py and analysis/store/writer.py",
        "analysis/settings.py and scenes/kit/settings.py",
        "analysis/store/check/base.py and scenes/kit/base.py",
        "analysis/store/schema/paths.py and scenes/instruments/axes/paths.py",
    ),
}
