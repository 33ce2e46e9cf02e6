"""Try changed files one after the other; a line of a log for each, a table at the end, 1 where something went wrong."""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # threads do not outlive a fork

from tests.fuzz.trials import TRIALS, ground, know

SECONDS = 30
"""Processor time from which a trial counts as one that hangs; it is ended after twice as long on the clock."""
MEMORY = 2 << 30
"""Bytes that a trial may take."""
LONGEST = 3000
"""Letters of a sentence, at most."""
GOOD = ("read", "sentence", "problems")


def try_one(name: str, number: int, folder: Path, base: Path) -> dict[str, Any]:
    """Make a file, try it in a process of its own, and say how that ended."""
    random = Random(f"{name} {number}")
    trial = TRIALS[name]
    work = folder / f"{name}-{number}"
    work.mkdir(parents=True)
    made = trial.make(random, work, base)
    began, said = time.monotonic(), work / "said"
    child = os.fork()
    if child == 0:
        _run(name, made.path, random, work, said)
    late = not _ended(child, began)
    _, status, used = os.wait4(child, 0)
    words = said.read_text(encoding="utf-8", errors="replace") if said.exists() else ""
    outcome = "hangs" if late or used.ru_utime + used.ru_stime > SECONDS else _outcome(name, status, words)
    memory = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if memory > MEMORY and outcome in GOOD:
        outcome = "takes too much memory"
    if outcome not in GOOD:
        keep = folder / "bad"
        keep.mkdir(exist_ok=True)
        shutil.copy(made.path, keep / f"{name}-{number}{made.path.suffix}")
    shutil.rmtree(work)
    return {
        "trial": name, "number": number, "changes": made.changes, "outcome": outcome,
        "seconds": round(time.monotonic() - began, 2), "megabytes": memory >> 20, "said": words[-600:],
    }  # fmt: skip


def _ended(child: int, began: float) -> bool:
    """Wait for a process; one that takes too long is ended."""
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() - began > 2 * SECONDS:
            os.kill(child, signal.SIGKILL)
            return False
        time.sleep(0.005)
    return True


def _run(name: str, path: Path, random: Random, work: Path, said: Path) -> None:
    """In the process of a trial: do it and leave."""
    code = 99
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        errors = os.open(said, os.O_WRONLY | os.O_CREAT)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(errors, 2)
        sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
        out = work / "out"
        out.mkdir()
        shutil.copy(work.parent / "ground" / "good.h5", work)
        code = TRIALS[name].run(path, random, out)
        sys.stdout.flush()
    except SystemExit as left:
        print(left.code, file=sys.stderr)
        code = 2
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _outcome(name: str, status: int, words: str) -> str:
    if os.WIFSIGNALED(status):
        return f"ends with {signal.Signals(os.WTERMSIG(status)).name}"
    code = os.WEXITSTATUS(status)
    if "Traceback" in words:
        return "a traceback"
    if code == 0:
        return "read"
    if code == 1 and name in ("check", "layout"):
        return "problems"
    lines = [line for line in words.strip().splitlines() if line.startswith("weightreel: ")]
    if code == 2 and lines and len(lines[-1]) < LONGEST and words.strip().endswith(lines[-1]):
        return "sentence"
    return f"leaves with {code} and {'many words' if words else 'no word'}"


def wanted(names: list[str], share: float, done: set[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """What is still to be tried, the trials taking turns in proportion."""
    todo = sorted(
        ((number + 0.5) / TRIALS[name].count, name, number)
        for name in names
        for number in range(max(1, round(share * TRIALS[name].count)))
    )
    yield from ((name, number) for _, name, number in todo if (name, number) not in done)


def main() -> int:
    """Go on where it was stopped."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("media/fuzz"), help="folder of the log and of the bad files")
    parser.add_argument("--only", default="", help=f"a comma list of {', '.join(TRIALS)}")
    parser.add_argument("--share", type=float, default=1.0, help="of the files of each trial")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="end after so long; the rest is for later")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    os.environ["XDG_CACHE_HOME"] = str((given.out / "cache").resolve())
    os.environ["COLUMNS"] = "200"
    base = ground(given.out.resolve() / "ground")
    know(base / "good.h5")
    log = given.out / "cases.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    names = given.only.split(",") if given.only else list(TRIALS)
    done = {(line["trial"], line["number"]) for line in lines}
    began = time.monotonic()
    with log.open("a") as file:
        for name, number in wanted(names, given.share, done):
            if time.monotonic() - began > given.seconds:
                break
            shutil.rmtree(given.out / f"{name}-{number}", ignore_errors=True)
            line = try_one(name, number, given.out.resolve(), base)
            lines.append(line)
            file.write(json.dumps(line) + "\n")
            file.flush()
    return report(lines)


def report(lines: list[dict[str, Any]]) -> int:
    """Print how often each trial ended how; 1 where one ended badly."""
    counts = Counter((line["trial"], line["outcome"]) for line in lines)
    for (name, outcome), n in sorted(counts.items()):
        print(f"{name:12} {outcome:28} {n:6}")
    bad = [line for line in lines if line["outcome"] not in GOOD]
    for line in bad[:20]:
        print(f"{line['trial']} {line['number']}: {line['outcome']}; {'; '.join(line['changes'])[:200]}")
    slowest, most = (max((line[key] for line in lines), default=0) for key in ("seconds", "megabytes"))
    print(f"{len(lines)} tried, {len(bad)} badly; slowest {slowest} s, most memory {most} MB")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
