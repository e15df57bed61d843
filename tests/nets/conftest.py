"""What several tests of the networks share."""

from __future__ import annotations

import pytest

from ulmengine.nets import lstm


@pytest.fixture
def own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of any size take the own step-by-step path, which is meant for larger ones."""
    monkeypatch.setattr(lstm, "WORTH", dict.fromkeys(lstm.WORTH, 0.0))
