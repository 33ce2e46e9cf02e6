"""Files that nobody would make by intent: stores, checkpoints and recipes, changed at random, and what is made of them.

`python -m tests.fuzz` (`make fuzz`) tries them all, for hours; it goes on where it was stopped.
"""
