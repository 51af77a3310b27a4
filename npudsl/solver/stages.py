"""Stages: all parts of nests that have the same cuts."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..mapping.nest import Node
from .merged import Batch
from .rows import Task

#: The nodes outside a cut.
Cut = frozenset[Node]


@dataclass
class Stage:
    """All batches from one cut to another (None: to the operations; elsewhere every batch is one program)."""

    top: Cut
    bottom: Cut | None
    batches: list[Batch] = field(default_factory=list)

    @property
    def tasks(self) -> list[Task]:
        return [batch.task for batch in self.batches if batch.task is not None]
