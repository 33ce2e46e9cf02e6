"""Every path of a store, with its dtype, dimensions and unit."""

from __future__ import annotations

from tests.faces.test_versions import STORES, version
from weightreel.analysis.store.schema.fields import (
    FIELDS,
    SCHEMA_VERSION,
    eigenvalue_count,
    field_of,
)


def test_paths_match_their_own_field_alone() -> None:
    for field in FIELDS:
        path = field.path.replace("RUN", "cnn-s0").replace("LAYER", "features.0").replace("ATTACK", "uniform-noise")
        path = path.replace("CERTIFICATE", "sigma-0.25")
        assert field_of(path.replace("PARAMETER", "weight")) == field
    assert field_of("/runs/a/b/epoch") is None
    assert field_of("/runs/cnn-s0/parameters/scale/counts") is None


def test_every_earlier_minor_version_is_kept() -> None:
    major, minor = map(int, SCHEMA_VERSION.split("."))
    assert {f"{major}.{earlier}" for earlier in range(minor)} <= {version(path) for path in STORES}


def test_counting_eigenvalues() -> None:
    assert eigenvalue_count((64, 3, 3, 3)) == 27
    assert eigenvalue_count((10, 256)) == 10
