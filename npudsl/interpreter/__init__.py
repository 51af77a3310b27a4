"""Executes mappings: real data through the modelled memories, every word counted, the output checked."""

from .execution import Execution, run

__all__ = ["Execution", "run"]
