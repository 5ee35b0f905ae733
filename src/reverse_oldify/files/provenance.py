"""Where the colours of a picture come from: said in its metadata, and in a file beside it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from reverse_oldify.errors import OptionError, UnreadableError, UnsupportedError, reason_of
from reverse_oldify.files.formats import Format
from reverse_oldify.files.metadata.xmp import IPTC_EXTENSION, XMP, Statement, merge, value_of
from reverse_oldify.files.picture import Raster
from reverse_oldify.files.source import Source
from reverse_oldify.options import Options
from reverse_oldify.types import ModelInfo
from reverse_oldify.version import VERSION

SOURCE_TYPES = (
    "compositeWithTrainedAlgorithmicMedia",
    "trainedAlgorithmicMedia",
    "algorithmicallyEnhanced",
    "compositeSynthetic",
)
"""Terms of IPTC's vocabulary of digital source types that may fit; the first is the default."""

STATEMENT = (
    "The colours of this picture were estimated by a machine-learning model; "
    "they are plausible, not a record of what was there. Its lightness is that of the photograph."
)

AnyRaster = TypeVar("AnyRaster", bound=Raster)

_VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_OWN = "urn:reverse-oldify:provenance:1.0:"
_PREFIX = "reverseOldify"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """What is said of a colourised picture.

    Attributes
    ----------
    software : str
        Program and version.
    model, model_version : str
        See `ModelInfo`.
    weights_sha256 : str
        See `ModelInfo.weights_hash`; empty when there is none.
    options : dict
        What the user chose, as plain JSON types.
    source_sha256 : str or None
        Of the file that was colourised.
    source_type : str
        One of `SOURCE_TYPES`.
    mean_uncertainty : float or None
        Mean over the picture of the error that the model expects of its colour, in units of
        CIE a*, b*.
    statement : str
        The same in a sentence.
    """

    software: str
    model: str
    model_version: str
    weights_sha256: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    source_sha256: str | None = None
    source_type: str = SOURCE_TYPES[0]
    mean_uncertainty: float | None = None
    statement: str = STATEMENT

    def __post_init__(self) -> None:
        if self.source_type not in SOURCE_TYPES:
            raise OptionError(
                f"source type is {self.source_type!r}; choose one of {', '.join(SOURCE_TYPES)}"
            )

    @classmethod
    def of(
        cls,
        info: ModelInfo,
        options: Options,
        *,
        source_sha256: str | None = None,
        source_type: str = SOURCE_TYPES[0],
        mean_uncertainty: float | None = None,
    ) -> Provenance:
        """Provenance of what a model makes with some options."""
        return cls(
            software=f"reverse-oldify {VERSION}",
            model=info.name,
            model_version=info.version,
            weights_sha256=info.weights_hash,
            options=options.to_json(),
            source_sha256=source_sha256,
            source_type=source_type,
            mean_uncertainty=mean_uncertainty,
        )

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON types, the source type as IPTC's URI."""
        return asdict(self) | {"source_type": self._source_uri}

    def written_into(self, picture: AnyRaster, kind: Format | None = None) -> AnyRaster:
        """Return the picture with this in its XMP; what else that said is kept.

        A packet that cannot be read safely is replaced, with a note. Where the result is to be of
        a format (``kind``) that is the source's own and has no XMP (BMP), nothing is written, with
        a note: who scans to BMP gets BMP.
        """
        if kind is not None and not kind.xmp and kind.key == picture.format:
            note = (
                f"{kind.name} has no place to say that its colours are estimated; "
                "--format png or --sidecar says it"
            )
            return replace(picture, notes=(*picture.notes, note))
        packet, notes = picture.metadata.xmp, picture.notes
        try:
            merged = merge(packet, self._statements(value_of(packet, XMP, "CreatorTool")))
        except UnsupportedError as error:
            merged = merge(None, self._statements(None))
            notes = (*notes, f"its XMP was left out: {error}")
        return replace(picture, metadata=replace(picture.metadata, xmp=merged), notes=notes)

    def _statements(self, creator: str | None) -> list[Statement]:
        tool = creator or self.software
        if self.software not in tool:  # what made the scan stays named
            tool = f"{tool}; {self.software}"
        error = self.mean_uncertainty
        version = f"{self.model} {self.model_version}"
        own = {
            "Statement": self.statement,
            "Model": self.model,
            "ModelVersion": self.model_version,
            "WeightsSHA256": self.weights_sha256,
            "Options": json.dumps(self.options, sort_keys=True),
            "SourceSHA256": self.source_sha256,
            "MeanUncertainty": None if error is None else f"{error:.4f}",
        }
        return [
            Statement(IPTC_EXTENSION, "Iptc4xmpExt", "DigitalSourceType", self._source_uri),
            Statement(IPTC_EXTENSION, "Iptc4xmpExt", "AISystemUsed", self.software),
            Statement(IPTC_EXTENSION, "Iptc4xmpExt", "AISystemVersionUsed", version),
            Statement(XMP, "xmp", "CreatorTool", tool),
            *(Statement(_OWN, _PREFIX, name, value) for name, value in own.items() if value),
        ]

    @property
    def _source_uri(self) -> str:
        return _VOCABULARY + self.source_type


def sha256_of(source: Path | str | bytes) -> str:
    """SHA-256 of a file or of its bytes, as 64 hexadecimal digits.

    Raises
    ------
    UnreadableError
        It cannot be read, or is no regular file.
    """
    origin = Source(source)
    with origin.named(), origin.open() as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        except OSError as error:
            raise UnreadableError(f"cannot be read ({reason_of(error)}); check the file") from error
