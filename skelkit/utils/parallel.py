"""One job on many tasks: in this process, on all cores, or on the machines of a Dask cluster; never more in flight than can be worked on."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from typing import TypeVar

import torch

Task = TypeVar("Task")

Result = TypeVar("Result")


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_unordered(
    job: Callable[[Task], Result], tasks: Sequence[Task], workers: int = 1, scheduler: str | None = None
) -> Iterator[tuple[int, Result]]:
    """(position, job(task)) of every task, in the order in which they are done.

    Args:
        job: a function at the top of a module, so that other processes find it.
        workers: processes; 1 is this one.
        scheduler: address of a Dask scheduler, "tcp://host:8786", whose workers do it instead.

    Raises:
        ValueError: workers below 1. ImportError: a scheduler, but Dask is not installed. What a job raises.
        RuntimeError: a process was killed, or could not start.
    """
    if not isinstance(workers, int) or isinstance(workers, bool) or workers < 1:
        raise ValueError(f"workers={workers!r}: expected a whole number of processes, 1 or more")
    if scheduler is None and min(workers, len(tasks)) <= 1:
        yield from ((i, job(task)) for i, task in enumerate(tasks))
        return
    with (
        _cluster(scheduler) if scheduler is not None else _processes(min(workers, len(tasks))) as (
            submit,
            first_done,
            width,
        )
    ):
        left, running = iter(enumerate(tasks)), {}
        while True:
            while len(running) < 2 * width and (item := next(left, None)) is not None:
                running[submit(job, item[1])] = item[0]
            if not running:
                return
            for future in first_done(running):
                yield running.pop(future), future.result()


@contextlib.contextmanager
def _processes(workers: int):
    """Fresh processes (spawn): forking one that has threads, as torch has, can lock up."""
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_begin)
    try:
        yield pool.submit, lambda running: wait(running, return_when=FIRST_COMPLETED).done, workers
    except BrokenProcessPool:
        raise RuntimeError(
            "a worker process ended before its work was done: in a script, put the call below if __name__ == '__main__':, "
            "for the processes read the script anew; if memory ran out, use fewer processes, or one, which stays in this process"
        ) from None
    except KeyboardInterrupt:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()  # a task may take minutes
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """In a worker: one thread, the parent alone answers Ctrl-C, and nothing stays behind when the parent is killed."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def follow() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


@contextlib.contextmanager
def _cluster(scheduler: str):
    try:
        from distributed import Client
        from distributed import wait as wait_for
    except ImportError:
        raise ImportError(
            "working on a Dask cluster needs Dask; install it with: pip install 'skelkit[cluster]'"
        ) from None
    with Client(scheduler) as client:
        width = sum(client.nthreads().values())
        if not width:
            raise RuntimeError(
                f"the Dask scheduler at {scheduler} has no workers; start some with: dask worker {scheduler}"
            )
        submit = lambda job, task: client.submit(job, task, pure=False)  # noqa: E731
        yield submit, lambda running: wait_for(list(running), return_when="FIRST_COMPLETED").done, width
