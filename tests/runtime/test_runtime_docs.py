"""What docs/model-files.md says of graphs and metadata, and its code."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from PIL import Image

from reverse_oldify import Colorizer, Options
from reverse_oldify.color.difference import ciede2000
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.runtime.catalogue import find_model
from reverse_oldify.runtime.info import DECODE_FILE, ENCODE_FILE, METADATA_KEY

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
TEXT = (ROOT / "docs/model-files.md").read_text("utf-8")
[CODE] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
ROWS = dict(re.findall(r"^\| `(\w+\.onnx)` \| (.*)$", TEXT, re.MULTILINE))

pytestmark = pytest.mark.model


@pytest.mark.parametrize("name", ["picos-de-europa.jpg", "forest-stream.jpg"])
def test_the_code_makes_about_what_the_package_makes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("skimage")
    monkeypatch.chdir(tmp_path)
    shutil.copytree(find_model(), "my-model")
    shutil.copy(EXAMPLES / name, "scan.jpg")
    exec(compile(CODE, "model-files.md", "exec"), {})
    with Image.open("colour.png") as image:
        plain = srgb_to_lab(np.asarray(image))
    ours = srgb_to_lab(Colorizer().colorize(EXAMPLES / name, Options(vividness=0)).srgb)
    assert np.hypot(*plain[..., 1:].T).mean() > 10
    assert ciede2000(plain, ours).mean() < 1.5


@pytest.mark.parametrize("file", [ENCODE_FILE, DECODE_FILE])
def test_inputs_outputs_and_metadata_are_those_that_are_named(file: str) -> None:
    session = onnxruntime.InferenceSession(find_model() / file)
    values = [*session.get_inputs(), *session.get_outputs()]
    named = {value.name for value in values if not value.name.startswith("map")}
    assert named == set(re.findall(r"`(\w+)` \(", ROWS[file]))
    assert {value.type for value in values} == {"tensor(float)"}
    metadata = session.get_modelmeta().custom_metadata_map
    assert metadata.keys() == {METADATA_KEY}
    keys = re.findall(r"^\| (`[a-z_`, ]+`) \|", TEXT, re.MULTILINE)
    told = set(re.findall(r"`(\w+)`", " ".join(keys)))
    assert told == json.loads(metadata[METADATA_KEY]).keys()
