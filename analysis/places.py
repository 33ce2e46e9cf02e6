"""Where the package lies: in a checkout its parts are links to folders beside it, installed they are its own."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

PACKAGE = Path(str(files("weightreel")))
"""The folder `weightreel`, as Python found it. Paths below it stay below it, through links too."""
ROOT = PACKAGE.parent
"""The folder that holds it: a checkout, or that of installed packages."""
SCENES = PACKAGE / "scenes"
NODE_MODULES = ROOT / "node_modules"
"""What npm installed for a checkout."""
