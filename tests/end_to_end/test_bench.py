"""`make bench` measures everything that it promises and writes it down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_bench_writes_a_ratio_for_each_peer(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    small = ["--repetitions", "1", "--images", "64", "--trials", "16", "--widths", "4", "2"]
    small += ["--films", "weights", "--film-quality", "t", "--film-seconds", "1", "--film-repetitions", "1"]
    small += ["--large-store", "31", "16", "--recorded", "64", "--measured", "64", "--files", "200"]
    command = [sys.executable, "-m", "benchmarks.bench", *small, "--out", str(out)]
    wide = os.environ | {"COLUMNS": "160"}  # so that the table breaks no name
    done = subprocess.run(command, cwd=ROOT, env=wide, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    rows = json.loads(out.read_text())
    names = {row["name"] for row in rows}
    assert names >= {
        "training, width 4 / the bare step",
        "training, width 2 / DataLoader, no workers",
        "an epoch of 64 images with a Recorder, width 4 / the same epoch alone",
        "an epoch of 64 images and its spectra, width 2, one thread / measured in between",
        "a second start on 200 files / decoding them",
        "noise trials / one at a time",
        "noise trials / bare batched inference",
        "votes for a certificate / bare batched inference",
        "PGD-10 / bare forward and backward",
        "power-law fits of a checkpoint / WeightWatcher's WWFit",
        "eigenvalues and fits / analyze()",
        "with shuffled baseline and bulk / analyze(randomize=True, mp_fit=True)",
        "all of a checkpoint / 51 checkpoints in 3 minutes",
        "a 4,096 × 16,384 layer / its Gram product and eigvalsh",
        "weights, drawn and encoded at 240p5 / encoded",
        "films at 240p5 in 1 GB of memory / one",
        "weights, layer by layer, drawn / Rectangles under Transform",
        "weights, layer by layer, drawn and encoded / Rectangles under Transform",
        "weights, 31 epochs × 16 layers / 51 epochs × 14 layers",
        "all films, two at a time / one after the other",
    }
    for row in rows:
        assert row.keys() == {"name", "ours", "peer", "unit", "ratio"}
        assert row["ours"] > 0
        assert row["ratio"] == pytest.approx(row["ours"] / row["peer"], rel=0.02)
        assert row["name"] in done.stdout
