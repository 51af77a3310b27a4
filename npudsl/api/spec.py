"""Loaded files in Python: machines, networks and mappings by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..spec.arch import Arch
from ..spec.loader import load as load_program
from ..spec.network import Network
from ..spec.program import Program
from .mapped import Mapped, find_mapping
from .names import find_network

if TYPE_CHECKING:
    from ..mapping.dataflow import Dataflow
    from .results import Best

Setting = str | int | float | bool
Path = str | os.PathLike[str]


def load(path: Path, *, search: Sequence[Path] = ()) -> Spec:
    """The file at `path` with its imports, which are also looked for in the folders of `search`.

    Raises `SpecError` with every diagnostic.
    """
    return Spec(load_program(path, search=search))


@dataclass(frozen=True)
class Spec:
    """A file. Settings are parameters of the declaration: numbers, or text as in the language (`"216 KiB"`)."""

    program: Program

    def arch(self, name: str | None = None, **settings: Setting) -> Machine:
        """The machine called `name`, or the only one. Raises `SpecError`."""
        return Machine(self.program.arch(name, settings), self.program)

    def network(self, name: str | None = None, **settings: Setting) -> Network:
        """The network called `name`, or the only one. Raises `SpecError`."""
        return self.program.network(name, settings)

    def mapping(self, name: str | None = None, **settings: Setting) -> Mapped:
        """A complete mapping of the file, ready to evaluate and to run. Raises `SpecError`."""
        return find_mapping(self.program, name, settings)


@dataclass(frozen=True)
class Machine:
    """An architecture that networks can be solved for. `program`: the file it stands in."""

    arch: Arch
    program: Program

    def solve(
        self,
        net: str | Network,
        *,
        layers: Iterable[str] | None = None,
        objective: str = "edp",
        space: str | None = None,
        factors: str = "perfect",
        using: str | None = None,
        time_limit: float | None = None,
        jobs: int | None = None,
        cache: bool = True,
        verify: bool = False,
        progress: Callable[[object], None] | None = None,
        **settings: Setting,
    ) -> Best:
        """The best mapping of every layer of `net`, or of `layers` only.

        `net` is a network, the name of one in this file or in the library, or a path; `settings` are its parameters.
        `using`: a dataflow, which the mappings of the layers that it is for must obey (a mapping block of this file,
        one of the library, or a path); other layers are left free.
        `space`: `even` or `uneven`, None: uneven, unless the nodes of this machine can stand in too many orders
        for a layer that is asked for.
        `time_limit` in seconds, for all searches together; `jobs`: processes (None: as many as help); `cache`: use and
        keep proven answers (`npudsl cache` tells where); `verify` executes every answer at full size. Raises
        `SpecError`.
        """
        from ..solver import Options, Store
        from ..solver.store_folder import user_folder
        from .results import Best
        from .solving import answer, widest

        network = net if isinstance(net, Network) else self.network(net, settings)
        only = None if layers is None else tuple(layers)
        space = space or widest(self.arch, network, objective, only, listed=using is not None)
        dataflows = self._dataflows(using, network, only, space, factors) if using is not None else ()
        options = Options(objective, space, factors, time_limit, jobs, dataflows)
        folder = user_folder() if cache else None
        store = None if folder is None else Store(folder)
        return Best(answer(self.arch, network, options, only=only, verify=verify, progress=progress, store=store))

    def _dataflows(
        self, using: str, network: Network, layers: Iterable[str] | None, space: str, factors: str
    ) -> tuple[tuple[str, Dataflow], ...]:
        from .dataflows import dataflows_for, find_dataflow

        found = find_dataflow(using, [self.program])
        return dataflows_for(found, self.arch, network, layers, space=space, factors=factors)

    def network(self, net: str, settings: Mapping[str, Setting]) -> Network:
        """A network by name or path, looked for in the machine's file first. Raises `SpecError`."""
        program, name = find_network(net, near=self.program)
        return program.network(name, settings)
