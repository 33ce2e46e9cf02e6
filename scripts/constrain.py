"""Write constraints.txt: the exact version of everything that the extras pull into the environment this runs in.

Run it in a fresh environment after a change of dependencies: `.venv/bin/python scripts/constrain.py`.
"""

from __future__ import annotations

import importlib.metadata as metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
EXTRAS = ("", "analysis", "cluster", "data", "import", "notebooks", "slides", "test", "voice")
# PyTorch names these with exact versions itself, for one platform only.
LEFT_TO_TORCH = ("nvidia-", "cuda-", "triton")
OLDEST_PYTHON = "3.11.2"
"""Debian 12's. Some packages ask for a later 3.11: an older version of them must do."""
HEADER = "# What the extras install, exactly; written by scripts/constrain.py. Torch pins its CUDA parts itself.\n"


def installed(name: str, extras: tuple[str, ...], found: dict[str, str]) -> None:
    """Add to `found` the versions of what `name` with `extras` requires here, transitively."""
    for text in metadata.requires(name) or []:
        requirement = Requirement(text)
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        key = canonicalize_name(requirement.name)
        if key.startswith(LEFT_TO_TORCH):
            continue
        seen = key in found
        found[key] = metadata.version(key)
        if not seen or requirement.extras:
            installed(key, ("", *requirement.extras), found)


def too_new(name: str) -> bool:
    """Whether the installed version of `name` refuses the oldest Python."""
    wanted = metadata.metadata(name)["Requires-Python"]
    return wanted is not None and OLDEST_PYTHON not in SpecifierSet(wanted)


def main() -> None:
    """Write the file."""
    found: dict[str, str] = {}
    installed("weightreel", EXTRAS, found)
    if refusing := ", ".join(filter(too_new, sorted(found))):
        raise SystemExit(f"install older versions first; these do not run on Python {OLDEST_PYTHON}: {refusing}")
    lines = [f"{name}=={version}\n" for name, version in sorted(found.items())]
    (ROOT / "constraints.txt").write_text(HEADER + "".join(lines), encoding="utf-8")
    print(f"constraints.txt: {len(lines)} packages")


if __name__ == "__main__":
    main()
