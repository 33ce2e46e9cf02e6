"""What every face says of a few stores, kept as text, so that a change of the code shows what it changes there.

`python -m tests.snapshots` writes `expected/STORE/*.txt` anew; where they change, the changelog says why.
"""
