import dataclasses
import json

import numpy as np
import pytest

from reverse_oldify.errors import ModelError
from reverse_oldify.runtime.info import dump_info, parse_info
from reverse_oldify.types import ModelInfo

INFO = ModelInfo(
    name="name ü",
    version="2",
    output="distribution",
    multiple=32,
    stride=4,
    working_size=256,
    bins=np.array([[0, 0], [10, -20], [30.5, 40]], np.float32),
    prior=np.array([1 / 3, 2 / 3, 1e-7], np.float32),
    decoding={"temperature": 0.5},
    licence="Apache-2.0",
    data="photographs",
    recipe={"optim": {"sizes": ((0.0, 64),), "steps": 3}},
    scores={"score": 0.75},
)


def test_everything_comes_back():
    back = parse_info(dump_info(INFO), "abc")
    assert back.weights_hash == "abc"
    np.testing.assert_array_equal(back.bins, INFO.bins)
    np.testing.assert_allclose(back.prior, INFO.prior, rtol=1e-3)
    assert back.bins.dtype == back.prior.dtype == np.float32
    assert back.recipe == {"optim": {"sizes": [[0.0, 64]], "steps": 3}}
    plain = {"bins", "prior", "recipe", "weights_hash"}
    for field in dataclasses.fields(ModelInfo):
        if field.name not in plain:
            assert getattr(back, field.name) == getattr(INFO, field.name)


def test_no_bins_stay_pairs():
    none = dataclasses.replace(
        INFO, output="ab", bins=np.zeros((0, 2), np.float32), prior=np.zeros(0, np.float32)
    )
    assert parse_info(dump_info(none), "").bins.shape == (0, 2)


def without(key):
    return json.dumps(
        {name: value for name, value in json.loads(dump_info(INFO)).items() if name != key}
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "{}",
        without("bins"),
        without("stride"),
        dump_info(INFO).replace('"stride"', '"steps"'),
        dump_info(INFO).replace('"prior": [', '"prior": ["many", '),
        dump_info(INFO).replace('{"temperature": 0.5}', '{"temperature": "low"}'),
        dump_info(INFO).replace('{"temperature": 0.5}', "[0.5]"),
        dump_info(INFO).replace('"prior": [', f'"prior": [{10**400}, '),
        dump_info(INFO).replace('{"temperature": 0.5}', f'{{"temperature": {10**400}}}'),
        "[" * 100_000,
    ],
)
def test_another_text_is_refused(text):
    with pytest.raises(ModelError, match="not of this version"):
        parse_info(text, "")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"multiple": 0}, "multiple is 0: must be a whole number above 0"),
        ({"stride": -4}, "stride is -4"),
        ({"working_size": "256"}, "working_size is '256'"),
        ({"stride": 5}, "multiple is 32: must be one of stride, 5"),
        ({"output": "ab"}, "output is 'ab', with 3 bins"),
        ({"output": "colours"}, "output is 'colours'"),
        ({"bins": INFO.bins[:0], "prior": INFO.prior[:0]}, "'distribution', with 0 bins"),
        ({"prior": INFO.prior[:2]}, "a prior for each"),
        ({"bins": np.full((3, 2), np.nan, np.float32)}, "bins must be finite"),
        ({"bins": np.full((3, 2), 1e300)}, "bins must be finite"),
        ({"prior": np.full(3, np.inf)}, "bins must be finite"),
    ],
)
def test_what_cannot_be_is_refused(change, told):
    text = dump_info(dataclasses.replace(INFO, **change))
    with pytest.raises(ModelError, match=f"cannot be used .*{told}.*; export it again"):
        parse_info(text, "")


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("temperature", 0.0, "above 0"),
        ("temperature", float("nan"), "above 0"),
        ("prior_exponent", -1.0, "0 or more"),
        ("restored", float("inf"), "0 or more"),
        ("knee", -0.1, "0 or more"),
        ("spread_scale", 0.0, "above 0"),
    ],
)
def test_impossible_constants_of_decoding_are_refused(name, value, wanted):
    info = dataclasses.replace(INFO, decoding=INFO.decoding | {name: value})
    with pytest.raises(
        ModelError, match=rf"{name} is {value:g}: must be {wanted}, and finite\); export it again"
    ):
        parse_info(dump_info(info), "")
