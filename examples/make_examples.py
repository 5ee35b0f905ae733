"""Make the example photographs of this folder from the packages that they come from.

Needs scikit-image, scikit-learn and Matplotlib, and the Debian package ``lomiri-wallpapers-16.04``
unpacked somewhere::

    apt-get download lomiri-wallpapers-16.04
    dpkg -x lomiri-wallpapers-16.04_*.deb wallpapers
    python examples/make_examples.py wallpapers/usr/share/backgrounds

The results are committed; ``SOURCES.md`` tells their authors and licences.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
import skimage
import sklearn
from PIL import Image

from reverse_oldify.color.lab import lightness_to_gray
from reverse_oldify.files.read import read
from reverse_oldify.sampling import resample

FOLDER = Path(__file__).parent
SKIMAGE = Path(skimage.__file__).parent / "data"
SKLEARN = Path(sklearn.__file__).parent / "datasets" / "images"
MATPLOTLIB = Path(matplotlib.get_data_path()) / "sample_data"
ROTATED = 6  # EXIF orientation: to be turned a quarter clockwise for display


@dataclass(frozen=True)
class Example:
    """One photograph: its name here, where it is from, and its long side in pixels."""

    name: str
    source: Path
    long_side: int = 800
    orientation: int = 1


def examples(wallpapers: Path) -> list[Example]:
    """Every photograph of this folder."""
    return [
        Example("aizkorri.jpg", wallpapers / "aitzgorri_by_Aitzol_Berasategi.jpg"),
        Example("astronaut.jpg", SKIMAGE / "astronaut.png", 512),
        Example("cameraman.png", SKIMAGE / "camera.png", 512),
        Example("cat.jpg", SKIMAGE / "chelsea.png", 451),
        Example("dandelions.jpg", wallpapers / "seeding_by_Clements_Engelhardt.jpg"),
        Example("dogs.jpg", wallpapers / "friends_by_Aitzol_Berasategi.jpg", 800, ROTATED),
        Example("estuary.jpg", wallpapers / "Bridge_by_Sander_Klootwijk.jpg"),
        Example("forest-stream.jpg", wallpapers / "life_by_Aitzol_Berasategi.jpg"),
        Example("grace-hopper.jpg", MATPLOTLIB / "grace_hopper.jpg", 606),
        Example("picos-de-europa.jpg", wallpapers / "picosdeeuropa_by_Aitzol_Berasategi.jpg", 1024),
        Example("summer-palace.jpg", SKLEARN / "china.jpg", 640),
        Example("sunrise.tif", wallpapers / "sunset_by_Aitzol_Berasategi.jpg", 512),
    ]


def make(example: Example) -> None:
    """Scale the lightness of a photograph down, and write the grey that has it.

    TIFF gets 16 bits per pixel, all else 8.
    """
    lightness = read(example.source).lightness
    scale = min(1, example.long_side / max(lightness.shape))
    if scale < 1:
        height, width = lightness.shape
        lightness = resample(lightness, (round(height * scale), round(width * scale)))
    dtype = np.uint16 if example.name.endswith(".tif") else np.uint8
    codes = np.rint(lightness_to_gray(lightness) * np.iinfo(dtype).max).astype(dtype)
    save(Image.fromarray(codes), example)


def save(image: Image.Image, example: Example) -> None:
    """Write with the settings of the file's format, and the orientation in its EXIF."""
    path = FOLDER / example.name
    exif = Image.Exif()
    if example.orientation == ROTATED:
        image = image.transpose(Image.Transpose.ROTATE_90)
        exif[0x0112] = ROTATED
    if path.suffix == ".jpg":
        image.save(path, quality=85, optimize=True, exif=exif)
    elif path.suffix == ".tif":
        image.save(path, compression="tiff_adobe_deflate", tiffinfo={317: 2})  # 317: predictor
    else:
        image.save(path, optimize=True)


if __name__ == "__main__":
    for entry in examples(Path(sys.argv[1])):
        make(entry)
