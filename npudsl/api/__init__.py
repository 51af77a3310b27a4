"""The Python interface: load a file, solve, read the answers, verify them. The command line is a skin over this."""

from .results import Best, LayerResult, MappingText, verify
from .spec import Machine, Spec, load

__all__ = ["Best", "LayerResult", "Machine", "MappingText", "Spec", "load", "verify"]
