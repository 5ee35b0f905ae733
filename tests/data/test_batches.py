from __future__ import annotations

import multiprocessing
import os
import signal

import numpy as np
import pytest
import torch
from made_photographs import photograph

from reverse_oldify.data import batches
from reverse_oldify.data.batches import collate, load_batches
from reverse_oldify.data.cache import Entry, PictureCache, encode_lab, write_index
from reverse_oldify.data.dataset import Augmentation, Sample, TicketSampler, TrainingSet
from reverse_oldify.errors import DataError

pytestmark = pytest.mark.train


@pytest.fixture
def samples(tmp_path):
    packed = encode_lab(photograph(1, 60, 48))
    (tmp_path / "lab.u8").write_bytes(packed.tobytes())
    height, width = packed.shape[:2]
    entry = Entry(
        id="1",
        source="made",
        name="1",
        kind="made",
        split="train",
        width=width,
        height=height,
        offset=0,
    )
    write_index(tmp_path / "index.csv", [entry])
    return TrainingSet(PictureCache(tmp_path), [0], Augmentation(), 4, 3)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_workers_make_the_same_samples(samples):
    one, other = (
        list(load_batches(samples, TicketSampler(1, 9, [(0, 32)]), 4, workers))
        for workers in (0, 1)
    )
    assert len(one) == len(other) == 2
    for mine, theirs in zip(one, other, strict=True):
        for name, tensor in vars(mine).items():
            np.testing.assert_array_equal(tensor, vars(theirs)[name])


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_whole_group_leaves_workers_to_the_training(samples, number):
    batches = load_batches(samples, TicketSampler(0, 80, [(0, 32)]), 4, 1)
    next(batches)
    (worker,) = multiprocessing.active_children()
    os.kill(worker.pid, number)
    assert len(list(batches)) == 19
    worker.join(20)
    assert worker.exitcode == 0


def test_in_a_worker_a_batch_is_in_shared_memory_when_it_is_made(monkeypatch):
    parts = ("lightness", "ab", "palette", "clean")
    plain = Sample(**{part: torch.zeros(2) for part in parts})
    assert not collate([plain, plain]).lightness.is_shared()
    monkeypatch.setattr(batches, "get_worker_info", object)
    assert all(tensor.is_shared() for tensor in vars(collate([plain, plain])).values())


def test_no_room_in_shared_memory_is_told(samples, monkeypatch):
    def full(_):
        raise RuntimeError("unable to allocate shared memory(shm) for file </torch_1>")

    monkeypatch.setattr(batches, "collate", full)
    with pytest.raises(DataError, match=r"shared memory .*; make it larger, or say workers = 0"):
        list(load_batches(samples, TicketSampler(0, 4, [(0, 32)]), 4, 0))
