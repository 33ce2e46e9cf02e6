"""Write snapshots anew: `python -m tests.snapshots [STORE …] [--only show,markdown,json,csv,figures,films]`."""

from __future__ import annotations

import argparse
import time

from tests.snapshots.stores import FACES, STORES, faces_of, snapshot_of


def main() -> None:
    """Write the snapshots that are asked for, by default all, and say which changed."""
    parser = argparse.ArgumentParser(prog="python -m tests.snapshots", description="Write snapshots anew.")
    parser.add_argument("stores", nargs="*", metavar="STORE", default=STORES, help="relative to the checkout's root")
    parser.add_argument("--only", default="", metavar="FACES", help=f"of {', '.join(FACES)}; default: all")
    options = parser.parse_args()
    for store in options.stores:
        for face in options.only.split(",") if options.only else faces_of(store):
            began = time.monotonic()
            text, path = FACES[face](store), snapshot_of(store, face)
            path.parent.mkdir(parents=True, exist_ok=True)
            before = path.read_text(encoding="utf-8") if path.exists() else None
            path.write_text(text, encoding="utf-8")
            news = "new" if before is None else "as it was" if before == text else "changed"
            print(f"{store} {face}: {news}, {time.monotonic() - began:.1f} s", flush=True)


if __name__ == "__main__":
    main()
