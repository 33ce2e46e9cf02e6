"""All attacks of a recipe: what lands in the store, again from raw weights, and with settings that are wrong."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.made.recipe import Silent, tiny_recipe
from weightreel.analysis.datasets import load_dataset
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.attacks.defences import defences
from weightreel.analysis.findings.attacks.masking import masking_of
from weightreel.analysis.findings.attacks.robustness import clean_accuracy, robust_accuracy
from weightreel.analysis.findings.attacks.worst_case import worst_case_of
from weightreel.analysis.measures.attacks.fooling import FoolingProbe
from weightreel.analysis.measures.attacks.noise import NoiseProbe
from weightreel.analysis.measures.attacks.plan import Attacks
from weightreel.analysis.measures.attacks.probe import Targets
from weightreel.analysis.runs.folder import ExperimentFiles
from weightreel.analysis.runs.raw_weights import stored_weights
from weightreel.analysis.runs.same_weights import Recorded
from weightreel.analysis.store.check.faults import check, same
from weightreel.analysis.store.reader import Store
from weightreel.analysis.store.schema.fields import AttackKind
from weightreel.analysis.training import remeasure as module
from weightreel.analysis.training.experiment import run_experiment
from weightreel.analysis.training.remeasure import remeasure_attacks

DEFENCES = {
    "nothing": {"title": "With nothing", "nothing": 0.5},
    "pgd-trained": {"adversarial": "pgd", "steps": 2, "spectral": "all", "batchnorm": "bounded"},
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report's CNN, and two networks that differ from it."""
    path = tmp_path_factory.mktemp("attacked") / "tiny.h5"
    run_experiment(tiny_recipe(models=["cnn", *DEFENCES], defences=DEFENCES, training={"epochs": 1}), path, Silent())
    return path


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    for path in (finished, ExperimentFiles(finished).weights):
        shutil.copy(path, tmp_path)
    return tmp_path / finished.name


def test_every_attack_of_the_recipe_is_in_the_store(finished: Path) -> None:
    assert check(finished) == []
    with Store(finished) as store:
        run = store.run("cnn-s0")
        assert list(run.noise_attacks) == [
            "uniform-noise", "gaussian-noise", "rademacher-noise", "smooth-noise", "shuffled-pixels",
        ]  # fmt: skip
        assert list(run.attacks_of(AttackKind.GRADIENT)) == ["fgsm-linf-8", "pgd2-linf-8", "pgd2-l2-0.5"]
        assert list(run.attacks_of(AttackKind.MINIMUM_NORM)) == ["deepfool-l2"]
        assert run.attack("pgd2-linf-8")["path/perturbation"].shape == (2, 3, 16, 16, 3)
        assert run.attack("fooling")["target"].tolist() == list(range(10))
        assert run["saliency/gradient"].shape == (2, 2, 16, 16, 3)
        assert list(run.certificates) == ["sigma-0.25"]
        assert run["test/confidence"].shape == (50,)
        assert run.attack("gaussian-noise")["history/confidence"].shape == (2, 20)


def test_networks_beyond_the_report_s_say_what_they_are(finished: Path) -> None:
    with Store(finished) as store:
        assert [run.name for run in store.select()] == ["cnn-s0"]
        assert store.run("cnn-s0").defence == {}
        told = store.run("nothing-s0")
        assert (told.title, told.defence["nothing"], told.can_answer_nothing) == ("With nothing", 0.5, True)
        assert told.attack("uniform-noise")["preview/probabilities"].shape[-1] == 10
        rows = defences(store)
        assert [row.model for row in rows] == ["cnn", "nothing", "pgd-trained"]
        assert all(row.clean and row.noise and row.attacked and row.certified for row in rows)
        worst = [worst_case_of(store.run(f"{row.model}-s0")) for row in rows]
        assert [row.attacked for row in rows] == [case and case.rate(8 / 255) for case in worst]
        for run in store.runs.values():
            for attack in run.attacks_of(AttackKind.GRADIENT).values():
                assert robust_accuracy(attack).successes <= clean_accuracy(attack).successes


def test_defences_keep_no_eigenvalues_beside_the_report_s_networks(finished: Path) -> None:
    with Store(finished) as store:
        assert store.run("cnn-s0").layer("classifier.0").has("spectrum/eigenvalues")
        assert not store.run("nothing-s0").layer("classifier.0").has("spectrum/eigenvalues")


def test_attacking_again_gives_the_same(finished: Path, copied: Path) -> None:
    remeasure_attacks(copied)
    assert same(finished, copied) == []
    assert not ExperimentFiles(copied).remembered("attack").exists()


def test_only_some_kinds_are_attacked_again(finished: Path, copied: Path) -> None:
    remeasure_attacks(copied, ["gradient.images=3", "gradient.attacks=['fgsm']"], ["gradient"])
    assert check(copied) == []
    with Store(finished) as before, Store(copied) as after:
        run = after.run("cnn-s0")
        # The attack whose way is kept is always there; others that the recipe no longer names are gone.
        assert list(run.attacks_of(AttackKind.GRADIENT)) == ["fgsm-linf-8", "pgd2-linf-8"]
        assert not run.attacks_of(AttackKind.MINIMUM_NORM)
        assert len(run.attack("fgsm-linf-8")["label"]) == 3
        assert after.recipe["gradient"]["images"] == 3
        old = before.run("cnn-s0").attack("uniform-noise")["confidence"]
        assert np.array_equal(run.attack("uniform-noise")["confidence"], old)
        assert run.certificates


