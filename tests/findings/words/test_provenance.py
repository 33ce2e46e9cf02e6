"""What a film, deck or page was made from: data, recipe, runs, and the digest of the store."""

from __future__ import annotations

from pathlib import Path

from weightreel.analysis.findings.words.provenance import name_of_data
from weightreel.analysis.store.reader import Store


def test_data_are_named_with_their_number(small_store: Path) -> None:
    assert name_of_data(Store(small_store).dataset) == "5,000 images of synthetic CIFAR-10"
