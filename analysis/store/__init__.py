"""The store: one HDF5 file that holds an experiment. Imports neither torch nor manim."""

from analysis.errors import NothingToShow, WeightreelError
from analysis.store.compare import Verdict, verdict
from analysis.store.nodes import Attack, Certificate, Layer, Node, Run
from analysis.store.rates import (
    Rate,
    counted,
    history_successes,
    latest_answers,
    rate_of,
    success_by_class,
    success_history,
    success_rate,
    successes,
    wilson,
)
from analysis.store.reader import Store
from analysis.store.schema import AttackKind, FitStatus, Phase
from analysis.store.writer import Contents, write

__all__ = [
    "Attack",
    "AttackKind",
    "Certificate",
    "Contents",
    "FitStatus",
    "Layer",
    "Node",
    "NothingToShow",
    "Phase",
    "Rate",
    "Run",
    "Store",
    "Verdict",
    "WeightreelError",
    "counted",
    "history_successes",
    "latest_answers",
    "rate_of",
    "success_by_class",
    "success_history",
    "success_rate",
    "successes",
    "verdict",
    "wilson",
    "write",
]