def test_a_checkpoint_of_the_last_epoch_is_attacked_where_no_raw_weights_were_kept(
    finished: Path, copied: Path, tmp_path: Path
) -> None:
    with Store(copied) as store:
        run = store.run("cnn-s0")
        _, read = stored_weights(ExperimentFiles(copied), "cnn-s0", Recorded(run))
        state = {key: torch.from_numpy(value).half() for key, value in read(len(run.epochs) - 1).items()}
    torch.save({"epoch": 1, "model": state}, tmp_path / "half.pt")
    ExperimentFiles(copied).weights.unlink()
    weights = {"cnn-s0": tmp_path / "half.pt"}
    remeasure_attacks(copied, ["worst_case.images=4"], ["worst-case", "masking"], weights)
    assert check(copied) == []
    with Store(finished) as before, Store(copied) as after:
        assert len(after.run("cnn-s0").attack("worst-case")["image"]) == 4
        assert masking_of(after.run("cnn-s0")) == masking_of(before.run("cnn-s0"))
        for untouched in ("nothing-s0", "pgd-trained-s0"):
            assert len(after.run(untouched).attack("worst-case")["image"]) == 6
        old = before.run("cnn-s0").attack("uniform-noise")["history/confidence"]
        assert np.array_equal(after.run("cnn-s0").attack("uniform-noise")["history/confidence"], old)


def test_checkpoints_that_will_not_do_are_refused(copied: Path, tmp_path: Path) -> None:
    with Store(copied) as store:
        run = store.run("cnn-s0")
        _, read = stored_weights(ExperimentFiles(copied), "cnn-s0", Recorded(run))
        state = {key: torch.from_numpy(value) for key, value in read(len(run.epochs) - 1).items()}
    torch.save({key: value + 0.1 for key, value in state.items()}, tmp_path / "others.pt")
    torch.save({"features.0.weight": state["features.0.weight"]}, tmp_path / "few.pt")
    asked = ["worst-case"]
    with pytest.raises(WeightreelError, match=r"name with --only what looks at the last alone: .*worst-case"):
        remeasure_attacks(copied, (), ["noise"], {"cnn-s0": tmp_path / "others.pt"})
    with pytest.raises(WeightreelError, match=r"does not hold the weights of cnn-s0"):
        remeasure_attacks(copied, (), asked, {"cnn-s0": tmp_path / "others.pt"})
    with pytest.raises(WeightreelError, match=r"lacks .*, which the network of cnn-s0 has"):
        remeasure_attacks(copied, (), asked, {"cnn-s0": tmp_path / "few.pt"})
    with pytest.raises(WeightreelError, match=r"has no run 'vgg-s0'; it has cnn-s0"):
        remeasure_attacks(copied, (), asked, {"vgg-s0": tmp_path / "few.pt"})


def test_what_was_finished_is_not_done_again(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stopped(Exception):
        pass

    def stop(*_: object, **__: object) -> None:
        raise Stopped

    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(FoolingProbe, "_ascend", stop)
        remeasure_attacks(copied)
    assert list(ExperimentFiles(copied).remembered("attack").glob("cnn-s0-*noise.npz"))
    asked: list[object] = []
    real = NoiseProbe._all
    with monkeypatch.context() as patch:
        patch.setattr(NoiseProbe, "_all", lambda *a, **k: asked.append(k) or real(*a, **k))
        remeasure_attacks(copied)
    assert len(asked) == 5 * 2  # five kinds of two runs: those of the first were remembered
    with monkeypatch.context() as patch, pytest.raises(Stopped):
        patch.setattr(NoiseProbe, "_all", stop)
        remeasure_attacks(copied, ["noise.trials=30"])  # other settings: what was remembered does not hold


def test_other_images_are_refused(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def others(recipe):  # type: ignore[no-untyped-def]
        found = load_dataset(recipe)
        return type(found)(**{**found.__dict__, "digest": "0" * 64})

    monkeypatch.setattr(module, "load_dataset", others)
    with pytest.raises(WeightreelError, match=r"digest differs.*restore them"):
        remeasure_attacks(copied)


def test_a_class_that_does_not_exist_is_refused() -> None:
    recipe = tiny_recipe(fooling={"classes": ["frog"]})
    with pytest.raises(WeightreelError, match=r"fooling\.classes names 'frog'.*there are: 0, 1, 2"):
        Attacks(recipe, Targets.of(load_dataset(recipe.dataset)))


def test_without_images_there_are_no_gradient_attacks(tmp_path: Path) -> None:
    recipe = tiny_recipe(
        models=["cnn"], training={"epochs": 1}, gradient={"images": 0, "examples": 0}, certificate={"images": 0},
        fooling={"classes": []}, noise={"kinds": ["smooth"]},
    )  # fmt: skip
    path = tmp_path / "bare.h5"
    run_experiment(recipe, path, Silent())
    assert check(path) == []
    with Store(path) as store:
        run = store.run("cnn-s0")
        assert list(run.attacks) == ["smooth-noise"]
        assert not run.certificates
        assert not run.has("saliency")
        assert json.loads(run.attack("smooth-noise").attributes["parameters"])["cutoff"] > 0
