"""Work side by side, and that nothing of it outlives its command."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from weightreel.analysis import processes
from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.processes import bearable, child, side_by_side


class TestSideBySide:
    def test_as_many_run_at_a_time_as_are_asked_for(self) -> None:
        both = threading.Barrier(2, timeout=10)
        done: list[int] = []

        def task(number: int) -> None:
            both.wait()  # passes only where two are here at once
            done.append(number)

        side_by_side([lambda n=n: task(n) for n in range(4)], 2)  # type: ignore[misc]
        assert sorted(done) == [0, 1, 2, 3]

    def test_one_at_a_time_runs_in_order_and_in_this_thread(self) -> None:
        seen: list[threading.Thread] = []
        side_by_side([lambda: seen.append(threading.current_thread())] * 3, 1)
        assert seen == [threading.main_thread()] * 3

    def test_after_a_failure_what_began_ends_and_nothing_begins(self) -> None:
        ended: list[str] = []
        failed = threading.Event()

        def fails() -> None:
            failed.set()
            raise WeightreelError("no")

        def runs() -> None:
            failed.wait(10)
            time.sleep(0.2)
            ended.append("ran to its end")

        with pytest.raises(WeightreelError, match="no"):
            side_by_side([fails, runs, *[lambda: ended.append("begun too late")] * 20], 2)
        assert "ran to its end" in ended
        assert len(ended) < 20

    def test_an_interrupt_ends_children_and_what_they_started(self, tmp_path: Path) -> None:
        """A child that has a child of its own: neither goes on writing."""
        code = (
            "import os, pathlib, sys, time\n"
            "name = 'child' if os.fork() else 'grandchild'\n"
            "while True:\n    pathlib.Path(name).write_text(str(os.getpid()))\n    time.sleep(0.01)\n"
        )
        cleaned: list[str] = []
        begun = threading.Event()

        def task() -> None:
            try:
                with child([sys.executable, "-c", code], tmp_path, os.environ) as process:
                    while not all((tmp_path / name).exists() for name in ("child", "grandchild")):
                        time.sleep(0.01)
                    begun.set()
                    process.wait()
            finally:
                cleaned.append("cleaned")

        def interrupt() -> None:
            begun.wait(20)
            os.kill(os.getpid(), 2)

        deaf = signal.signal(signal.SIGINT, signal.default_int_handler)  # as what runs in the background is
        threading.Thread(target=interrupt).start()
        try:
            with pytest.raises(KeyboardInterrupt):
                side_by_side([task, begun.wait], 2)
        finally:
            signal.signal(signal.SIGINT, deaf)
        assert cleaned == ["cleaned"]
        for name in ("child", "grandchild"):
            (tmp_path / name).unlink()
        time.sleep(0.1)
        assert not list(tmp_path.iterdir())


class TestBearable:
    @pytest.mark.parametrize(
        ("cores", "idle", "memory", "found"),
        [
            (1, 1.0, None, 1),
            (2, 2.0, None, 2),
            (2, 0.9, None, 1),  # somebody else needs the other one
            (8, 5.2, None, 5),
            (8, 8.0, int(2.5 * processes.MEMORY), 2),
            (8, 8.0, 0, 1),
            (2, 8.0, None, 2),  # of a machine with more, this process may have two
        ],
    )
    def test_what_a_machine_bears(
        self, cores: int, idle: float, memory: int | None, found: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(processes, "usable_cores", lambda: cores)
        monkeypatch.setattr(processes, "_idle_cores", lambda: idle)
        monkeypatch.setattr(processes, "_free_memory", lambda: memory)
        assert bearable(cores) == found

    def test_this_machine_is_measured(self) -> None:
        """A core that is busy is not idle; memory is between nothing and a petabyte."""
        assert 0 <= processes._idle_cores() <= (os.cpu_count() or 1) * 1.5
        memory = processes._free_memory()
        assert memory is None or 0 < memory < 10**15
