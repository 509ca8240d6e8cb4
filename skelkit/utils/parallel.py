"""Run one function on many tasks: in this process, in several processes, or on a Dask cluster."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection
from typing import Any, NamedTuple, TypeVar

import torch

Task = TypeVar("Task")

Result = TypeVar("Result")


class _Pool(NamedTuple):
    """Workers: `submit(job, task)` gives a future, `first_done(futures)` waits until any is done."""

    submit: Callable[..., Any]
    first_done: Callable[[Iterable[Any]], Iterable[Any]]
    workers: int


def cores() -> int:
    """Number of CPU cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_unordered(
    job: Callable[[Task], Result], tasks: Sequence[Task], workers: int = 1, scheduler: str | None = None
) -> Iterator[tuple[int, Result]]:
    """(position, job(task)) for every task, in the order in which they finish.

    At most twice as many tasks as workers are submitted at a time, so that memory does not grow with their
    number.

    Args:
        job: a function at the top level of a module, so that other processes can import it.
        tasks: arguments of `job`.
        workers: number of processes; 1 runs in this process.
        scheduler: address of a Dask scheduler, "tcp://host:8786"; its workers run the tasks.

    Raises:
        ValueError: workers below 1.
        ImportError: a scheduler is given, but Dask is not installed.
        RuntimeError: a process was killed or could not start.
        Exception: whatever `job` raises.
    """
    if not isinstance(workers, int) or isinstance(workers, bool) or workers < 1:
        raise ValueError(f"workers={workers!r}: expected a whole number of processes, 1 or more")
    if scheduler is None and min(workers, len(tasks)) <= 1:
        yield from ((i, job(task)) for i, task in enumerate(tasks))
        return
    pool_of = _processes(min(workers, len(tasks))) if scheduler is None else _cluster(scheduler)
    with pool_of as pool:
        waiting = iter(enumerate(tasks))
        running: dict[Any, int] = {}
        while True:
            while len(running) < 2 * pool.workers and (item := next(waiting, None)) is not None:
                running[pool.submit(job, item[1])] = item[0]
            if not running:
                return
            for future in pool.first_done(running):
                yield running.pop(future), future.result()


@contextlib.contextmanager
def _processes(workers: int) -> Iterator[_Pool]:
    """New processes, by spawn: to fork a process that has threads, as torch has, can deadlock."""
    others = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(workers, context, initializer=_start_worker)
    try:
        yield _Pool(executor.submit, lambda running: wait(running, return_when=FIRST_COMPLETED).done, workers)
    except BrokenProcessPool:
        raise RuntimeError(
            "a worker process ended before its work was done: in a script, put the call below "
            "if __name__ == '__main__':, for the processes import the script again; if memory ran out, "
            "use fewer processes, or one, which stays in this process"
        ) from None
    except KeyboardInterrupt:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()  # a task may take minutes
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    """Set up a worker: one thread, Ctrl-C is left to the parent, and it exits if the parent is killed."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def exit_with_parent() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=exit_with_parent, daemon=True).start()


def _in_one_thread(job: Callable[[Task], Result], task: Task) -> Result:
    """job(task) in one thread, so that the result is that of a local process to the last bit."""
    torch.set_num_threads(1)
    return job(task)


@contextlib.contextmanager
def _cluster(scheduler: str) -> Iterator[_Pool]:
    """The workers of a Dask cluster."""
    try:
        from distributed import Client
        from distributed import wait as wait_for
    except ImportError:
        raise ImportError(
            "working on a Dask cluster needs Dask; install it with: pip install 'skelkit[cluster]'"
        ) from None
    with Client(scheduler) as client:
        workers = sum(client.nthreads().values())
        if not workers:
            raise RuntimeError(
                f"the Dask scheduler at {scheduler} has no workers; start some with: dask worker {scheduler}"
            )
        yield _Pool(
            lambda job, task: client.submit(_in_one_thread, job, task, pure=False),
            lambda running: wait_for(list(running), return_when="FIRST_COMPLETED").done,
            workers,
        )
