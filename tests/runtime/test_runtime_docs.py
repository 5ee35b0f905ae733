"""What docs/model-files.md says of graphs and metadata, and its code."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from reverse_oldify.runtime.catalogue import find_model
from reverse_oldify.runtime.info import DECODE_FILE, ENCODE_FILE, METADATA_KEY
from reverse_oldify.runtime.onnx import OnnxBackend

TEXT = (Path(__file__).parents[2] / "docs/model-files.md").read_text("utf-8")
CODE = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
ROWS = dict(re.findall(r"^\| `(\w+\.onnx)` \| (.*)$", TEXT, re.MULTILINE))

pytestmark = pytest.mark.model


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Names of the code after it ran."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-model").symlink_to(find_model())
    ramp = np.add.outer(np.arange(300), np.arange(200)) / 2
    Image.fromarray(ramp.astype(np.uint8)).save("grandmother.jpg")
    names: dict[str, Any] = {}
    exec(CODE[0], names)
    return names


def test_the_code_gives_what_the_package_is_told(shown: dict[str, Any]) -> None:
    backend, lightness = OnnxBackend(find_model(), threads=1), shown["lightness"]
    assert lightness.shape == (224, 160)
    assert 0 <= lightness.min() < 2 and 90 < lightness.max() <= 100
    logits = backend.decode(backend.encode(lightness))
    share = np.exp(logits) / np.exp(logits).sum(0)
    expected = np.einsum("nc,nhw->chw", backend.info.bins, share)
    assert expected.shape == (2, 224 // 4, 160 // 4)
    np.testing.assert_allclose(shown["ab"], expected, atol=1e-3)


@pytest.mark.parametrize("file", [ENCODE_FILE, DECODE_FILE])
def test_inputs_outputs_and_metadata_are_those_that_are_named(file: str) -> None:
    session = onnxruntime.InferenceSession(find_model() / file)
    values = [*session.get_inputs(), *session.get_outputs()]
    named = {value.name for value in values if not value.name.startswith("map")}
    assert named == set(re.findall(r"`(\w+)` \(", ROWS[file]))
    assert {value.type for value in values} == {"tensor(float)"}
    metadata = session.get_modelmeta().custom_metadata_map
    assert metadata.keys() == {METADATA_KEY}
    told = set(re.findall(r"`(multiple|stride|output|bins|working_size)`", TEXT))
    assert told <= json.loads(metadata[METADATA_KEY]).keys()
