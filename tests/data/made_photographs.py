"""Made photographs: smooth fields of colour, different for every seed, alike at every size."""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
from PIL import Image


def photograph(seed: int, width: int = 144, height: int = 112) -> np.ndarray:
    """A made colour photograph, uint8 (H, W, 3)."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))


def encode(srgb: np.ndarray, kind: str = "PNG", **settings) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(srgb).save(buffer, kind, **settings)
    return buffer.getvalue()


def write_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def write_tar(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def write_folder(path: Path, members: dict[str, bytes]) -> Path:
    for name, content in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def write_photographs(path: Path, count: int = 12) -> Path:
    """A folder of photographs as PNG, named by their seeds."""
    return write_folder(path, {f"{seed:02}.png": encode(photograph(seed)) for seed in range(count)})
