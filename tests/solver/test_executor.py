"""Jobs here and in processes: every one comes to an end, whatever becomes of the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from npudsl.solver.clock import Stop
from npudsl.solver.executor import Executor, Job, Work
from npudsl.solver.spread import Budget
from npudsl.solver.workers import Processes, WorkError, executor_for

from . import tasks

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Noted(Job):
    """A job that notes what becomes of it."""

    work: Work
    arguments: tuple[object, ...] = ()
    seconds: float | None = None
    events: list[object] = field(default_factory=list)
    result: Any = None
    reason: str | None = None
    stop: Stop | None = None  # asked for at the first event

    def begin(self) -> tuple[Work, tuple[object, ...], float | None]:
        return self.work, self.arguments, self.seconds

    def told(self, event: object) -> None:
        self.events.append(event)
        if self.stop is not None:
            self.stop.ask()

    def done(self, result: object) -> None:
        self.result = result

    def lost(self, reason: str) -> None:
        self.reason = reason


@pytest.fixture(params=[1, 2], ids=["here", "processes"])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    with executor_for(request.param) as found:
        yield found


def run(executor: Executor, *jobs: Noted) -> None:
    for job in jobs:
        executor.submit(job)
    executor.run()


def test_results_and_events(executor: Executor) -> None:
    jobs = [Noted(tasks.square, (n,)) for n in range(5)]
    run(executor, *jobs)
    assert [job.result for job in jobs] == [0, 1, 4, 9, 16]
    assert [job.events for job in jobs if job.events] != []
    assert all(job.events in ([], [f"squaring {n}"]) for n, job in enumerate(jobs))


def test_urgent_jobs_come_first() -> None:
    order: list[int] = []

    @dataclass
    class Ordered(Noted):
        def done(self, result: object) -> None:
            order.append(self.arguments[0])  # type: ignore[arg-type]

    with executor_for(1) as executor:
        for number, urgency in ((1, 0.0), (2, 5.0), (3, 0.0), (4, float("-inf"))):
            executor.submit(Ordered(tasks.square, (number,)), urgency)
        executor.run()
    assert order == [2, 1, 3, 4]


def test_jobs_whose_kin_is_elsewhere_come_later() -> None:
    """By what is spared there; they come all the same if there is nothing else to do."""
    jobs = {name: Noted(tasks.square) for name in ("first a", "b", "second a", "none")}
    with executor_for(1) as executor:
        for urgency, (name, job) in enumerate(jobs.items()):
            job.kin, job.spared = None if name == "none" else name[-1], 3.5
            executor.submit(job, -urgency)
        taken = [executor._next({"a"}) for _ in jobs]
        assert executor._next() is None
    assert taken == [jobs[name] for name in ("b", "none", "first a", "second a")]


def test_a_job_that_takes_far_longer_than_others_is_not_left_to_its_kin() -> None:
    jobs = {name: Noted(tasks.square) for name in ("long", "short")}
    jobs["long"].kin, jobs["long"].spared = "a", 3.0
    with executor_for(1) as executor:
        executor.submit(jobs["short"], 1.0)
        executor.submit(jobs["long"], 9.0)
        assert executor._next({"a"}) is jobs["long"]
        assert executor._next({"a"}) is jobs["short"]


def test_jobs_that_submit_jobs(executor: Executor) -> None:
    second = Noted(tasks.square, (3,))

    class First(Noted):
        def done(self, result: object) -> None:
            executor.submit(second)

    run(executor, First(tasks.square, (2,)))
    assert second.result == 9


def test_time_runs_out(executor: Executor) -> None:
    job = Noted(tasks.wait, seconds=0.1)
    run(executor, job)
    assert job.result == "stopped"


def test_stop_reaches_what_was_begun_and_nothing_else_begins(executor: Executor) -> None:
    stopping, later = Noted(tasks.wait, stop=executor.stop), Noted(tasks.square, (1,))
    executor.submit(stopping, urgency=1.0)
    if executor.width == 1:
        executor.submit(later)
    executor.run()
    assert (stopping.result, later.result, later.reason) == ("stopped", None, None)


def test_work_that_fails(executor: Executor) -> None:
    with pytest.raises((ValueError, WorkError), match="a defect"):
        run(executor, Noted(tasks.fail))


@pytest.mark.parametrize(
    ("work", "reason"), [(tasks.die, "was killed (SIGKILL)"), (tasks.leave, "ended with status 7")]
)
def test_a_process_that_dies_costs_its_job_only(work: Work, reason: str) -> None:
    dying, others = Noted(work), [Noted(tasks.square, (n,)) for n in range(6)]
    with executor_for(2) as executor:
        run(executor, others[0], dying, *others[1:])
    assert dying.reason == reason
    assert [job.result for job in others] == [0, 1, 4, 9, 16, 25]


def test_processes_that_do_not_start_leave_the_work_here(monkeypatch: pytest.MonkeyPatch) -> None:
    for broken in ("raise SystemExit(3)", "import nothing_of_this_name"):
        monkeypatch.setattr("npudsl.solver.workers.COMMAND", broken)
        jobs = [Noted(tasks.process) for _ in range(3)]
        with executor_for(2) as executor:
            run(executor, *jobs)
        assert [job.result for job in jobs] == [os.getpid()] * 3
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    job = Noted(tasks.process)
    with executor_for(2) as executor:
        run(executor, job)
    assert job.result == os.getpid()


def test_processes_use_one_thread_and_are_gone_afterwards() -> None:
    jobs = [Noted(tasks.process), Noted(tasks.process), Noted(tasks.blas)]
    with Processes(2) as executor:
        run(executor, *jobs)
    assert jobs[2].result == "1"
    for job in jobs[:2]:
        assert job.result != os.getpid()
        with pytest.raises(ProcessLookupError):
            os.kill(job.result, 0)


ABANDONING = """
import os, signal
from npudsl.solver.workers import Processes
from tests.solver import tasks
from tests.solver.test_executor import Noted

class Telling(Noted):
    def told(self, event):
        print(worker(), flush=True)
        os.kill(os.getpid(), signal.SIGKILL)

def worker():
    return executor._workers[0].process.pid

executor = Processes(2)
executor.submit(Telling(tasks.wait))
executor.run()
"""


def test_processes_end_with_a_program_that_is_killed() -> None:
    program = subprocess.run([sys.executable, "-c", ABANDONING], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert program.returncode == -signal.SIGKILL
    worker = int(program.stdout)
    for _ in range(100):
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the process outlives its program")


def test_time_is_shared_among_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("npudsl.solver.spread.monotonic", lambda: now)
    budget = Budget(now + 60, 3)
    assert budget.share(1) == 20
    now += 6  # it needed only a part
    assert budget.share(1) == 27
    now += 27
    assert budget.share(1) == 27
    now += 40
    assert budget.share(1) == 0
    assert Budget(now + 60, 3).share(2) == 40
    assert Budget(now + 60, 1).share(4) == 60
    assert Budget(None, 3).share(2) is None
