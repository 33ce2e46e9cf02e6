"""What the rules of the house do not hold of yet; every entry is to go, none may come."""

SLASHED = 254
"""Literals that name a path of the store outside the rooms that may."""
KNOWN: dict[str, tuple[str, ...]] = {
    "folders": ("analysis/findings: 23 modules",),
    "imports": (
        "export.json imports maths.histogram",
        "findings.movement imports scenes.kit.theme",
        "findings.parameters imports scenes.instruments.networks.filter_bank",
        "findings.parameters imports scenes.instruments.networks.network_diagram",
        "findings.parameters imports scenes.instruments.networks.weight_flow",
        "findings.perturbation imports scenes.kit.classes",
        "findings.spectra imports scenes.instruments.instrument",
        "findings.training imports scenes.kit.theme",
        "findings.words.language imports matplotlib.font_manager",
        "findings.words.language imports scenes.kit.settings",
        "maths.phases imports findings.readings",
        "page.films imports scenes.making.lecture",
        "page.palette imports scenes.kit.theme",
        "scenes.camera.encoding imports scenes.kit.narration",
        "scenes.kit.classes imports scenes.instruments.axes.small_multiples",
        "scenes.kit.story imports scenes.instruments.instrument",
        "stills.phases imports tables.spectra",
        "stills.square imports maths.marchenko_pastur",
    ),
    "long": (),
    "names": (
        "analysis/importing/run.py and analysis/training/run.py",
        "analysis/networks/pixels.py and scenes/viewing/pixels.py",
        "analysis/recipe/experiment.py and analysis/training/experiment.py",
        "analysis/runs/writer.py and analysis/store/writer.py",
        "analysis/store/check/base.py and scenes/kit/base.py",
        "analysis/store/schema/paths.py and scenes/instruments/axes/paths.py",
    ),
}
