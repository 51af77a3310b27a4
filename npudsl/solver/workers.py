"""Jobs in processes of their own, each started when there is something for it to do.

Not `multiprocessing`: its processes import the caller's main module again, which a script, a notebook or a program on
standard input may not survive. Not `concurrent.futures`: there one process that is killed takes all others along.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from threading import Thread

from .clock import Stop
from .executor import Executor, Here, Job, do_here
from .worker import Done, Halt, Raised, Ready, Reply, Request, Told

COMMAND = "from npudsl.solver.worker import main; main()"
#: Seconds after which the wish to stop is looked at, and that a process has to end by itself.
GLANCE, PATIENCE = 0.1, 2.0
#: As in `cli/main.py`: the arrays are small, and threads that wait for each other are slow.
SINGLE = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


class WorkError(RuntimeError):
    """Work in a process raised what it should not have: a defect. Its text says what and where."""


class Worker:
    """The near end of a process. Its replies come into `replies` with itself; None: the process has ended."""

    def __init__(self, replies: SimpleQueue[tuple[Worker, Reply | None]]):
        with _deaf():
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-c", COMMAND],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(),
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        self.ready = False
        self.job: Job | None = None
        self.kin: set[object] = set()
        Thread(target=self._listen, args=(replies,), daemon=True).start()

    def _listen(self, replies: SimpleQueue[tuple[Worker, Reply | None]]) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stream, suppress(Exception):
            while True:
                replies.put((self, pickle.load(stream)))
        replies.put((self, None))  # the end, or half a message: the process is gone or of no use

    def send(self, message: Request | Halt) -> None:
        """A process that is gone does not mind: its end is told as a reply."""
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
            self.process.stdin.flush()

    def fate(self) -> str:
        """How the process came to its end; it completes `the process that ...`."""
        self.end()
        status = self.process.returncode
        if status >= 0:
            return f"ended with status {status}"
        name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
        return f"was killed ({name})"

    def end(self, *, at_once: bool = False) -> None:
        """Ends the process; what it does is not waited for long."""
        assert self.process.stdin is not None
        if at_once:
            self.process.kill()
        with suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Processes(Executor):
    """At most `width` processes. One that dies costs its job only. If none can be started the work is done here."""

    def __init__(self, width: int, stop: Stop | None = None):
        super().__init__(stop)
        self._width = width
        self._workers: list[Worker] = []
        self._replies: SimpleQueue[tuple[Worker, Reply | None]] = SimpleQueue()
        self._halted = False
        self._startable = bool(sys.executable)

    @property
    def width(self) -> int:
        return self._width

    def run(self) -> None:
        while self._hand_out():
            self._pass_on_stop()
            with suppress(Empty):
                self._take(*self._replies.get(timeout=GLANCE))

    def _hand_out(self) -> bool:
        """Gives jobs to idle processes, starting some; whether anything is going on."""
        while (worker := self._idle()) is not None and (job := self._next(self._kin_of_others(worker))) is not None:
            worker.job = job
            worker.kin |= {job.kin} - {None}
            worker.send(Request(pickle.dumps(job.begin(), pickle.HIGHEST_PROTOCOL)))
        if not self._workers and (job := self._next()) is not None:
            do_here(job, self.stop)
            return True
        return any(worker.job is not None for worker in self._workers)

    def _kin_of_others(self, worker: Worker) -> set[object]:
        """Of the jobs that only other processes have done."""
        return {kin for other in self._workers for kin in other.kin} - worker.kin

    def _idle(self) -> Worker | None:
        for worker in self._workers:
            if worker.job is None:
                return worker
        if self._waiting and self._startable and not self.stop.asked and len(self._workers) < self._width:
            try:
                self._workers.append(Worker(self._replies))
            except OSError:  # no memory or no process left: those that run are enough
                self._startable = False
                return None
            return self._workers[-1]
        return None

    def _pass_on_stop(self) -> None:
        if self.stop.asked and not self._halted:
            self._halted = True
            for worker in self._workers:
                worker.send(Halt())

    def _take(self, worker: Worker, reply: Reply | None) -> None:
        job = worker.job
        if reply is None:
            self._workers.remove(worker)
            fate = worker.fate()
            if job is not None:
                self._bury(worker, job, fate)
        elif isinstance(reply, Ready):
            worker.ready = True
        elif job is not None and isinstance(reply, Told):
            job.told(reply.event)
        elif job is not None and isinstance(reply, Done):
            worker.job = None
            job.done(reply.result)
        elif isinstance(reply, Raised):
            raise WorkError(reply.text)

    def _bury(self, worker: Worker, job: Job, fate: str) -> None:
        """What becomes of the job of a process that is gone."""
        if worker.ready:
            job.lost(fate)
        else:  # no process gets as far as to work, so none is tried again
            self._startable = False
            self.submit(job, urgency=float("inf"))

    def close(self) -> None:
        for worker in self._workers:
            worker.end(at_once=worker.job is not None)
        self._workers.clear()


def executor_for(width: int, stop: Stop | None = None) -> Executor:
    """Who does `width` jobs at a time: this process if it is one."""
    return Here(stop) if width == 1 else Processes(width, stop)


def _environment() -> dict[str, str]:
    """What a process is given: the modules that this one can import, and one thread for linear algebra."""
    path = [os.path.abspath(folder) for folder in sys.path]  # an empty entry is the current folder
    single = {name: os.environ.get(name, "1") for name in SINGLE}
    return {**os.environ, **single, "PYTHONPATH": os.pathsep.join(dict.fromkeys(path))}


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes that are started here never hear Ctrl-C, nor a TERM that goes to the whole group: who started them
    decides when they end."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
