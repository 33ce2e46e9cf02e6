"""A talk's own names and sentences: where they are said, and which are refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.blocks import blocks_of, layer_on_stage, names_in_order
from weightreel.analysis.findings.words.language import phrase, phrase_n, translated
from weightreel.analysis.findings.words.names import layer_in_words, layer_named, title_of
from weightreel.analysis.findings.words.own import check_words, in_own_words
from weightreel.analysis.settings import Settings, holding
from weightreel.analysis.store.reader import Store
from weightreel.analysis.talk.talk import current_talk

LEFT = "{n} have left. The other {rest} stay below the line, where chance would keep them."


@contextmanager
def talking(text: str, folder: Path, store: Path | None = None, language: str = "en") -> Iterator[None]:
    path = folder / "talk.toml"
    path.write_text(text)
    with holding(Settings(talk=str(path), store=str(store or ""), language=language)):
        yield


def test_sentences_and_labels_are_said_in_own_words(tmp_path: Path) -> None:
    own = f'[words]\n"It learns" = "Now"\n"{LEFT}" = "{{n}} out, {{{{{{rest}}}}}} in"\n'
    for language in ("en", "hi"):
        with talking(own, tmp_path, language=language):
            check_words(current_talk())
            assert phrase("It learns") == translated("It learns") == "Now"
            assert phrase_n(LEFT.replace("have", "has"), LEFT, 3, rest="1,021") == "3 out, {1,021} in"
            one = phrase_n(LEFT.replace("have", "has"), LEFT, 1, rest="4")
            assert one == "1 out, {4} in", "a form that the talk lacks is said with the other"
    assert phrase("It learns") == "It learns"


@pytest.mark.parametrize(
    ("key", "own", "told"),
    [
        ("It lerns", "a", r"words: nothing says 'It lerns', did you mean 'It learns'\? correct it there\."),
        ("what nobody ever says here", "a", "words: nothing says 'what nobody .*; name it as films say it in English"),
        (LEFT.format(n=10, rest=502), "a", r"write it as '\{n\} have left\. The other \{rest\} stay"),
        (LEFT, "{m}", r"it has no value \{m\}; those that it has: \{n\}, \{rest\}"),
        (LEFT, "{n.__class__}", r"it has no value \{n\.__class__\}"),
        (LEFT, "{n!r}", r"it has no value \{n!r\}"),
        ("It learns", "{0}", r"it has no value \{0\}; those that it has: none"),
        ("It learns", "{", "braces hold the name of a value"),
    ],
)
def test_words_that_nothing_says_are_refused(key: str, own: str, told: str, tmp_path: Path) -> None:
    with talking(f"[words]\n'{key}' = '{own}'", tmp_path), pytest.raises(WeightreelError, match=told) as caught:
        check_words(current_talk())
    assert str(caught.value).startswith(str(tmp_path / "talk.toml"))


def test_own_names_reach_classes_networks_and_layers_and_not_the_store(small_store: Path, tmp_path: Path) -> None:
    before = small_store.read_bytes()
    with Store(small_store) as store:
        run = next(iter(store.runs.values()))
        first = blocks_of(run)[0].name
        second = names_in_order(blocks_of(run))[blocks_of(run)[1].name]
    text = f'''
[names]
classes = {{automobile = "car", ship = "<b>boat</b>"}}
networks = {{{run.name} = "ours"}}
layers = {{"{first}" = "the *first*", "{second}" = "the last"}}
'''
    with talking(text, tmp_path, small_store), Store(small_store) as store:
        in_own_words(store)
        assert store.classes[:2] == ["airplane", "car"]
        assert store.classes[8] == "<b>boat</b>"
        run = next(iter(store.runs.values()))
        assert title_of(run) == "ours"
        assert [title_of(each) for each in store.runs.values()].count("ours") == sum(
            each.model == run.model for each in store.runs.values()
        )
        assert layer_on_stage(run, first) == layer_in_words(first) == layer_named(first) == "the *first*"
        assert list(names_in_order(blocks_of(run)).values()) == ["the *first*", "the last"]
    assert layer_named(first) == first
    assert small_store.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('classes = {automobil = "car"}', "names.classes: .* has no class 'automobil', did you mean automobile\\?"),
        ('classes = {automobile = "truck"}', "names.classes: two would be called 'truck'"),
        ('networks = {CNNs = "a"}', "names.networks: .* has no network 'CNNs', did you mean cnn\\?"),
        ('networks = {CNN = "Spectral CNN"}', "names.networks: two would be called 'Spectral CNN'"),
        ('layers = {"conv 9" = "a"}', "names.layers: .* has no layer 'conv 9', did you mean conv 1\\?"),
        ('layers = {"conv 1" = "dense 1"}', "names.layers: two would be called 'dense 1'"),
    ],
)
def test_names_that_the_store_has_not_are_refused(text: str, told: str, small_store: Path, tmp_path: Path) -> None:
    with (
        talking(f"[names]\n{text}", tmp_path, small_store),
        Store(small_store) as store,
        pytest.raises(WeightreelError, match=told),
    ):
        in_own_words(store)
