"""Scores of one picture, and the table that names and explains every score of a report.

Everything is measured on what a user gets: the 8-bit sRGB picture, turned back into CIELAB. A score
of a set is the mean over its pictures of the score of each picture, unless its definition says
otherwise; so a large picture counts as much as a small one. Measured at 150 pixels on the
validation photographs, grey has an RMS ab error of 13.3, 23.4 dB and 52 % argmax agreement on
landscapes, and 14.0, 22.7 dB and 66 % on everyday photographs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from reverse_oldify.color.bins import ab_bins
from reverse_oldify.matmul import matmul
from reverse_oldify.types import ByteArray, FloatArray

Values = TypeVar("Values", float, NDArray[np.float64])

IDENTICAL_PSNR = 100.0
"""PSNR in dB that stands for 'no difference at all', so that means stay finite."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A column of the report. ``better`` says which way is good: ``"one"`` means close to 1."""

    key: str
    title: str
    definition: str
    better: Literal["higher", "lower", "one"]
    decimals: int
    unit: str = ""

    @property
    def heading(self) -> str:
        """Title with the unit, for example ``"PSNR (dB)"``."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    def format(self, value: float) -> str:
        """Value as text, without the unit: ``"26.04"``. What is shown in % is given as 0..1."""
        return f"{100 * value if self.unit == '%' else value:.{self.decimals}f}"

    def distance(self, value: Values) -> Values:
        """How far from good a value is, or each of many, for ranking: smaller is better."""
        return {"higher": -value, "lower": value, "one": abs(value - 1)}[self.better]


METRICS = (
    Metric(
        key="psnr",
        title="PSNR",
        definition="Peak signal-to-noise ratio of the 8-bit sRGB picture. Rewards grey: "
        "read it beside the grey row only.",
        better="higher",
        decimals=2,
        unit="dB",
    ),
    Metric(
        key="rms_ab",
        title="RMS ab error",
        definition="Root of the mean squared error over the pixels and over a* and b* of a "
        "picture; mean over the pictures.",
        better="lower",
        decimals=2,
    ),
    Metric(
        key="relative_rms_ab",
        title="RMS ab / grey's",
        definition="RMS ab error divided by that of the grey row.",
        better="lower",
        decimals=3,
    ),
    Metric(
        key="ciede2000",
        title="CIEDE2000",
        definition="Mean colour difference as people see it; about 1 is just noticeable "
        "(CIE 142-2001, Sharma et al. 2005).",
        better="lower",
        decimals=2,
    ),
    Metric(
        key="argmax_agreement",
        title="argmax agreement",
        definition="Share of pixels where the larger of (a*, b*) is the same one as in the truth: "
        "the original study's 'accuracy'. A grey pixel counts as b*, by the rounding of Lab.",
        better="higher",
        decimals=1,
        unit="%",
    ),
    Metric(
        key="colorfulness_ratio",
        title="colourfulness ratio",
        definition="Mean colourfulness (Hasler and Süsstrunk 2003) of the pictures divided by the "
        "mean colourfulness of the truth. Rewards noise: read it beside the errors only.",
        better="one",
        decimals=2,
    ),
    Metric(
        key="auc",
        title="AuC",
        definition="Area under the share of pixels whose ab error is within t, for t from 0 to "
        "150, over 150 (Zhang et al. 2016).",
        better="higher",
        decimals=1,
        unit="%",
    ),
    Metric(
        key="rebalanced_auc",
        title="rebalanced AuC",
        definition="AuC where every ab bin that occurs in the truth weighs the same, so that rare "
        "colours count as much as common ones (Zhang et al. 2016, prior of this set).",
        better="higher",
        decimals=1,
        unit="%",
    ),
)


@dataclass(frozen=True, kw_only=True)
class PictureScores:
    """Scores of one predicted picture; see `METRICS` for what each means."""

    psnr: float
    rms_ab: float
    ciede2000: float
    argmax_agreement: float
    colorfulness: float
    auc: float


def psnr(truth: ByteArray, predicted: ByteArray) -> float:
    """Peak signal-to-noise ratio in dB of two uint8 sRGB pictures (H, W, 3).

    Equal to scikit-image's ``peak_signal_noise_ratio``; `IDENTICAL_PSNR` where nothing differs.
    """
    error = np.square(truth.astype(np.float32) - predicted).mean(dtype=np.float64)
    if error == 0:
        return IDENTICAL_PSNR
    return float(10 * np.log10(255.0**2 / error))


def rms_ab_error(truth: FloatArray, predicted: FloatArray) -> float:
    """Root of the mean over pixels and over both components of the squared error of ab.

    Parameters
    ----------
    truth, predicted : float32 (..., 2)
        CIE a*, b*.

    Returns
    -------
    float
        In units of ab. The root mean square *distance* in the ab plane is sqrt(2) times this.
    """
    return float(np.sqrt(np.square(truth - predicted).mean(dtype=np.float64)))


def argmax_agreement(truth: FloatArray, predicted: FloatArray) -> float:
    """Share (0..1) of pixels whose larger component is the same one in both.

    This is what Keras' ``accuracy`` measures on an output with two channels, and so what the
    original study reported. It ignores how large the components are, and where the truth is nearly
    grey it is noise. Equal components count as a*, as in ``numpy.argmax``; a neutral sRGB pixel has
    a* = -0.001, b* = 0.003 by the rounding of the standard's matrix, and counts as b*.

    Parameters
    ----------
    truth, predicted : float32 (..., 2)
        CIE a*, b*.
    """
    return float(
        np.mean((truth[..., 0] >= truth[..., 1]) == (predicted[..., 0] >= predicted[..., 1]))
    )


def histogram_distance(histogram: FloatArray, other: FloatArray) -> float:
    """Earth mover's distance of two ab histograms along a direction, mean over eight directions.

    Parameters
    ----------
    histogram, other : float32 (n,)
        Over `ab_bins`; each sums to 1.

    Returns
    -------
    float
        In units of ab.
    """
    gap, total = histogram - other, 0.0
    for turn in np.linspace(0, np.pi, 8, endpoint=False):
        place = matmul(ab_bins(), np.array([np.cos(turn), np.sin(turn)]))
        order = np.argsort(place)
        total += float((np.abs(np.cumsum(gap[order]))[:-1] * np.diff(place[order])).sum())
    return total / 8
