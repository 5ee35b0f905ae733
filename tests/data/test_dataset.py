import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from made_photographs import photograph

from reverse_oldify.data.cache import Entry, PictureCache, encode_lab, write_index
from reverse_oldify.data.dataset import (
    Augmentation,
    Ticket,
    TicketSampler,
    TrainingSet,
    erased,
    framed,
    make_sample,
    pasted,
    random_crop,
)
from reverse_oldify.data.degrade import Degradation

pytestmark = pytest.mark.train

AS_IT_IS = Augmentation(
    crop=1.0, stretch=0.0, palette=0.0, degradation=Degradation(share=0.0, tone=0.0)
)


@pytest.fixture
def cache(tmp_path):
    entries, pixels = [], b""
    for seed in range(5):
        packed = encode_lab(photograph(seed, 60 + seed, 48))
        height, width = packed.shape[:2]
        entries.append(
            Entry(
                id=f"{seed:016x}",
                source="made",
                name=f"{seed}",
                kind="made",
                split="train",
                width=width,
                height=height,
                offset=len(pixels),
            )
        )
        pixels += packed.tobytes()
    (tmp_path / "lab.u8").write_bytes(pixels)
    write_index(tmp_path / "index.csv", entries)
    return PictureCache(tmp_path)


def training_set(cache, seed=3, augmentation=None):
    return TrainingSet(cache, [0, 2, 3, 4], augmentation or Augmentation(), stride=4, seed=seed)


def same(one, other):
    return all(torch.equal(value, vars(other)[key]) for key, value in vars(one).items())


def test_a_sample_depends_on_its_number_only(cache):
    samples = training_set(cache)
    there = [samples[Ticket(number, 32)] for number in range(9)]
    back = [training_set(cache)[Ticket(number, 32)] for number in reversed(range(9))][::-1]
    assert all(same(one, other) for one, other in zip(there, back, strict=True))
    assert not same(there[0], there[1])
    assert not same(there[0], training_set(cache, seed=4)[Ticket(0, 32)])


def test_a_worker_is_sent_the_place_of_the_pixels_and_not_the_pixels(cache):
    sent = pickle.dumps(training_set(cache))
    assert len(sent) < 1000
    assert same(pickle.loads(sent)[Ticket(1, 32)], training_set(cache)[Ticket(1, 32)])


def test_each_pass_shows_every_picture_once_in_an_order_of_its_own(cache):
    samples = training_set(cache)
    passes = [[samples._picture(4 * epoch + place) for place in range(4)] for epoch in range(8)]
    assert all(sorted(shown) == [0, 2, 3, 4] for shown in passes)
    assert len({tuple(shown) for shown in passes}) > 1


def test_processes_share_the_numbers_of_every_step():
    shares = [[ticket.number for ticket in TicketSampler(8, 16, [(0, 32)], r, 2)] for r in (0, 1)]
    assert sorted(shares[0] + shares[1]) == list(range(8, 16))
    for step in (0, 1):  # two samples a step and process
        part = slice(2 * step, 2 * step + 2)
        assert sorted(shares[0][part] + shares[1][part]) == list(range(8 + 4 * step, 12 + 4 * step))


def test_the_side_grows_at_its_number():
    sides = [ticket.size for ticket in TicketSampler(2, 7, [(0, 32), (4, 64), (6, 96)])]
    assert sides == [32, 32, 64, 64, 96]


def test_a_sample_has_its_shapes_types_and_ranges(cache):
    samples = training_set(cache, augmentation=Augmentation(palette=1.0))
    for number in range(12):
        sample = samples[Ticket(number, 64)]
        assert sample.lightness.shape == (1, 64, 64)
        assert sample.ab.shape == (2, 16, 16)
        assert {value.dtype for value in vars(sample).values()} == {torch.float32}
        assert sample.lightness.min() >= 0 and sample.lightness.max() <= 100
        assert sample.palette.sum() == pytest.approx(1, abs=1e-4)


def test_unaltered_the_sample_is_the_picture():
    packed = encode_lab(photograph(1, 32, 32))
    sample = make_sample(packed, AS_IT_IS, 2, np.random.default_rng(0))
    np.testing.assert_allclose(sample.lightness[0], packed[..., 0] / 2.55, atol=1e-4)
    cell = packed[4:6, 10:12, 1:].mean((0, 1)) - 128.0
    np.testing.assert_allclose(sample.ab[:, 2, 5], cell, atol=1e-4)
    assert not sample.palette.any()


