"""Learners as fastai exports them, put together by hand."""

from __future__ import annotations

import sys
import types
from collections import OrderedDict

import torch

from .test_reference import WORDS


def filled(monkeypatch):
    """Makes objects of classes with fastai's names, which do nothing: what is written names them, as fastai does."""

    def make(full):
        place, _, name = full.rpartition(".")
        parts = place.split(".")
        for count in range(1, len(parts) + 1):
            known = ".".join(parts[:count])
            if known not in sys.modules:
                monkeypatch.setitem(sys.modules, known, types.ModuleType(known))
        module = sys.modules[place]
        if not hasattr(module, name):
            setattr(module, name, type(name, (), {"__module__": place}))
        return getattr(module, name)

    def one(full, **state):
        made = make(full)()
        made.__dict__.update(state)
        return made

    return one


def modules_of(fastai, state):
    """The tree of modules whose ``state_dict`` is ``state``."""
    root = {"params": {}, "parts": {}}
    for name, value in state.items():
        *way, last = name.split(".")
        place = root
        for part in way:
            place = place["parts"].setdefault(part, {"params": {}, "parts": {}})
        place["params"][last] = torch.nn.Parameter(value) if value.is_floating_point() else value

    def module(place, full="torch.nn.modules.container.Sequential", **more):
        return fastai(
            full, training=False, _parameters=OrderedDict(place["params"]), _buffers={},
            _modules=OrderedDict((name, module(
                part, *(("fastai.text.models.core.SentenceEncoder",) if "module" in part["parts"] else ()),
                **({"bptt": 50, "max_len": 900} if "module" in part["parts"] else {})))
                for name, part in place["parts"].items()), **more)

    return module(root, "fastai.text.models.core.SequentialRNN")


def exported(path, fastai, state, labels=(), kind="Categorize", words=WORDS):
    """A file as ``learn.export()`` writes it."""
    def listed(values):
        return fastai("fastcore.foundation.L", items=list(values))

    steps = [fastai("fastai.text.data.Numericalize", vocab=list(words), min_freq=3)]
    if labels:
        steps.append(fastai(f"fastai.data.transforms.{kind}", vocab=fastai(
            "fastai.data.transforms.CategoryMap", items=listed(labels),
            o2i={name: n for n, name in enumerate(labels)})))
    data = fastai("fastai.text.data.TextDataLoaders", loaders=[fastai("fastai.text.data.SortedDL", tls=listed(
        [fastai("fastcore.transform.Pipeline", fs=listed([step])) for step in steps]))])
    learner = fastai("fastai.text.learner.TextLearner", dls=data, model=modules_of(fastai, state), opt=None, lr=.001,
                     wd=None, cbs=listed([]), path=types.SimpleNamespace(name="."))
    torch.save(learner, path, pickle_protocol=2)
    return path
