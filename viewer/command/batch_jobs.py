"""Chunks of rows answered by several processes, in their order.

What a check reads is read once, before the processes are made of this one: they share
it, and each adds only what its own rows need.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import deque
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, TypeVar

from anatomy.errors import DataError, OutOfRangeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
R = TypeVar("R")
#: More processes than this are a slip of the keyboard.
MOST_JOBS = 256


def jobs_given(jobs: int) -> int:
    """Return how many processes are meant; 0 stands for one for each core.

    Raises
    ------
    OutOfRangeError
        For a number that cannot be meant, or where processes cannot share memory.

    Examples
    --------
    >>> jobs_given(1)
    1
    """
    if not 0 <= jobs <= MOST_JOBS:
        raise OutOfRangeError(
            f"--jobs must be 0 to {MOST_JOBS}; got {jobs}.", field="--jobs", given=jobs
        )
    jobs = jobs or os.cpu_count() or 1
    if jobs > 1 and not can_share():
        raise OutOfRangeError(
            f"--jobs must be 1 on {sys.platform}: processes cannot share memory there.",
            field="--jobs",
            given=jobs,
        )
    return jobs


def can_share() -> bool:
    """Return whether a process can be made of this one with what it has read.

    Examples
    --------
    >>> can_share() or sys.platform != "linux"
    True
    """
    # macOS has fork, but its own libraries do not survive it
    fork = "fork" in multiprocessing.get_all_start_methods()
    return fork and sys.platform != "darwin"


def in_order(
    work: Callable[[T], R], items: Iterable[T], jobs: int
) -> Iterator[tuple[T, R]]:
    """Yield each item with what comes of it, by several processes but in order.

    Parameters
    ----------
    work : function
        Of a module, so that another process finds it.
    items : iterable
        Read no further ahead than the processes need.
    jobs : int
        Processes; with one, all is done in this process.

    Raises
    ------
    DataError
        When a process was ended from outside.

    Examples
    --------
    >>> list(in_order(abs, [-1, 2], 1))
    [(-1, 1), (2, 2)]
    """
    if jobs == 1:
        for item in items:
            yield item, work(item)
        return
    from zones.table.preload import preload

    preload()
    # a process that is added later would be made of this one while it has threads
    context = multiprocessing.get_context("fork")
    waiting: deque[tuple[T, Future[R]]] = deque()
    pool = ProcessPoolExecutor(jobs, mp_context=context)
    try:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) > jobs:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
    except BrokenProcessPool:
        raise DataError(
            "a process of the batch was ended from outside (too little memory?). What "
            "was written is whole: run the same command again to go on from there."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)
