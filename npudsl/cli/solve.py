"""`npudsl solve`: the best mapping of every layer of a network, proven and executed."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from .interrupt import stoppable
from .options import add_json, add_search, add_settings, processes, seconds, settings_of
from .output import Failed, check_writable, json_text, report_diagnostics, say, write_results
from .screen import draw, width

if TYPE_CHECKING:
    from ..api.results import Best
    from ..mapping.dataflow import Dataflow
    from ..solver.clock import Stop
    from ..solver.sensitivity import Worth
    from ..solver.tradeoff import Tradeoff
    from ..spec.arch import Arch
    from ..spec.network import Network
    from ..spec.program import Program

#: Seconds that `--sensitivity` may take for each layer.
SENSITIVITY = 60.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl solve`."""
    parser.add_argument("spec", metavar="SPEC", help="the file of the architecture")
    parser.add_argument("--net", required=True, metavar="NAME|FILE", help="a network of the library, or a file")
    parser.add_argument("--arch", metavar="NAME", help="which architecture, where the file has several")
    add_settings(parser)
    add_search(parser)
    parser.add_argument("--layer", action="append", metavar="NAME", help="only this layer (repeatable)")
    parser.add_argument("--objective", choices=("edp", "energy", "latency"), default="edp", help="default: edp")
    parser.add_argument(
        "--using", metavar="DATAFLOW", help="a mapping block with holes: the best of the mappings that obey it"
    )
    _add_mapspace(parser)
    parser.add_argument(
        "--time-limit",
        type=seconds,
        metavar="SECONDS",
        help="search no longer than this, all layers together; tell the best so far and its gap",
    )
    parser.add_argument(
        "--jobs",
        type=processes,
        default=None,
        metavar="N|auto",
        help="processes that search and execute (default: auto, one per processor where that is faster)",
    )
    parser.add_argument("--no-cache", action="store_true", help="neither use nor keep proven answers of other runs")
    parser.add_argument("--no-verify", action="store_true", help="do not execute the answers")
    parser.add_argument("--nest", action="append", metavar="LAYER", help="print this layer's loop nest (repeatable)")
    parser.add_argument(
        "--report", choices=("tables", "metrics"), default="tables", help="metrics: what designs are compared by"
    )
    parser.add_argument(
        "--sensitivity",
        type=seconds,
        nargs="?",
        const=SENSITIVITY,
        metavar="SECONDS",
        help="what more memory, rows, columns and bandwidth would be worth: solves every proven layer again, changed, "
        f"for so long (default: {SENSITIVITY:g} s a layer)",
    )
    parser.add_argument(
        "--pareto",
        type=seconds,
        nargs="?",
        const=math.inf,
        metavar="SECONDS",
        help="the exact front of energy against latency of every layer, a search for each of its points, for at most "
        "so long a layer (default: until it is proven); with imperfect factors the points that were found, with bounds",
    )
    add_json(parser)
    parser.add_argument("--emit", metavar="FILE", help="write the mappings as a file that `eval` and `run` accept")
    parser.add_argument("--certificate", metavar="FILE", help="write the evidence for `npudsl audit` to check")
    parser.epilog = (
        "Ctrl-C, or a TERM signal, ends the searches with the best mappings so far and their true gaps and writes what "
        "was asked for, with exit status 1; a second one stops at once. A time limit searches the easy layers first, "
        "each for an equal part of the time that is left."
    )


def _add_mapspace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--space",
        choices=("even", "uneven"),
        help="even: the nodes of a memory stand together, with no loop in between (default: uneven, which contains "
        "them; even for a machine whose nodes can stand in too many orders)",
    )
    parser.add_argument(
        "--factors",
        choices=("perfect", "imperfect"),
        default="perfect",
        help="imperfect: factors may reach beyond a bound, the last tile is clipped; the best found, never worse than "
        "even mappings with perfect factors, with a proven gap (default: perfect, proven best)",
    )


