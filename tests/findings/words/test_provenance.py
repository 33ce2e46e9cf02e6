"""What a film, deck or page was made from: data, recipe, runs, and the digest of the store."""

from __future__ import annotations

from pathlib import Path

from weightreel.analysis.findings.words.provenance import evaluated_in_words, name_of_data
from weightreel.analysis.store.reader import Store


def test_data_are_named_with_their_number(small_store: Path) -> None:
    assert name_of_data(Store(small_store).dataset) == "5,000 images of synthetic CIFAR-10"


def test_training_accuracy_says_of_how_many_images_it_is(small_store: Path) -> None:
    store = Store(small_store)
    store.recipe["record"] = {"train_images": 1000}
    assert evaluated_in_words(store).startswith("Training loss and accuracy are of 1,000 of the 5,000 training images")
    store.recipe["record"] = {"train_images": 5000}
    assert evaluated_in_words(store) == ""
    del store.recipe["record"]
    assert evaluated_in_words(store) == ""
