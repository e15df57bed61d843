"""What several tests of the networks share."""

from __future__ import annotations

import pytest

from ulmengine.nets.kernels import layer_pass


@pytest.fixture
def own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of any size take the own step-by-step path, which is meant for larger ones."""
    monkeypatch.setattr(layer_pass, "WORTH", dict.fromkeys(layer_pass.WORTH, 0.0))