def run(arguments: argparse.Namespace) -> int:
    """0 if every layer has a mapping, and each that was executed agrees; else 1, as after Ctrl-C. Raises `SpecError`,
    `Failed`."""
    from ..api.solving import check_listed
    from ..solver.clock import Stop

    for target in (arguments.json, arguments.emit, arguments.certificate):
        check_writable(target)
    if arguments.certificate is not None:
        _check_auditable(arguments)
    machine, nets, arch, network = _inputs(arguments)
    if arguments.space is None:
        arguments.space = _widest(arguments, arch, network)
    elif arguments.space == "uneven" and arguments.certificate is not None:
        check_listed(arch, network, arguments.layer)
    dataflows = _dataflows(arguments, machine, nets, arch, network)
    best = _solve(arguments, arch, network, dataflows)
    _show(arguments, best)
    stop = Stop(asked=best.answers.interrupted)
    worths = _sensitivity(arguments, best, stop)
    fronts = _pareto(arguments, best, stop)
    status = _verdict(best, interrupted=stop.asked)
    results = []
    if arguments.json is not None:
        results.append((json_text(best.record(worths, fronts)), arguments.json))
    if arguments.emit is not None:
        from ..api.emit import emitted

        results.append((emitted(best, machine, nets, arguments.emit), arguments.emit))
    _write(results, arguments.certificate, lambda: _certificate(best, machine, nets))
    return status


def _write(results: list[tuple[str, str]], target: str | None, certificate: Callable[[], str]) -> None:
    """Writes results, and the certificate to its target; what goes wrong with one of them costs no other. Raises
    `Failed`."""
    problems = []
    if target is not None:
        try:
            results = [*results, (certificate(), target)]
        except Failed as error:
            problems.append(str(error))
    try:
        write_results(results)
    except Failed as error:
        problems.append(str(error))
    if problems:
        raise Failed("; ".join(problems))


def _check_auditable(arguments: argparse.Namespace) -> None:
    from ..api.certificates import check_auditable
    from ..audit import Refused

    try:
        check_auditable(arguments.factors, arguments.using)
    except Refused as error:
        raise Failed(f"{error}: leave out `--certificate`", 2) from None


def _certificate(best: Best, machine: Program, nets: Program) -> str:
    from ..api.certificates import certified
    from ..audit import Refused

    try:
        return certified(best, machine, nets)
    except Refused as error:
        raise Failed(f"no certificate: {error}") from None
    except OSError as error:  # it is read again from temporary files
        raise Failed(f"no certificate: cannot write temporary files: {error.strerror or error}") from None


def _inputs(arguments: argparse.Namespace) -> tuple[Program, Program, Arch, Network]:
    """The files of the machine and of the network, and both with the settings that each of them has."""
    from ..api.names import choose_settings, find_network
    from ..spec.loader import load
    from ..syntax import tree

    machine = load(arguments.spec, search=arguments.search)
    nets, name = find_network(arguments.net, near=machine)
    declared = [machine.find(tree.ArchDecl, arguments.arch), nets.find(tree.NetworkDecl, name)]
    for_arch, for_network = choose_settings(settings_of(arguments), declared)
    return machine, nets, machine.arch(arguments.arch, for_arch), nets.network(name, for_network)


def _widest(arguments: argparse.Namespace, arch: Arch, network: Network) -> str:
    from ..api.solving import why_not_wider, widest

    asked = (arch, network, arguments.objective, arguments.layer)
    listed = arguments.using is not None or arguments.certificate is not None
    found = widest(*asked, listed=listed)
    if found == "even":
        say(f"note: only even mappings are searched: {why_not_wider(*asked, listed=listed)}")
    return found


