"""A recipe: everything a training run depends on, in one TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_type_hints

from reverse_oldify.data.dataset import Augmentation
from reverse_oldify.errors import OptionError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class RunSection:
    """What the run is and where it goes.

    ``folder`` receives checkpoints, logs and pictures. ``threads`` is per process (0: let PyTorch
    choose). ``workers`` make samples beside the training process.
    """

    name: str
    folder: str
    seed: int = 0
    threads: int = 0
    workers: int = 1
    checkpoint_minutes: float = 5.0
    validate_every: int = 500
    validate_pictures: int = 200
    validate_size: int = 192


@dataclass(frozen=True, kw_only=True)
class DataSection:
    """Prepared set.

    Attributes
    ----------
    cache : str
        Folder that ``reverse-oldify data prepare`` wrote.
    kinds : strings
        Limits the set to pictures of these kinds (empty: all).
    doubled : strings
        Kinds whose pictures come twice in every pass over the training pictures.
    val_fraction : float
        Above 0: redraw the split by the pictures' content, with this share for validation.
    """

    cache: str
    kinds: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    val_fraction: float = 0.0

    def __post_init__(self) -> None:
        _require(0 <= self.val_fraction < 1, "val_fraction", self.val_fraction, "0 to below 1")


@dataclass(frozen=True, kw_only=True)
class ModelSection:
    """Which network, and what it starts from.

    Attributes
    ----------
    kind : {"colornet", "classic"}
    encoder : str
        lite0 or lite2 for colornet, vgg16 for classic.
    encoder_weights : str
        "pretrained" (ColorNet: from the encoder's package), "random", or the path of a file
        (classic: torchvision's VGG-16).
    widths : ints
        Channels of the decoder, coarse to fine: four for colornet, five for classic.
    blocks, heads, refinements, drop
        Of colornet; see `models.colornet.ColorNet`.
    frozen_stages : int
        Leading encoder stages that keep their weights, unless those are random.
    start_from : str
        Checkpoint of another run whose weights to start from; empty: none.
    """

    kind: Literal["colornet", "classic"] = "colornet"
    encoder: str = "lite2"
    encoder_weights: str = "pretrained"
    widths: tuple[int, ...] = (192, 128, 96, 64)
    blocks: int = 2
    heads: int = 6
    refinements: tuple[int, ...] = (2, 1, 1)
    drop: float = 0.0
    frozen_stages: int = 3
    start_from: str = ""

    def __post_init__(self) -> None:
        if self.kind == "colornet":
            _require(len(self.widths) == 4, "widths", self.widths, "four of them")
            _require(len(self.refinements) == 3, "refinements", self.refinements, "three of them")
            divides = self.heads > 0 and self.widths[0] % self.heads == 0
            _require(divides, "heads", self.heads, f"a divisor of {self.widths[0]}")
        else:
            _require(len(self.widths) == 5, "widths", self.widths, "five of them")
        _require(0 <= self.drop < 1, "drop", self.drop, "0 to below 1")
        most = {"colornet": 7, "classic": 5}[self.kind]
        _require(
            0 <= self.frozen_stages <= most, "frozen_stages", self.frozen_stages, f"0 to {most}"
        )


@dataclass(frozen=True, kw_only=True)
class OptimSection:
    """Optimiser and schedule.

    Attributes
    ----------
    schedule : {"cosine", "plateau"}
        Warm-up and cosine to zero over ``steps``; or halving when validation stalls for
        ``patience`` validations, with an end after three times as many.
    ema : float
        Decay of the moving average of the weights; 0: keep the last weights themselves.
    sizes : pairs (share of the run, side in pixels)
        Growing resolution: from this share of the steps on, samples have this side, a multiple
        of 32.
    positions : float
        Share (0..1] of grid cells scored in each step; the rest would add cost, not direction.
    regression : float
        Weight of the squared error of the expected ab, beside the cross-entropy.
    picture_error : float
        Weight of its root for each picture; see `objective.DistributionObjective`.
    rebalance : float
        0 to 1: how much rare colours count more than common ones in the cross-entropy. Above 0 the
        probabilities are no longer calibrated.
    teachers : strings
        Checkpoints of colornets to learn from as well; see `teachers.Teachers`.
    taught : float
        Share of the truth whose place is taken by what they say.
    """

    optimizer: Literal["adamw", "adam"] = "adamw"
    schedule: Literal["cosine", "plateau"] = "cosine"
    steps: int
    batch: int = 32
    lr: float = 1.5e-3
    encoder_lr_factor: float = 0.25
    weight_decay: float = 0.02
    warmup: int = 200
    clip: float = 1.0
    ema: float = 0.999
    patience: int = 4
    sizes: tuple[tuple[float, int], ...] = ((0.0, 128),)
    positions: float = 0.25
    regression: float = 0.0
    picture_error: float = 0.0
    rebalance: float = 0.0
    teachers: tuple[str, ...] = ()
    taught: float = 0.5

    def __post_init__(self) -> None:
        _require(self.steps > 0, "steps", self.steps, "1 or more")
        _require(self.batch > 0, "batch", self.batch, "1 or more")
        _require(self.patience > 0, "patience", self.patience, "1 or more")
        _require(0 <= self.ema < 1, "ema", self.ema, "0 to below 1")
        _require(0 <= self.rebalance <= 1, "rebalance", self.rebalance, "0 to 1")
        _require(0 < self.positions <= 1, "positions", self.positions, "above 0, up to 1")
        _require(0 <= self.taught <= 1, "taught", self.taught, "0 to 1")
        shares = [share for share, _ in self.sizes]
        _require(
            shares[:1] == [0.0] and shares == sorted(shares),
            "sizes",
            self.sizes,
            "shares that start at 0 and rise",
        )
        for _, side in self.sizes:
            _require(side > 0 and side % 32 == 0, "a side of sizes", side, "a multiple of 32")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A whole training run. `load_recipe` reads it; `to_dict` gives it back as plain types."""

    run: RunSection
    data: DataSection
    model: ModelSection
    optim: OptimSection
    augmentation: Augmentation = field(default_factory=Augmentation)

    def to_dict(self) -> dict[str, Any]:
        """Plain dicts, lists, numbers and strings."""
        return asdict(self)


def load_recipe(path: Path | str) -> Recipe:
    """Read a recipe file. Paths in it are relative to the working directory.

    Raises
    ------
    OptionError
        If the file cannot be read, or a key is unknown, missing, or of the wrong type.
    """
    try:
        table = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise OptionError(
            f"{path}: not a readable recipe ({error.strerror}); check the name"
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OptionError(
            f"{path}: not a readable recipe ({error}); compare it with one in recipes/"
        ) from error
    return parse_recipe(table, str(path))


def parse_recipe(table: dict[str, Any], where: str = "recipe") -> Recipe:
    """Check plain types against `Recipe`; see `load_recipe`."""
    return _build(Recipe, table, where)


def _require(holds: bool, name: str, value: Any, wanted: str) -> None:
    if not holds:
        raise OptionError(f"{name} is {value}; choose {wanted}")


def _build(kind: type[T], table: dict[str, Any], where: str) -> T:
    assert is_dataclass(kind)
    hints = get_type_hints(kind)
    unknown = sorted(set(table) - set(hints))
    if unknown:
        known = ", ".join(item.name for item in fields(kind))
        raise OptionError(f"{where}: unknown key {unknown[0]!r}; known are {known}")
    values = {}
    for key, value in table.items():
        place = f"{where}: {key}"
        if is_dataclass(hints[key]):
            if not isinstance(value, dict):
                raise OptionError(f"{place} must be a section, not {value!r}")
            values[key] = _build(hints[key], value, place)
        else:
            values[key] = _checked(hints[key], value, place)
    try:
        return kind(**values)
    except OptionError as error:
        raise OptionError(f"{where}: {error}") from error
    except TypeError as error:  # a required key is missing; Python's message names it
        raise OptionError(f"{where}: {str(error).split('() ')[-1]}") from error


def _checked(hint: Any, value: Any, place: str) -> Any:
    origin = getattr(hint, "__origin__", None)
    arguments: tuple[Any, ...] = getattr(hint, "__args__", ())
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise OptionError(f"{place} must be a list, not {value!r}")
        inner = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else list(arguments)
        if len(inner) != len(value):
            raise OptionError(f"{place} must have {len(inner)} values, not {len(value)}")
        return tuple(_checked(h, v, place) for h, v in zip(inner, value, strict=True))
    if origin is Literal:
        if value not in arguments:
            raise OptionError(f"{place} must be one of {', '.join(arguments)}, not {value!r}")
        return value
    if hint is float and type(value) is int:
        return float(value)
    if type(value) is not hint:
        raise OptionError(f"{place} must be of type {hint.__name__}, not {value!r}")
    return value
