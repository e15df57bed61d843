"""The classifier whose weights were made ready gives the network's own answers."""

from __future__ import annotations

import pytest
import torch

from tests.inference.made import MODEL, network
from ulmengine.config import DropoutConfig, Sizes
from ulmengine.inference.predict import reader_of
from ulmengine.nets import AWDLSTM, TextClassifier, set_precision


def documents(lengths):
    generator = torch.Generator().manual_seed(0)
    tokens = torch.ones(len(lengths), lengths[0], dtype=torch.int64)
    for row, length in enumerate(lengths):
        tokens[row, :length] = torch.randint(9, 21, (length,), generator=generator)
    return tokens, torch.tensor(lengths)


@pytest.mark.parametrize("lengths", [[1], [7, 7, 7], [90, 41, 40, 8, 7, 3, 1]])
def test_float32_is_the_network(lengths):
    net = network(3)
    with torch.no_grad():
        expected = net(*documents(lengths))
        got = reader_of(net)(*documents(lengths))
    assert torch.allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_bfloat16_is_near_it():
    net = network(3)
    with torch.no_grad():
        expected = net(*documents([60, 30, 5]))
        set_precision(net, torch.bfloat16)
        got = reader_of(net)(*documents([60, 30, 5]))
    assert (got - expected).abs().max() < .05 * expected.abs().max()


def test_skip_connections():
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        encoder = AWDLSTM(21, Sizes(6, 6, 2), DropoutConfig(), skip_connections=True)
        net = TextClassifier(encoder, 2, MODEL).eval()
    with torch.no_grad():
        expected = net(*documents([9, 4]))
        got = reader_of(net)(*documents([9, 4]))
    assert torch.allclose(got, expected, rtol=1e-4, atol=1e-5)
