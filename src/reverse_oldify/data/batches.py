"""Batches of training samples, made beside the training by worker processes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any, cast

import torch
from torch.utils.data import DataLoader, get_worker_info

from reverse_oldify.data.dataset import Sample, TicketSampler, TrainingSet
from reverse_oldify.errors import DataError
from reverse_oldify.signals import OF_THE_GROUP


def load_batches(
    samples: TrainingSet, tickets: TicketSampler, batch: int, workers: int
) -> Iterator[Sample]:
    """Yield the samples that are asked for, in batches of one size each.

    Parameters
    ----------
    samples, tickets
        What is drawn from, and in which order.
    batch : int
        Samples a batch.
    workers : int
        Processes that make them; 0: they are made by this one.

    Raises
    ------
    DataError
        Shared memory is full.
    """
    try:
        yield from DataLoader(
            cast("Any", samples),
            batch_size=batch,
            sampler=tickets,
            collate_fn=collate,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            worker_init_fn=_outlive_signals,
        )
    except RuntimeError as error:
        if "shared memory" not in str(error):
            raise
        raise DataError(
            "no room for samples in shared memory (/dev/shm); make it larger, or say "
            "workers = 0 in the recipe"
        ) from error


def _outlive_signals(_worker: int) -> None:
    """Ignore what is sent to the whole group of processes: the training decides when to stop.

    A worker that died of it would be reported in the middle of the checkpoint that is written then.
    """
    for number in OF_THE_GROUP:
        signal.signal(number, signal.SIG_IGN)


def collate(samples: list[Sample]) -> Sample:
    """Stack samples of one size into a batch; in a worker process, in memory that is shared.

    Sharing it later, on the way out, would not be missed where there is no room for it: whoever
    waits for the batch would wait for ever.
    """
    batch = Sample(
        lightness=torch.stack([sample.lightness for sample in samples]),
        ab=torch.stack([sample.ab for sample in samples]),
        palette=torch.stack([sample.palette for sample in samples]),
        clean=torch.stack([sample.clean for sample in samples]),
    )
    if get_worker_info() is not None:
        for tensor in vars(batch).values():
            tensor.share_memory_()
    return batch
