"""npudsl: describe a neural processing unit as text; get proven best mappings of networks onto it.

    import npudsl
    spec = npudsl.load("specs/eyeriss.npu")
    best = spec.arch("eyeriss", glb_size="216 KiB").solve("alexnet", batch=4, objective="energy")
    best["conv2"].energy, best["conv2"].mapping.text(), best["conv2"].certificate.gap
    npudsl.verify(best["conv2"]).raise_if_different()

Names are imported when they are first used: `import npudsl` costs nothing, and neither does the command line.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api.mapped import Mapped
    from .api.results import Best, LayerResult, MappingText, verify
    from .api.spec import Machine, Spec, load
    from .text.diagnostics import Diagnostic, SpecError

__version__ = "0.1.0"

#: Public name -> the module that has it.
_HOME = {
    "Best": ".api.results",
    "Diagnostic": ".text.diagnostics",
    "LayerResult": ".api.results",
    "Machine": ".api.spec",
    "Mapped": ".api.mapped",
    "MappingText": ".api.results",
    "Spec": ".api.spec",
    "SpecError": ".text.diagnostics",
    "load": ".api.spec",
    "verify": ".api.results",
}

__all__ = [
    "Best",
    "Diagnostic",
    "LayerResult",
    "Machine",
    "Mapped",
    "MappingText",
    "Spec",
    "SpecError",
    "__version__",
    "load",
    "verify",
]


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """Keeps `npudsl.verify` the function, although importing the subpackage of that name wants to bind the module."""

    @property
    def verify(self) -> object:
        return __getattr__("verify")

    @verify.setter
    def verify(self, module: ModuleType) -> None:
        """The import system's attempt; the module stays reachable as `from npudsl.verify import ...`."""


sys.modules[__name__].__class__ = _Package
