"""A Python in which some packages are not installed."""

from __future__ import annotations

from collections.abc import Iterable


def without(names: Iterable[str]) -> str:
    """The first lines of a program in which packages of these names are not found.

    `sys.modules[name] = None` would not do: SciPy asks sys.modules for torch.
    """
    return (
        "import sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {sorted(names)!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
    )
