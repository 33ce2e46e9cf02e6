"""Names out of stores, and how films say them: those that are known are in the catalogues, others stay."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words.language import noted, phrase, phrase_n, translated
from weightreel.analysis.findings.words.numbers import count, listed
from weightreel.analysis.maths.phases import VALIDATION_RULE
from weightreel.analysis.settings import current
from weightreel.analysis.store.nodes import Run
from weightreel.analysis.store.reader import Store

NETWORKS = (
    noted("CNN"),
    noted("Spectral CNN"),
    noted("Spectral norm on all layers"),
    noted("Spectral norm by layer"),
    noted("Spectral norm, bounded BatchNorm"),
    noted("Spectral norm, no BatchNorm"),
    noted("Trained on FGSM"),
    noted("Trained on PGD-7"),
    noted("Trained in Gaussian noise"),
    noted("With a class for nothing"),
    noted("Outlier exposure"),
)
"""Titles in the recipes that come with the project."""
CLASSES = (
    noted("airplane"), noted("automobile"), noted("bird"), noted("cat"), noted("deer"),
    noted("dog"), noted("frog"), noted("horse"), noted("ship"), noted("truck"),
)  # fmt: skip
"""Classes of CIFAR-10. Digits are written alike in every language."""
RECIPES = (
    noted("Digits in a minute"),
    noted("Ten seeds of both networks on digits"),
    noted("Defences beside each other, on digits"),
    noted("The report's networks on CIFAR-10"),
    noted("The report's networks on a tenth of CIFAR-10"),
)
RULE = noted(
    "Losses are running medians of three {clocks}. A network is under-fitting until its validation loss has first made "
    "75% of its fall from {clock} 0 to its minimum; over-fitting from the {clock} after the minimum from which "
    "it stays "
    "more than 10% of that fall above the minimum while the training loss stays below its value there; generalising "
    "in between. A network whose validation loss never falls is under-fitting."
)
"""How phases of training are told apart, as stores before version 1.5 tell it of epochs."""
RULE_IN_BRIEF = noted(
    "Of losses smoothed over three {clocks}: under-fitting until the validation loss has made 75% of its first fall; "
    "over-fitting while it stays more than 10% of that fall above its minimum and the training loss does not rise; "
    "memorising where the training loss alone falls; not learning where neither does; diverged where the training "
    "loss explodes or all is lost again; generalising otherwise."
)
"""VALIDATION_RULE as a film has room for it."""
JOINERS = "\u200c\u200d"
"""Signs of how letters are joined, which some scripts need."""
MOST_LETTERS = 16
"""Letters of a class's name in sentences and beside pictures."""

MOST_OF_TITLE = 32
"""Letters of a network's title in a film's sentences: there are three of them in one at most."""


def named(name: str) -> str:
    """A name out of a store in the films' language, as it is where no catalogue knows it; on one line."""
    return translated(name) if name.isprintable() and name.strip() == name else on_one_line(name)


def on_one_line(name: str) -> str:
    """A name without ends of lines, tabs and other signs that nobody sees; a dash for one that is nothing else."""
    seen = "".join(letter if letter.isprintable() or letter in JOINERS else " " for letter in name)
    return " ".join(seen.split()) or "–"


def rule_in_words(rule: str) -> str:
    """A store's rule of the phases in the language, today's in brief; one that is not known stays as it is."""
    if rule == VALIDATION_RULE:
        return phrase(RULE_IN_BRIEF)
    return phrase(RULE) if rule == RULE.format(clock="epoch", clocks="epochs") else rule


def title_of(run: Run) -> str:
    """A run's network, for people."""
    return named(run.title)


def titles_apart(runs: Sequence[Run]) -> list[str]:
    """The networks' names, with their seeds where one occurs twice, and the runs' names where that does not do."""
    titles = [title_of(run) for run in runs]
    if len(set(titles)) == len(titles):
        return titles
    apart = [
        phrase("{title}, seed {seed}", title=title, seed=run.seed) for title, run in zip(titles, runs, strict=True)
    ]
    if len(set(apart)) == len(apart):
        return apart
    return [f"{title} ({run.name})" for title, run in zip(titles, runs, strict=True)]


