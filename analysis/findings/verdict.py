"""What two networks' histories of noise success say of the report's claim, in the films' language."""

from __future__ import annotations

from weightreel.analysis.findings.histories import REPORTED_REDUCTION, Verdict
from weightreel.analysis.findings.words.language import phrase, phrase_n
from weightreel.analysis.findings.words.names import named


def verdict_in_words(of: Verdict) -> list[str]:
    """The answer, the mean rates and the test that it rests on."""
    return [_answer(of), _means(of), _test(of)]


def _answer(of: Verdict) -> str:
    value, low, high = (f"{100 * part:.0f}" for part in of.reduction)
    claim, title = f"{100 * REPORTED_REDUCTION:.0f} %", named(of.histories.titles[1])
    if of.outcome == "holds":
        return phrase(
            "The report's claim holds here: the rate falls by {value} % [{low}, {high}], and {claim} lies within.",
            value=value, low=low, high=high, claim=claim,
        )  # fmt: skip
    if of.outcome == "lower":
        return phrase(
            "The rate is lower with {title}, by {value} % [{low}, {high}], but not by the report's {claim}.",
            title=title, value=value, low=low, high=high, claim=claim,
        )  # fmt: skip
    if of.outcome == "higher":
        return phrase(
            "The opposite of the report's claim ({claim} lower): with {title} the rate is higher.",
            claim=claim, title=title,
        )  # fmt: skip
    if of.outcome == "not shown":
        return phrase(
            "The report's claim ({claim} lower) is not shown: chance alone may make such a difference.", claim=claim
        )
    return phrase_n(
        "Whether the report's claim ({claim} lower) holds cannot be told from {n} seed.",
        "Whether the report's claim ({claim} lower) holds cannot be told from {n} seeds.",
        len(of.histories.seeds), claim=claim,
    )  # fmt: skip


def _means(of: Verdict) -> str:
    n, epochs = len(of.histories.seeds), of.histories.last.shape[2]
    first, second = map(named, of.histories.titles)
    a, b = (f"{100 * mean:.1f} %" for mean in of.mean)
    said = {"first": first, "second": second, "a": a, "b": b}
    if epochs > 1:
        return phrase_n(
            "The mean rate over the last {epochs} {clocks} of {n} seed is {a} ({first}) and {b} ({second}).",
            "The mean rate over the last {epochs} {clocks} of {n} seeds is {a} ({first}) and {b} ({second}).",
            n, epochs=epochs, **said,
        )  # fmt: skip
    return phrase_n(
        "The mean rate at the only {clock} of {n} seed is {a} ({first}) and {b} ({second}).",
        "The mean rate at the only {clock} of {n} seeds is {a} ({first}) and {b} ({second}).",
        n, **said,
    )  # fmt: skip


def _test(of: Verdict) -> str:
    n = len(of.histories.seeds)
    if n == 1:
        return phrase(
            "Exchanging blocks of {clocks} of these two trainings gives p = {p}, which says nothing of other seeds.",
            p=f"{of.p_epochs:.2g}",
        )
    tested = phrase_n(
        "Exchanging the networks of whole seeds gives p = {p}; the least that {n} seed can give is {least}.",
        "Exchanging the networks of whole seeds gives p = {p}; the least that {n} seeds can give is {least}.",
        n, p=f"{of.p_seeds:.2g}", least=f"{of.smallest_p:.2g}",
    )  # fmt: skip
    differ = phrase(
        "Seeds differ by a standard deviation of {a} and {b} points.",
        a=f"{100 * of.seed_std[0]:.1f}", b=f"{100 * of.seed_std[1]:.1f}",
    )  # fmt: skip
    return f"{tested} {differ}"
