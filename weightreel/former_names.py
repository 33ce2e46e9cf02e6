"""Names that modules had in version 0.1: for one release they give today's objects in a checkout, with a warning.

There `analysis`, `scenes` and `page` are folders beside `weightreel` and can be imported; an installed one has none.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

TOPS = {"analysis": ["weightreel"], "scenes": ["weightreel.scenes"], "page": ["weightreel.page"]}
"""What stood for the whole, and where its names are."""
PACKAGES = ("analysis.attacks", "analysis.importing", "analysis.integrations", "scenes.kit", "scenes.kit.layout")
"""Folders that held modules and no names of their own."""
FORMER = {
    "analysis.assembly": "analysis.runs.stack analysis.runs.assembly analysis.runs.folder",
    "analysis.attacks.fooling": "analysis.measures.attacks.fooling",
    "analysis.attacks.gradient": (
        "analysis.measures.attacks.gradient analysis.measures.attacks.path analysis.measures.attacks.saliency "
        "analysis.measures.attacks.probe"
    ),
    "analysis.attacks.network": "analysis.networks.pixels",
    "analysis.attacks.noise": "analysis.measures.attacks.noise",
    "analysis.attacks.place": "analysis.measures.attacks.place",
    "analysis.attacks.saliency": "analysis.measures.attacks.saliency",
    "analysis.attacks.smoothing": "analysis.measures.attacks.smoothing",
    "analysis.description": "analysis.maths.description",
    "analysis.epochs": "analysis.runs.epochs",
    "analysis.experiment": "analysis.training.experiment analysis.runs.raw_weights analysis.runs.assembly",
    "analysis.export": "analysis.export.formats analysis.export.json analysis.measures.attacks.probe",
    "analysis.export_csv": "analysis.export.csv analysis.findings.attacks.defences",
    "analysis.export_json": "analysis.export.json analysis.findings.parameters",
    "analysis.figures": "analysis.stills.draw",
    "analysis.figures_attacks": "analysis.stills.perturbation",
    "analysis.figures_certificates": "analysis.stills.certificates",
    "analysis.figures_noise": "analysis.stills.noise",
    "analysis.figures_norms": "analysis.stills.norms",
    "analysis.figures_phases": "analysis.stills.phases",
    "analysis.figures_report": "analysis.stills.report",
    "analysis.figures_spectra": "analysis.stills.spectra analysis.findings.training",
    "analysis.figures_square": "analysis.stills.square",
    "analysis.figures_swing": "analysis.stills.swing analysis.findings.attacks.confidence",
    "analysis.files": "analysis.runs.folder",
    "analysis.gram": "analysis.maths.gram",
    "analysis.hardening": "analysis.training.hardening",
    "analysis.histogram": "analysis.maths.histogram",
    "analysis.importing.about": "analysis.importing.origin analysis.findings.statistics",
    "analysis.importing.agree": "analysis.networks.checkpoints.agree",
    "analysis.importing.find": "analysis.networks.checkpoints.find",
    "analysis.importing.names": "analysis.networks.layers analysis.stills.report",
    "analysis.importing.order": "analysis.networks.checkpoints.order",
    "analysis.importing.read": "analysis.networks.checkpoints.read analysis.networks.layers",
    "analysis.importing.run": "analysis.importing.series",
    "analysis.importing.state": "analysis.networks.checkpoints.state analysis.networks.effective",
    "analysis.integrations.lightning": "analysis.recording.lightning",
    "analysis.integrations.transformers": "analysis.recording.transformers",
    "analysis.krylov": "analysis.maths.krylov",
    "analysis.marchenko_pastur": "analysis.maths.marchenko_pastur",
    "analysis.markdown": "analysis.tables.markdown analysis.findings.report",
    "analysis.measure_attacks": (
        "analysis.measures.attacks.plan analysis.measures.attacks.noise analysis.measures.attacks.probe "
        "analysis.findings.attacks.noise analysis.measures.attacks.smoothing analysis.measures.evaluation"
    ),
    "analysis.measure_spectra": "analysis.measures.spectra",
    "analysis.measuring_thread": "analysis.recording.thread analysis.notices",
    "analysis.models": "analysis.networks.cnn analysis.networks.live",
    "analysis.operator_norm": "analysis.maths.operator_norm",
    "analysis.phases": "analysis.maths.phases",
    "analysis.pool": "analysis.training.jobs",
    "analysis.power_law": "analysis.maths.power_law",
    "analysis.progress": "analysis.training.progress",
    "analysis.recipe": "analysis.recipe.recipe",
    "analysis.recipe_attacks": "analysis.recipe.attacks",
    "analysis.recipe_defence": "analysis.recipe.defence",
    "analysis.recipe_part": "analysis.recipe.part",
    "analysis.recorder": "analysis.measures.parameters analysis.kinds",
    "analysis.remeasure": "analysis.runs.again",
    "analysis.remeasure_attacks": "analysis.training.remeasure",
    "analysis.run_writer": "analysis.runs.assembly analysis.runs.about analysis.runs.record",
    "analysis.show": "analysis.tables.overview analysis.findings.report analysis.store.layout",
    "analysis.show_attacks": (
        "analysis.tables.attacks analysis.findings.attacks.defences analysis.findings.words.numbers"
    ),
    "analysis.show_spectra": "analysis.tables.spectra analysis.findings.report",
    "analysis.spectra": "analysis.maths.spectrum",
    "analysis.store": (
        "analysis.store.reader analysis.store.writer analysis.store.nodes analysis.store.schema.fields "
        "analysis.errors analysis.findings.statistics analysis.findings.attacks.noise "
        "analysis.findings.attacks.verdict analysis.findings.attacks.histories"
    ),
    "analysis.store.check": "analysis.store.check.faults",
    "analysis.store.compare": (
        "analysis.findings.attacks.verdict analysis.findings.attacks.histories analysis.findings.report "
        "analysis.findings.time "
        "analysis.findings.statistics analysis.findings.attacks.noise"
    ),
    "analysis.store.docs": "analysis.store.schema.document",
    "analysis.store.field": "analysis.store.schema.field",
    "analysis.store.norms": "analysis.findings.norms analysis.findings.folding",
    "analysis.store.rates": "analysis.findings.attacks.noise analysis.findings.statistics analysis.importing.origin",
    "analysis.store.readings": "analysis.findings.spectral.alpha analysis.findings.report",
    "analysis.store.recount": "analysis.store.check.counts",
    "analysis.store.recount_attacks": "analysis.store.check.attacks",
    "analysis.store.recount_base": "analysis.store.check.base",
    "analysis.store.recount_certificates": "analysis.store.check.certificates",
    "analysis.store.recount_spectra": "analysis.store.check.spectra",
    "analysis.store.robustness": (
        "analysis.findings.attacks.defences analysis.findings.attacks.confidence analysis.findings.attacks.noise"
    ),
    "analysis.store.schema": "analysis.store.schema.fields",
    "analysis.store.schema_attacks": "analysis.store.schema.attacks",
    "analysis.store.schema_spectrum": "analysis.store.schema.spectra",
    "analysis.store.significance": "analysis.findings.statistics",
    "analysis.store.timescale": "analysis.findings.time",
    "analysis.store.writer": "analysis.store.writer analysis.files",
    "analysis.style": "analysis.stills.style",
    "analysis.training": (
        "analysis.training.loop analysis.networks.pixels analysis.measures.evaluation analysis.networks.device"
    ),
    "analysis.watch": "analysis.recording.recorder",
    "analysis.watched": "analysis.networks.layers analysis.networks.live",
    "analysis.worker": "analysis.training.run analysis.training.job",
    "page.build": "page.build analysis.decoded",
    "page.palette": "page.colours analysis.stills.style analysis.findings.words.names analysis.settings",
    "scenes.adversarial": "scenes.adversarial scenes.chapters.noise_rates scenes.instruments.spectra.alpha_scale",
    "scenes.biases": "scenes.biases scenes.chapters.entries",
    "scenes.certificate": "scenes.certificate scenes.chapters.certificates scenes.chapters.perturbed.picture",
    "scenes.deck": "scenes.making.deck",
    "scenes.esd": "scenes.esd scenes.chapters.spectra",
    "scenes.flashes": "scenes.viewing.flashes",
    "scenes.handout": "scenes.making.handout",
    "scenes.kit.alpha_claims": "analysis.findings.spectral.alpha analysis.findings.spectral.bulk",
    "scenes.kit.attack_film": "scenes.chapters.pictures scenes.chapters.in_short",
    "scenes.kit.beside": "scenes.chapters.parameters",
    "scenes.kit.bulk_claims": "analysis.findings.spectral.bulk",
    "scenes.kit.certificate": "analysis.findings.attacks.certificates",
    "scenes.kit.certificate_claims": "analysis.findings.attacks.certificates analysis.findings.attacks.perturbation",
    "scenes.kit.classes": (
        "analysis.findings.words.names scenes.chapters.noise_image analysis.stills.perturbation "
        "analysis.findings.statistics analysis.findings.parameters"
    ),
    "scenes.kit.drawing": "scenes.camera.drawing",
    "scenes.kit.encoding": "scenes.camera.encoding",
    "scenes.kit.gallery": "scenes.making.gallery",
    "scenes.kit.instruments": "scenes.kit.clock analysis.findings.time",
    "scenes.kit.instruments.accuracy_curves": "scenes.instruments.answers.accuracy_curves",
    "scenes.kit.instruments.alpha_timeline": "scenes.instruments.spectra.alpha_scale",
    "scenes.kit.instruments.answer_bars": "scenes.instruments.answers.answer_bars",
    "scenes.kit.instruments.bars": "scenes.instruments.axes.bars",
    "scenes.kit.instruments.confusion_matrix": "scenes.instruments.training.confusion_matrix",
    "scenes.kit.instruments.counter": "scenes.instruments.axes.counter",
    "scenes.kit.instruments.curves": "scenes.instruments.axes.curves",
    "scenes.kit.instruments.departures": "scenes.instruments.spectra.escape_chart",
    "scenes.kit.instruments.epoch_dial": "scenes.instruments.axes.epoch_dial",
    "scenes.kit.instruments.esd": ("scenes.instruments.spectra.esd analysis.findings.spectral.alpha"),
    "scenes.kit.instruments.filter_bank": "scenes.instruments.networks.filter_bank analysis.findings.parameters",
    "scenes.kit.instruments.grouped_bars": "scenes.instruments.axes.grouped_bars",
    "scenes.kit.instruments.histogram": "scenes.instruments.axes.histogram",
    "scenes.kit.instruments.image_grid": "scenes.instruments.answers.image_grid",
    "scenes.kit.instruments.intervals": "scenes.instruments.axes.counted_rates",
    "scenes.kit.instruments.moving_picture": "scenes.instruments.answers.moving_picture",
    "scenes.kit.instruments.network_diagram": (
        "scenes.instruments.networks.network_diagram analysis.findings.parameters"
    ),
    "scenes.kit.instruments.noise_ball": "scenes.instruments.answers.noise_ball",
    "scenes.kit.instruments.paths": "scenes.kit.paths",
    "scenes.kit.instruments.phase_ribbon": "scenes.instruments.training.phase_ribbon",
    "scenes.kit.instruments.plane": "scenes.instruments.axes.plane",
    "scenes.kit.instruments.readout": "scenes.instruments.axes.readout",
    "scenes.kit.instruments.ridgeline": "scenes.instruments.spectra.landscape",
    "scenes.kit.instruments.sigma_by_layer": "scenes.instruments.spectra.sigma_by_layer",
    "scenes.kit.instruments.small_multiples": "analysis.findings.time analysis.findings.words.names",
    "scenes.kit.instruments.threshold_curves": "scenes.instruments.answers.threshold_curves",
    "scenes.kit.instruments.unit_ball": "scenes.instruments.networks.unit_ball",
    "scenes.kit.instruments.weight_flow": "scenes.instruments.networks.sand analysis.findings.parameters",
    "scenes.kit.joining": "scenes.camera.joining",
    "scenes.kit.language": (
        "analysis.findings.words.language scenes.kit.fonts analysis.store.schema.fields analysis.places"
    ),
    "scenes.kit.layout.boxes": "scenes.viewing.boxes",
    "scenes.kit.layout.pixels": "scenes.viewing.contrast analysis.palette",
    "scenes.kit.layout.stage": "scenes.viewing.shown analysis.store.check.base",
    "scenes.kit.layout.watch": "scenes.viewing.watch scenes.viewing.seen scenes.viewing.story",
    "scenes.kit.learning": "analysis.findings.training analysis.findings.phases analysis.stills.style",
    "scenes.kit.learning_curves": "scenes.chapters.learning_curves",
    "scenes.kit.looks": "scenes.camera.looks",
    "scenes.kit.movement": "analysis.findings.movement",
    "scenes.kit.names": "analysis.findings.words.names",
    "scenes.kit.narration": "scenes.kit.beats scenes.viewing.seen scenes.viewing.story scenes.making.deck",
    "scenes.kit.noise": "analysis.findings.attacks.noise analysis.findings.attacks.confidence",
    "scenes.kit.noise_claims": (
        "analysis.findings.attacks.confidence analysis.findings.attacks.swing analysis.findings.words.numbers "
        "analysis.findings.training analysis.findings.statistics analysis.findings.attacks.verdict "
        "analysis.findings.attacks.histories"
    ),
    "scenes.kit.noise_comparison": "scenes.chapters.noise_networks analysis.findings.attacks.confidence",
    "scenes.kit.noise_film": "scenes.chapters.noise_image analysis.stills.perturbation",
    "scenes.kit.noise_histories": "scenes.chapters.noise_rates",
    "scenes.kit.parameters": "scenes.chapters.parameters analysis.findings.parameters",
    "scenes.kit.perturbation": (
        "analysis.findings.attacks.perturbation analysis.findings.attacks.defences analysis.findings.attacks.gradients "
        "analysis.stills.noise analysis.measures.attacks.fooling"
    ),
    "scenes.kit.perturbation_claims": (
        "analysis.findings.attacks.perturbation analysis.findings.attacks.defences analysis.findings.attacks.gradients "
        "analysis.findings.attacks.certificates"
    ),
    "scenes.kit.provenance": "analysis.findings.words.provenance scenes.kit.card",
    "scenes.kit.settings": "scenes.kit.film",
    "scenes.kit.spectral_norm_claims": (
        "analysis.findings.norms analysis.findings.folding analysis.findings.attacks.confidence "
        "analysis.findings.attacks.certificates analysis.findings.spectral.alpha"
    ),
    "scenes.kit.spectrum": (
        "analysis.findings.spectra analysis.findings.spectral.randomness analysis.maths.histogram "
        "analysis.maths.marchenko_pastur analysis.findings.time"
    ),
    "scenes.kit.story": "scenes.kit.film scenes.kit.stage",
    "scenes.kit.swing": "analysis.findings.attacks.swing analysis.findings.words.numbers",
    "scenes.kit.theme": (
        "scenes.kit.theme analysis.palette analysis.findings.attacks.swing scenes.viewing.contrast "
        "analysis.findings.phases"
    ),
    "scenes.kit.timescale": "analysis.findings.time",
    "scenes.kit.training_claims": "analysis.findings.confusion analysis.findings.training",
    "scenes.kit.verdict_claims": "analysis.findings.attacks.verdict analysis.findings.attacks.histories",
    "scenes.kit.weight_claims": "analysis.findings.parameters",
    "scenes.kit.wording": "analysis.findings.words.numbers",
    "scenes.lecture": "analysis.findings.words.lecture page.films",
    "scenes.orders": "scenes.making.orders",
    "scenes.perturbation": "scenes.perturbation scenes.chapters.perturbed.picture scenes.chapters.certificates",
    "scenes.poster": "scenes.making.poster",
    "scenes.present": "scenes.making.present",
    "scenes.render": "scenes.making.render analysis.files",
    "scenes.sheet": "scenes.making.sheet",
    "scenes.spectral_norm": "scenes.spectral_norm scenes.chapters.norms scenes.kit.theme",
    "scenes.trailer": "scenes.trailer scenes.chapters.in_short scenes.chapters.pictures",
    "scenes.training": "scenes.training scenes.chapters.confusion",
    "scenes.weight_bias": "scenes.weight_bias scenes.chapters.one_clock",
    "scenes.weights": "scenes.weights scenes.chapters.entries scenes.chapters.learning_curves",
}
"""Modules that hold a former module's names, below `weightreel`; a module that is not listed has kept its place."""


