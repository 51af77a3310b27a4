"""Where the files that ship with the package are: `grammar/` and `stdlib/`.

In a checkout they stand at the top level, in an installed wheel under `npudsl/_data/`.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


def data_folder(name: str) -> Path:
    """The folder `grammar` or `stdlib`, of the wheel if this is one, else of the checkout."""
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def stdlib_folder() -> Path:
    """What `import std....` and `--net NAME` look in."""
    return data_folder("stdlib")
