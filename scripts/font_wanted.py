"""Print the npm package of the font that a language's script needs, where it is not installed yet; else nothing.

python -m scripts.font_wanted LANGUAGE
"""

from __future__ import annotations

import sys

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.findings.words.language import language, speaking
from weightreel.analysis.places import npm_package
from weightreel.scenes.kit.fonts import script_of


def font_wanted(named: str) -> str:
    """The package; empty where the bundled fonts write the language, the font is there, or no catalogue is.

    Args:
        named: a code such as `hi`, or the path of a catalogue.
    """
    try:
        with speaking(named):
            script = script_of(language())
    except WeightreelError:
        return ""  # the film says it
    return "" if script is None or any(npm_package(script.package).rglob("*.[to]tf")) else script.package


if __name__ == "__main__":
    print(font_wanted(sys.argv[1]))