class FormerModule(ModuleType):
    """Stands for a module that is elsewhere now, and looks names up there."""

    def __init__(self, name: str, now: Sequence[str]) -> None:
        super().__init__(name, f"What {name} was.")
        self.__path__: list[str] = []  # nothing is found below it but by `Finder`
        self.__spec__ = ModuleSpec(name, None, is_package=True)
        self._now = tuple(now)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("__"):
            for module in map(import_module, self._now):
                if hasattr(module, name):
                    return getattr(module, name)
        raise AttributeError(f"{self.__name__} has no {name!r}; look for it in {' or '.join(self._now)}")


class Finder(MetaPathFinder, Loader):
    """Finds modules below the former packages."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A spec of a former name, None for every other."""
        if not isinstance(sys.modules.get(fullname.partition(".")[0]), FormerModule) or not modules_of(fullname):
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The stand-in."""
        return FormerModule(spec.name, modules_of(spec.name))

    def exec_module(self, module: ModuleType) -> None:
        """Say where it went."""
        if module.__name__ not in PACKAGES:
            _warn(module.__name__, modules_of(module.__name__), 2)


def modules_of(former: str) -> list[str]:
    """Where the names of a former module are, none where there was no such module."""
    if former in PACKAGES:
        return ["weightreel"]
    if former in FORMER:
        return [f"weightreel.{name}" for name in FORMER[former].split()]
    same = f"weightreel.{former}"
    try:
        return [same] if find_spec(same) else []
    except ModuleNotFoundError:  # of a package on the way there
        return []


def stand_in(top: str) -> None:
    """Let former names below `analysis`, `scenes` or `page` be imported; called while that is."""
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())
    sys.modules[top] = FormerModule(top, TOPS[top])
    _warn(top, TOPS[top], 3)


def _warn(former: str, now: Sequence[str], depth: int) -> None:
    warnings.warn(
        f"{former} is {now[0]} now; the old name goes with the next release.",
        DeprecationWarning,
        stacklevel=depth + 1,
    )
