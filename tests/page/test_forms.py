"""Sentences with gaps, each kept once: a page says thousands that differ in their numbers alone."""

from __future__ import annotations

from weightreel.page.forms import Forms


def test_a_form_is_kept_once_and_filled_in_its_order() -> None:
    forms = Forms()
    first = forms.said("{title}, {clock} {epoch}: {numbers}.", clock="epoch", title="CNN", epoch=3, numbers="1.5")
    second = forms.said("{title}, {clock} {epoch}: {numbers}.", clock="epoch", title="CNN", epoch=4, numbers="2.5")
    other = forms.said("{title}, {clock} {epoch}: {numbers}.", clock="step", title="CNN", epoch=4, numbers="2.5")
    assert forms.texts == ["{0}, epoch {1}: {2}.", "{0}, step {1}: {2}."]
    assert list(forms.words) == ["CNN"]
    assert (first, second, other) == ([0, 0, "3", "1.5"], [0, 0, "4", "2.5"], [1, 0, "4", "2.5"])