def test_the_share_of_samples_that_are_told_their_palette(cache):
    samples = training_set(cache, augmentation=Augmentation(palette=0.25))
    drawn = [samples[Ticket(number, 32)] for number in range(400)]
    assert np.mean([bool(sample.palette.any()) for sample in drawn]) == pytest.approx(0.25, abs=0.1)


def test_crops_are_of_the_wanted_size_flipped_half_of_the_time_and_inside():
    ramp = np.zeros((40, 60, 3), np.uint8)
    ramp[..., 0] = np.arange(60)
    flipped = []
    for seed in range(60):
        crop = random_crop(ramp, 32, Augmentation(), np.random.default_rng(seed))
        assert crop.shape == (32, 32, 3)
        assert crop[..., 0].min() >= 0 and crop[..., 0].max() <= 59
        flipped.append(crop[0, 0, 0] > crop[0, -1, 0])
    assert 15 < sum(flipped) < 45


def test_a_frame_is_neutral_and_leaves_the_inside_alone():
    lab = np.full((40, 60, 3), 55.0, np.float32)
    thin = 0
    for seed in range(30):
        bordered = framed(lab, np.random.default_rng(seed))
        inside = (bordered == 55).all(-1)
        assert inside[8:-8, 10:-10].all()
        border = bordered[~inside]
        thin += len(border) == 0
        assert not border[:, 1:].any()
        shade = np.unique(border[:, 0])
        assert len(shade) <= 1 and all(abs(shade - 50) >= 25)
    assert thin == 0
    assert (lab == 55).all()


def test_erasing_hides_some_and_shows_most():
    lightness = np.full((40, 60), 200.0, np.float32)
    hidden = [(erased(lightness, np.random.default_rng(seed)) != 200).mean() for seed in range(60)]
    assert min(hidden) > 0 and max(hidden) < 0.5
    assert (lightness == 200).all()


def test_the_truth_under_a_hidden_patch_stays(cache):
    seen = Augmentation(erased=0.0, framed=0.0, crop=1.0, stretch=0.0)
    hiding = Augmentation(erased=1.0, framed=0.0, crop=1.0, stretch=0.0)
    one, other = (training_set(cache, augmentation=a)[Ticket(2, 64)] for a in (seen, hiding))
    assert torch.equal(one.ab, other.ab)
    assert not torch.equal(one.lightness, other.lightness)


def test_the_lightness_before_all_ageing_is_kept(cache):
    ageing = Augmentation(erased=1.0, degradation=Degradation(share=1.0, tone=1.0))
    for number in range(4):
        aged = training_set(cache, augmentation=ageing)[Ticket(number, 64)]
        unaged = training_set(cache, augmentation=AS_IT_IS)[Ticket(number, 64)]
        assert not torch.equal(aged.lightness, aged.clean)
        torch.testing.assert_close(unaged.lightness, unaged.clean)
        assert aged.clean.shape == (1, 64, 64)


def test_a_part_of_another_picture_is_pasted_with_its_colour():
    whole, other = (
        np.full((64, 64, 3), 10, np.uint8),
        np.full((64, 64, 3), (90, 100, 110), np.uint8),
    )
    for seed in range(30):
        mixed = pasted(whole, other, np.random.default_rng(seed))
        strange = (mixed == other).all(-1)
        assert np.array_equal(mixed[~strange], whole[~strange])
        rows, columns = np.flatnonzero(strange.any(1)), np.flatnonzero(strange.any(0))
        assert strange[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert 0.08 < strange.mean() < 0.5
    assert (whole == 10).all()


def test_pasting_is_part_of_the_sample_and_changes_no_other(cache):
    ticket = Ticket(7, 64)
    plain = training_set(cache, augmentation=AS_IT_IS)[ticket]
    none = training_set(cache, augmentation=replace(AS_IT_IS, pasted=0.0))[ticket]
    mixed = training_set(cache, augmentation=replace(AS_IT_IS, pasted=1.0))[ticket]
    again = training_set(cache, augmentation=replace(AS_IT_IS, pasted=1.0))[ticket]
    assert same(plain, none)
    assert same(mixed, again)
    foreign = (mixed.ab != plain.ab).any(0)
    assert 0.05 < foreign.float().mean() < 0.6
