"""The packed classifier gives the network's own answers."""

from __future__ import annotations

import pytest
import torch

from tests.inference.made import MODEL, network
from ulmengine.config import DropoutConfig, Sizes
from ulmengine.inference.predict import can_pack, is_available, reader_of
from ulmengine.nets import AWDLSTM, TextClassifier

pytestmark = pytest.mark.skipif(
    not is_available(), reason="this build of PyTorch has no packed products")


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
        got = reader_of(net, torch.float32)(*documents(lengths))
    assert torch.allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_bfloat16_is_near_it():
    net = network(3)
    with torch.no_grad():
        expected = net(*documents([60, 30, 5]))
        got = reader_of(net, torch.bfloat16)(*documents([60, 30, 5]))
    assert (got - expected).abs().max() < .05 * expected.abs().max()


def test_skip_connections():
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        encoder = AWDLSTM(21, Sizes(6, 6, 2), DropoutConfig(), skip_connections=True)
        net = TextClassifier(encoder, 2, MODEL).eval()
    with torch.no_grad():
        expected = net(*documents([9, 4]))
        got = reader_of(net, torch.float32)(*documents([9, 4]))
    assert torch.allclose(got, expected, rtol=1e-4, atol=1e-5)


def test_only_what_can_be_packed_is():
    assert can_pack(network(), torch.float32)
    assert not can_pack(network(), torch.float16)
    assert not can_pack(network().to("meta"), torch.float32)
