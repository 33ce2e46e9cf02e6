"""Work side by side: how many processes the machine bears, and tasks whose child processes end with their command."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextvars import copy_context
from pathlib import Path

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.interrupts import interrupts_held_back

MEMORY = 10**9
"""Bytes that a process needs which draws a film and encodes it."""
LOOK = 0.1
"""Seconds in which is counted how busy the cores are."""

_running: set[subprocess.Popen[bytes]] = set()
_lock = threading.Lock()
_ending = False


def side_by_side(tasks: Sequence[Callable[[], object]], jobs: int) -> None:
    """Do the tasks in their order, so many at a time.

    Where one fails, those that have begun come to their end, and no more begin. Where this is interrupted, the child
    processes of all are ended, and what the tasks clean up is cleaned up.

    Raises:
        Exception: what the first task that failed raised.
    """
    global _ending
    if min(jobs, len(tasks)) < 2:
        for task in tasks:
            task()
        return
    with ThreadPoolExecutor(min(jobs, len(tasks))) as pool:
        futures = [pool.submit(copy_context().run, task) for task in tasks]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:
            with interrupts_held_back():
                pool.shutdown(wait=False, cancel_futures=True)
                _end_all()
                pool.shutdown()
                _ending = False
            raise
        pool.shutdown(cancel_futures=True)
    for future in futures:
        if future in done:
            future.result()


@contextlib.contextmanager
def child(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs in a folder, with an errors' stream alone, until the block ends at the latest.

    It leads a process group of its own: Ctrl-C comes to us, and we end it with all that it started, without its
    traceback.
    """
    process: subprocess.Popen[bytes] | None = None
    try:
        with interrupts_held_back(), _lock:
            if _ending:
                raise WeightreelError("stopped.")
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                process_group=0,
            )
            _running.add(process)
        yield process
    finally:
        if process is not None:
            _end(process)
            process.wait()
            with _lock:
                _running.discard(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)


def _end_all() -> None:
    global _ending
    with _lock:
        _ending = True
        for process in _running:
            _end(process)


def bearable(most: int) -> int:
    """How many processes that draw the machine bears now, from 1 to `most`: it has cores and memory to spare."""
    if most < 2 or (cores := usable_cores()) < 2:
        return 1
    memory = _free_memory()
    room = most if memory is None else memory // MEMORY
    return max(1, min(most, room, round(min(_idle_cores(), cores))))


def usable_cores() -> int:
    """Cores that this process may run on, of those that the machine or its container has."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError):  # none is set, or this is no container
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        cores = min(cores, math.ceil(int(quota) / int(period)))
    return cores


def _idle_cores() -> float:
    """Cores that nobody needs at the moment."""
    try:
        before = _idle_time()
        time.sleep(LOOK)
        return (_idle_time() - before) / LOOK
    except (OSError, ValueError):  # not on macOS and Windows
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
        return (os.cpu_count() or 1) - load


def _idle_time() -> float:
    """Seconds for which cores had nothing to do, or waited for a disk, all together."""
    times = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0].split()
    return sum(map(int, times[4:6])) / os.sysconf("SC_CLK_TCK")


def _free_memory() -> int | None:
    """Bytes that processes can still have; None where the system does not say."""
    found: list[int] = []
    with contextlib.suppress(OSError, ValueError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found += [1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    with contextlib.suppress(OSError, ValueError):
        limit, used = (
            int(Path("/sys/fs/cgroup", name).read_text(encoding="ascii")) for name in ("memory.max", "memory.current")
        )
        found.append(limit - used)
    return min(found, default=None)
