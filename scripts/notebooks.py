"""Execute the notebooks and keep what they show: `python -m scripts.notebooks` after a change of them or of a store.

The .ipynb files are the sources; what is kept of their outputs is text, tables and pictures, but no videos.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import re
import sys
import time
from pathlib import Path

import av
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "notebooks"
TIMEOUT = 300
"""Seconds that one cell may take."""
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""What a notebook says of its kernel, wherever it was executed."""
EMBEDDED = re.compile(r'src="data:video/mp4;base64,([^"]+)"')
STILL_AT = 0.75
"""Share of a film's length at which its still is taken."""


def execute(path: Path, store: Path | None = None) -> NotebookNode:
    """Run a notebook from top to bottom in a kernel of its own.

    Args:
        path: of the notebook, which is left as it is.
        store: what it is to show; None means the one that it names.

    Raises:
        CellExecutionError: a cell failed.
    """
    notebook = nbformat.read(path, as_version=4)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("WEIGHTREEL_")}
    if store is not None:
        environment["WEIGHTREEL_STORE"] = str(store.resolve())
    client = NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
    )
    # Its folder for films is removed when it ends by itself.
    client.create_kernel_manager().shutdown_wait_time = TIMEOUT
    client.execute(env=environment)
    return notebook


def films_in(output: NotebookNode) -> list[bytes]:
    """The MP4 files that an output embeds."""
    html = output.get("data", {}).get("text/html", "")
    return [base64.b64decode(found) for found in EMBEDDED.findall(html)]


def for_reading(notebook: NotebookNode) -> NotebookNode:
    """A notebook without what differs from machine to machine: of a film a still, or the sentence how to make it."""
    kept = nbformat.from_dict(notebook)
    kept.metadata = nbformat.from_dict(METADATA)
    for cell in kept.cells:
        cell.metadata = NotebookNode()
        if cell.cell_type == "code":
            cell.execution_count = None
            cell.outputs = [_for_reading(output) for output in cell.outputs]
    return kept


def _for_reading(output: NotebookNode) -> NotebookNode:
    if "execution_count" in output:
        output.execution_count = None
    if sentence := output.get("metadata", {}).get("without"):  # of a film that lies beside the notebook
        return nbformat.v4.new_output("display_data", {"text/markdown": sentence})
    for content in films_in(output):
        png = base64.b64encode(still(content)).decode()
        alt = "A frame of the film that this cell makes"
        return nbformat.v4.new_output("display_data", {"image/png": png}, metadata={"image/png": {"alt": alt}})
    if "text/html" in output.get("data", {}):
        del output.data["text/plain"]  # tables with codes for terminals' colours
    return output


def still(film: bytes) -> bytes:
    """A frame of an MP4 file as PNG."""
    with av.open(io.BytesIO(film)) as container:
        frames = [frame.to_image() for frame in container.decode(video=0)]
    file = io.BytesIO()
    frames[int(STILL_AT * (len(frames) - 1))].save(file, format="png", optimize=True)
    return file.getvalue()


def main(arguments: list[str] | None = None) -> int:
    """Execute the notebooks named, or all, and write them with their outputs; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m scripts.notebooks", description="Execute the notebooks.")
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted(FOLDER.glob("*.ipynb")))
    for path in parser.parse_args(arguments).notebooks:
        began = time.monotonic()
        try:
            executed = for_reading(execute(path))
        except CellExecutionError as error:
            print(f"{path.name}: a cell failed; it is unchanged.\n{error}", file=sys.stderr)
            return 1
        nbformat.write(executed, path)
        print(f"{path.name}: {time.monotonic() - began:.0f} s, {path.stat().st_size / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