def layer_in_words(name: str) -> str:
    """A layer's name within a sentence: that of the talk, else its own; `nn.Sequential` gives bare numbers."""
    own = own_layer(name)
    return own or (phrase("layer {name}", name=name) if name.isdigit() else name)


OWN_LAYERS: dict[str, dict[str, str]] = {}
"""What talks, by their paths, call the layers of the store that was opened last with them, by module path."""


def own_layer(name: str) -> str:
    """What the talk calls a layer of the store in hand, by its module path; empty where it does not name it."""
    talk = current().talk
    return OWN_LAYERS.get(talk, {}).get(name, "") if talk else ""


def layer_named(name: str) -> str:
    """A layer's name where it stands alone: that of the talk, else its module path."""
    return own_layer(name) or name


def clock_of(runs: Sequence[Run]) -> str:
    """What the clock of all of them counts: epoch, step or checkpoint.

    Raises:
        WeightreelError: it is not the same.
    """
    counted = {run.clock: run.name for run in runs}
    if len(counted) > 1:
        (one, name), (other, second) = list(counted.items())[:2]
        raise WeightreelError(
            f"{name} is counted by {one} and {second} by {other}, and a film has one clock; choose runs of one "
            "kind with WEIGHTREEL_RUN."
        )
    return next(iter(counted))


def how_to_attack(run: Run, store: str) -> str:
    """What to do for a film of attacks that a store does not hold."""
    if "source" in run.attributes:
        return "attack its checkpoints with `weightreel import --model MODULE:FUNCTION --dataset KIND`."
    return f"make them with `weightreel attack {store}`."


def networks_in_words(titles: Sequence[str], most: int) -> str:
    """The networks' names, or how many there are where they are more than `most`."""
    if len(titles) > most:
        return phrase_n("{n} network", "{n} networks", len(titles))
    return listed([named(title) for title in titles])


def names_of(classes: Sequence[str]) -> list[str]:
    """The classes' names, for people."""
    return [named(name) for name in classes]


def short_names(classes: Sequence[str]) -> list[str]:
    """The classes' names, for people, cut where they are long."""
    return [shortened(name) for name in names_of(classes)]


def shortened(name: str, most: int = MOST_LETTERS) -> str:
    """A name in at most `most` characters; the end, which tells layers apart, is kept."""
    if len(name) <= most:
        return name
    kept = name[-(most - 1) :]
    while kept and (unicodedata.category(kept[0])[0] == "M" or kept[0] in JOINERS):  # it belongs to what is cut
        kept = kept[1:]
    return "…" + kept


def short_titles(titles: Sequence[str], most: int = MOST_OF_TITLE) -> list[str]:
    """Titles in at most `most` characters each, cut so that those that differ still do, where that is possible.

    The middle is left out, as titles of one study begin alike and end on what sets them apart, such as a seed; else
    the end is, else the beginning.
    """
    kept = most - 1
    halves = (kept - kept // 3, kept // 3), (kept, 0), (0, kept)
    cut = [
        [title if len(title) <= most else title[:head].rstrip() + "…" + title[len(title) - tail :] for title in titles]
        for head, tail in halves
    ]
    return next((short for short in cut if len(set(short)) == len(set(titles))), cut[0])


def dataset_in_words(store: Store) -> str:
    """What networks were trained on, as far as it is known."""
    about = store.dataset.attributes
    if not about["n_train"]:
        return str(about["name"])
    counts = {part: count(about[f"n_{part}"]) for part in ("train", "validation", "test")}
    return phrase(
        "{name}: {train} training, {validation} validation, {test} test images, {classes} classes; data {digest}",
        name=about["name"],
        classes=len(store.classes),
        digest=about["digest"][:12],
        **counts,
    )