def _dataflows(
    arguments: argparse.Namespace, machine: Program, nets: Program, arch: Arch, network: Network
) -> tuple[tuple[str, Dataflow], ...]:
    """What `--using` asks of each layer that it is for."""
    if arguments.using is None:
        return ()
    from ..api.dataflows import dataflows_for, find_dataflow

    found = find_dataflow(arguments.using, [machine, nets], search=arguments.search)
    mapspace = {"space": arguments.space, "factors": arguments.factors}
    return dataflows_for(found, arch, network, arguments.layer, **mapspace)


def _solve(
    arguments: argparse.Namespace, arch: Arch, network: Network, dataflows: tuple[tuple[str, Dataflow], ...]
) -> Best:
    from ..api.results import Best
    from ..api.solving import answer
    from ..report.progress import shown_progress
    from ..solver import Options, Stop, Store
    from ..solver.store_folder import user_folder

    folder = None if arguments.no_cache else user_folder()
    asked = (arguments.objective, arguments.space, arguments.factors, arguments.time_limit, arguments.jobs)
    options = Options(*asked, dataflows)
    stop = Stop()
    with shown_progress() as progress, stoppable(stop):
        answers = answer(
            arch, network, options, only=arguments.layer, verify=not arguments.no_verify, progress=progress,
            store=None if folder is None else Store(folder), stop=stop,
        )  # fmt: skip
    if folder is not None and folder.trouble is not None:
        say(f"note: answers are not kept: {folder.trouble}")
    return Best(answers)


def _show(arguments: argparse.Namespace, best: Best) -> None:
    """The tables, unless JSON alone goes to standard output."""
    if arguments.json == "-":
        return
    from ..report import metrics, solved
    from ..report.nest import nest_table

    answers = best.answers
    draw(metrics.screen(answers) if arguments.report == "metrics" else solved.screen(answers, width=width()))
    for name in arguments.nest or ():
        result = best.get(name)
        if result is None or not result.answer.solved:
            raise Failed(f"no mapping of a layer `{name}` to print as a nest")
        draw(["", nest_table(result.layer, result.mapping.nest, operation=best.answers.arch.compute.name)])


def _sensitivity(arguments: argparse.Namespace, best: Best, stop: Stop) -> dict[str, tuple[Worth, ...]] | None:
    """What `--sensitivity` asks for, shown unless JSON alone goes to standard output. Ctrl-C ends it early."""
    if arguments.sensitivity is None:
        return None
    from ..api.sensitivity import sensitivities_of
    from ..report.sensitivity import sensitivity_table

    with stoppable(stop):
        worths = sensitivities_of(best.answers, arguments.sensitivity, stop)
    if arguments.json != "-":
        draw(["", sensitivity_table(best.answers, worths)])
    return worths


def _pareto(arguments: argparse.Namespace, best: Best, stop: Stop) -> Mapping[str, Tradeoff] | None:
    """What `--pareto` asks for, shown unless JSON alone goes to standard output. Ctrl-C ends it early."""
    if arguments.pareto is None:
        return None
    from ..api.pareto import fronts_of
    from ..report.tradeoff import tradeoffs

    with stoppable(stop):
        fronts = fronts_of(best.answers, arguments.pareto if math.isfinite(arguments.pareto) else None, stop)
    if arguments.json != "-":
        draw(tradeoffs(best.answers, fronts))
    return fronts


def _verdict(best: Best, *, interrupted: bool) -> int:
    """The exit status, with what went wrong on standard error."""
    answers = best.answers
    reasons = [answer.solution.failure for answer in answers.failed if answer.solution.failure]
    report_diagnostics(dict.fromkeys([*reasons, *(d for answer in answers for d in answer.obstacles)]))
    for answer in answers.refuted:
        say(f"error: the execution of `{answer.layer.name}` refutes its closed forms: this is a defect of npudsl")
    if interrupted:
        say("interrupted")
    obstructed = any(answer.obstacles for answer in answers)
    return 1 if answers.failed or answers.refuted or interrupted or obstructed else 0
