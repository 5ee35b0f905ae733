"""A recipe: everything a training run depends on, in one TOML file.

The type of a field says its bounds, too (see `data.bounds`); a section's ``__post_init__`` checks
only what several values must be together.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from reverse_oldify.data.bounds import (
    Amount,
    Count,
    CountFrom0,
    Place,
    Processors,
    Share,
    ShareAbove0,
    ShareBelow1,
    Side,
)
from reverse_oldify.data.dataset import Augmentation
from reverse_oldify.errors import OptionError, reason_of

T = TypeVar("T")
_WORDS = {int: "a whole number", float: "a number", str: "text"}


@dataclass(frozen=True, kw_only=True)
class RunSection:
    """What the run is and where it goes.

    ``folder`` receives checkpoints, logs and pictures. ``threads`` is per process (0: let PyTorch
    choose). ``workers`` make samples beside the training process.
    """

    name: str
    folder: Place
    seed: CountFrom0 = 0
    threads: Processors = 0
    workers: Processors = 1
    checkpoint_minutes: Amount = 5.0
    validate_every: Count = 500
    validate_pictures: Count = 200
    validate_size: Count = 192


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
        Above 0: redraw the split by the pictures' content, with this share for validation. What the
        set has for validation may then be learnt from; ``evaluate`` says so.
    """

    cache: Place
    kinds: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    val_fraction: ShareBelow1 = 0.0


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
    encoder_weights: Place = "pretrained"
    widths: tuple[Count, ...] = (192, 128, 96, 64)
    blocks: CountFrom0 = 2
    heads: Count = 6
    refinements: tuple[CountFrom0, ...] = (2, 1, 1)
    drop: ShareBelow1 = 0.0
    frozen_stages: CountFrom0 = 3
    start_from: Place = ""

    def __post_init__(self) -> None:
        if self.kind == "colornet":
            _require(len(self.widths) == 4, "widths", self.widths, "four of them")
            _require(len(self.refinements) == 3, "refinements", self.refinements, "three of them")
            divides = self.widths[0] % self.heads == 0
            _require(divides, "heads", self.heads, f"a divisor of {self.widths[0]}")
        else:
            _require(len(self.widths) == 5, "widths", self.widths, "five of them")
        most = {"colornet": 7, "classic": 5}[self.kind]
        _require(self.frozen_stages <= most, "frozen_stages", self.frozen_stages, f"0 to {most}")


@dataclass(frozen=True, kw_only=True)
class OptimSection:
    """Optimiser and schedule.

    Attributes
    ----------
    schedule : {"cosine", "plateau"}
        Warm-up and cosine to zero over ``steps``; or halving when validation stalls for
        ``patience`` validations, with an end after three times as many.
    clip : float
        Longer gradients are cut to this norm; 0: none are.
    ema : float
        Decay of the moving average of the weights; 0: keep the last weights themselves.
    sizes : pairs (share of the run, side in pixels)
        Growing resolution: from this share of the steps on, samples have this side, a multiple
        of 32.
    positions : float
        Share of grid cells scored in each step; the rest would add cost, not direction.
    regression : float
        Weight of the squared error of the expected ab, beside the cross-entropy.
    picture_error : float
        Weight of its root for each picture; see `objective.DistributionObjective`.
    rebalance : float
        How much rare colours count more than common ones in the cross-entropy. Above 0 the
        probabilities are no longer calibrated.
    teachers : strings
        Checkpoints of colornets to learn from as well; see `teachers.Teachers`.
    taught : float
        Share of the truth whose place is taken by what they say.
    """

    optimizer: Literal["adamw", "adam"] = "adamw"
    schedule: Literal["cosine", "plateau"] = "cosine"
    steps: Count
    batch: Count = 32
    lr: Amount = 1.5e-3
    encoder_lr_factor: Amount = 0.25
    weight_decay: Amount = 0.02
    warmup: CountFrom0 = 200
    clip: Amount = 1.0
    ema: ShareBelow1 = 0.999
    patience: Count = 4
    sizes: tuple[tuple[Share, Side], ...] = ((0.0, 128),)
    positions: ShareAbove0 = 0.25
    regression: Amount = 0.0
    picture_error: Amount = 0.0
    rebalance: Share = 0.0
    teachers: tuple[Place, ...] = ()
    taught: Share = 0.5

    def __post_init__(self) -> None:
        shares = [share for share, _ in self.sizes]
        rise = shares[:1] == [0.0] and shares == sorted(shares)
        _require(rise, "sizes", self.sizes, "shares that start at 0 and rise, with a side each")


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
        If the file cannot be read, or a key is unknown, missing, or of a wrong type or value.
    """
    try:
        table = tomllib.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise OptionError(
            f"{path}: not a readable recipe ({reason_of(error)}); check the name"
        ) from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OptionError(
            f"{path}: not a readable recipe ({error}); compare it with one in recipes/"
        ) from error
    return parse_recipe(table, str(path))


def parse_recipe(table: dict[str, Any], where: str = "recipe") -> Recipe:
    """Check plain types against `Recipe`; see `load_recipe`."""
    return _build(Recipe, table, where)


def parse_model(table: dict[str, Any], where: str) -> ModelSection:
    """Check the model section of a checkpoint's recipe, on which alone its weights depend.

    What else it says has had its effect; it may be something that is refused today.
    """
    return _build(ModelSection, table.get("model", {}), where, "model")


def _require(holds: bool, name: str, value: Any, wanted: str) -> None:
    if not holds:
        raise OptionError(f"{name} is {value!r}: must be {wanted}")


def _build(kind: type[T], table: dict[str, Any], where: str, section: str = "") -> T:
    assert is_dataclass(kind)
    here = f"{where}: [{section}]" if section else f"{where}:"
    hints = get_type_hints(kind, include_extras=True)
    unknown = sorted(set(table) - set(hints))
    if unknown:
        known = ", ".join(item.name for item in fields(kind))
        raise OptionError(f"{here} unknown key {unknown[0]!r}; known are {known}")
    values = {}
    for key, value in table.items():
        if is_dataclass(hints[key]):
            inner = f"{section}.{key}" if section else key
            _require(isinstance(value, dict), f"{where}: [{inner}]", value, "a section")
            values[key] = _build(hints[key], value, where, inner)
        else:
            values[key] = _checked(hints[key], value, f"{here} {key}")
    try:
        return kind(**values)
    except OptionError as error:
        raise OptionError(f"{here} {error}") from error
    except TypeError as error:  # a required key is missing; Python's message names it
        raise OptionError(f"{here} {str(error).split('() ')[-1]}") from error


def _checked(hint: Any, value: Any, name: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        kind, bound = arguments
        value = _checked(kind, value, name)
        _require(bound.holds(value), name, value, bound.words)
        return value
    if origin is tuple:
        _require(isinstance(value, list | tuple), name, value, "a list")
        inner = arguments[:1] * len(value) if arguments[-1] is Ellipsis else arguments
        _require(len(inner) == len(value), name, value, f"a list of {len(inner)} values")
        each = enumerate(zip(inner, value, strict=True))
        return tuple(_checked(h, v, f"{name}[{number}]") for number, (h, v) in each)
    if origin is Literal:
        _require(value in arguments, name, value, f"one of {', '.join(arguments)}")
        return value
    if type(value) is int:  # larger ones TOML does not promise, and PyTorch does not take
        _require(abs(value) < 2**63, name, value, "below 2**63")
        value = float(value) if hint is float else value
    _require(type(value) is hint, name, value, _WORDS[hint])
    _require(hint is not float or math.isfinite(value), name, value, "a finite number")
    return value
