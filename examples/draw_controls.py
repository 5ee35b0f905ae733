"""Draw the pictures of docs/controls.md with the model that ships.

python examples/draw_controls.py docs/images
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from reverse_oldify import Colorizer, Hint, Hints, Options
from reverse_oldify.files.picture import Picture

HERE = Path(__file__).parent
WIDTH, GAP, LABEL = 1180, 8, 24
Panel = tuple[str, Image.Image]


def main() -> None:
    """Draw them all."""
    folder, colorizer = Path(sys.argv[1]), Colorizer()
    stream = colorizer.open(HERE / "forest-stream.jpg")
    save(
        folder / "vividness.jpg",
        [
            (f"vividness {v:g}", shown(stream.colorize(Options(vividness=v))))
            for v in (0, 0.5, 1, 1.5, 2)
        ],
    )
    looks = ("amber", "dawn", "forest", "sunset")
    palace = colorizer.open(HERE / "summer-palace.jpg")
    save(
        folder / "palettes.jpg",
        [("no palette", shown(palace.colorize()))]
        + [(name, shown(palace.colorize(Options(palette=name)))) for name in looks],
    )
    save(
        folder / "variants.jpg",
        [
            (f"variant {number}", shown(picture))
            for number, picture in enumerate(stream.variants(4), 1)
        ],
    )
    cat = colorizer.open(HERE / "cat.jpg")
    unsure = cat.uncertainty().to_picture(cat.picture.lightness)
    save(
        folder / "uncertainty.jpg",
        [
            ("grey", Image.fromarray(cat.picture.pixels).convert("RGB")),
            ("in colour", shown(cat.colorize())),
            ("white: the colour is a guess", Image.fromarray(unsure.pixels).convert("RGB")),
        ],
    )
    astronaut = colorizer.open(HERE / "astronaut.jpg")
    suit = Hint(points=((330, 440), (140, 480)), color="#d0651e", radius=6)
    hinted = astronaut.colorize(Options(hints=Hints((suit,))))
    save(
        folder / "hints.jpg",
        [
            ("no hint", shown(astronaut.colorize())),
            ("one stroke in orange", marked(shown(astronaut.colorize()), suit)),
            ("with the hint", shown(hinted)),
        ],
    )


def shown(picture: Picture) -> Image.Image:
    """8-bit sRGB."""
    return Image.fromarray(picture.srgb)


def marked(image: Image.Image, hint: Hint) -> Image.Image:
    """The image with the stroke of a hint on it."""
    draw = ImageDraw.Draw(image)
    draw.line([(x, y) for x, y in hint.points], fill="white", width=18)
    draw.line([(x, y) for x, y in hint.points], fill=str(hint.color), width=12)
    return image


def save(path: Path, panels: Sequence[Panel]) -> None:
    """Put panels of one aspect side by side, each with its label below."""
    width = (WIDTH + GAP) // len(panels) - GAP
    height = round(width * panels[0][1].height / panels[0][1].width)
    sheet = Image.new("RGB", (WIDTH, height + LABEL), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=14)
    for number, (label, image) in enumerate(panels):
        left = number * (width + GAP)
        sheet.paste(image.resize((width, height), Image.Resampling.LANCZOS), (left, 0))
        draw.text((left + width // 2, height + LABEL // 2), label, "#333", font, anchor="mm")
    sheet.save(path, quality=85)


if __name__ == "__main__":
    main()
