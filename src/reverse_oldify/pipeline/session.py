"""One photograph, coloured again and again: what a person sees who clicks hints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import islice

import numpy as np

from reverse_oldify.color.codes import ColorCodes
from reverse_oldify.errors import OptionError
from reverse_oldify.files.lazy import LazyPicture
from reverse_oldify.files.picture import Picture, Raster
from reverse_oldify.files.provenance import Provenance
from reverse_oldify.options import LAST_VARIANT, Options, Palette
from reverse_oldify.pipeline.decode import Decoded, decode, roughly
from reverse_oldify.pipeline.hints import Paint, cell_at, paint, spots
from reverse_oldify.pipeline.obey import influence, obey
from reverse_oldify.pipeline.palette import palette_histogram
from reverse_oldify.pipeline.prediction import Prediction, softmax
from reverse_oldify.pipeline.recombine import recombine
from reverse_oldify.pipeline.suggest import Suggestion, suggest
from reverse_oldify.pipeline.uncertainty import Uncertainty, uncertainty
from reverse_oldify.pipeline.variants import Colouring, Painter, Scene
from reverse_oldify.pipeline.view import View
from reverse_oldify.runtime.backend import Backend
from reverse_oldify.sampling import Tile
from reverse_oldify.types import FloatArray
from reverse_oldify.values import whole_number

_VIEWS = 2  # working sizes that are remembered: each holds what the network said


class Session:
    """Holds a picture and what the network knows of it; see `Colorizer.open`.

    The network encodes the picture at the first use (of a working size); whatever is asked
    afterwards decodes only. For one thread at a time.

    Parameters
    ----------
    picture
        Grey, or in colour, of which the lightness is used.
    backend
        Of the model.
    threads
        That may work on one picture; default: one for each core.
    source_sha256
        Of the file that it was read from, for the provenance of the results.
    """

    def __init__(
        self,
        picture: Raster,
        backend: Backend,
        threads: int | None = None,
        source_sha256: str | None = None,
    ) -> None:
        self.picture, self._source_sha256 = picture, source_sha256
        self._backend, self._info, self._threads = backend, backend.info, threads
        self._views: dict[int | None, View] = {}
        self._steered: tuple[tuple[int | None, Palette | str | None], Prediction] | None = None
        self._decoded: tuple[tuple[int | None, Palette | str | None, float], Decoded] | None = None
        self._found: tuple[Options, list[Colouring], Iterator[Colouring]] | None = None

    def colorize(self, options: Options | None = None) -> Picture:
        """Colour the picture; the XMP of the result says how (see `files.provenance`).

        Raises
        ------
        OptionError
            If a hint lies outside the picture, there is no look of the palette's name, or the
            picture has fewer variants.
        """
        options = Options.of(options)
        return self._told(self.paint(options).loaded(), options)

    def paint(self, options: Options | None = None) -> LazyPicture:
        """Colour the picture where it is looked at; for pictures too large to be held."""
        options = Options.of(options)
        return self.recombine(self.chroma(options), options)

    def variants(self, count: int, options: Options | None = None) -> list[Picture]:
        """Colour the picture in visibly different ways, the likelier first.

        The first is `colorize`; number n is what ``Options(variant=n)`` gives. There are fewer
        than ``count`` where the network is sure of its colours.

        Raises
        ------
        OptionError
            If the count is no number from 1 to 10, or the model predicts no distribution.
        """
        options, count = Options.of(options), whole_number("count", count)
        if not 1 <= count <= LAST_VARIANT + 1:
            raise OptionError(f"count is {count}; choose a number from 1 to {LAST_VARIANT + 1}")
        return [
            self._told(self.recombine(found.ab, options).loaded(), replace(options, variant=number))
            for number, found in enumerate(self.colourings(count, options))
        ]

    def colourings(self, count: int, options: Options) -> list[Colouring]:
        """Return what `variants` paints, on the network's grid; remembered for these options."""
        key = replace(options, variant=0)
        if self._found is None or self._found[0] != key:
            self._found = key, [], self._draw(options)
        _, found, others = self._found
        try:
            found.extend(islice(others, max(0, count - len(found))))
        except BaseException:
            self._found = None  # what was cut short must not pass for all there are
            raise
        return found[:count]

    def chroma(self, options: Options) -> FloatArray:
        """a*, b* on the network's grid, float32 (2, gh, gw)."""
        if options.variant:
            return self._variant(options).ab
        return obey(self._decode(options).ab, self._paint(options), self.view(options))

    def recombine(
        self,
        ab: FloatArray,
        options: Options,
        *,
        canvas: Picture | None = None,
        part: Tile | None = None,
        codes: ColorCodes | None = None,
    ) -> LazyPicture:
        """Put chroma under the picture's lightness, where it is looked at.

        Parameters
        ----------
        ab : float32 (2, gh, gw)
            a*, b*, from `chroma` with the same options.
        options
            Working size and hints are used.
        canvas : Picture, optional
            The same picture in another size, to paint on instead.
        part : Tile, optional
            Rows and columns (of the canvas) that are made; all by default.
        codes : ColorCodes, optional
            See `recombine.recombine`.
        """
        view, onto = self.view(options), canvas or self.picture
        scale = np.divide(onto.size, self.picture.size)
        pinned = (spots(options.hints, self.picture.size, view) + 0.5) * scale
        return recombine(
            onto,
            ab,
            view.extent,
            look=view.look,
            spots=pinned.astype(np.int64),
            part=part,
            threads=self._threads,
            codes=codes,
        )

    def _told(self, picture: Picture, options: Options) -> Picture:
        """Write into a result what was done."""
        told = Provenance.of(
            self._info,
            options,
            source_sha256=self._source_sha256,
            mean_uncertainty=self.expected_error(options),
        )
        return told.written_into(picture)

    @property
    def nbytes(self) -> int:
        """Bytes that the picture and what is known of it take, about."""
        views, steered, found = self._views.copy(), self._steered, self._found  # by other threads
        taken = sum(view.nbytes for view in views.values())
        taken += 0 if steered is None else steered[1].values.nbytes
        if found is not None and found[0].working_size in views:
            taken += 2 * views[found[0].working_size].nbytes  # of a `Scene`, about
        return self.picture.nbytes + taken

    def predict(self, options: Options | None = None) -> Prediction:
        """What the network says, given a palette; before hints and vividness."""
        options = Options.of(options)
        view, reference = self.view(options), self._reference(options)
        if reference is None:
            return view.unsteered
        key = options.working_size, options.palette
        if self._steered is None or self._steered[0] != key:
            self._steered = key, view.predict(reference)
        return self._steered[1]

    def uncertainty(self, options: Options | None = None) -> Uncertainty:
        """How much of the colour is a guess, given hints and palette.

        What a hint decides is no guess, as far as the hint reaches.
        """
        options = Options.of(options)
        undecided = 1 - influence(self._paint(options), self.view(options))
        return uncertainty(self.predict(options), self._info, undecided)

    def expected_error(self, options: Options) -> float | None:
        """Error to expect of the colour, see `Uncertainty.mean`; None of a model of ab values."""
        if self._info.output != "distribution":
            return None
        return self.uncertainty(options).mean

    def suggest(
        self, x: float, y: float, count: int = 5, options: Options | None = None
    ) -> list[Suggestion]:
        """Distinct colours that a pixel may have, the likeliest first.

        Raises
        ------
        OptionError
            If the pixel lies outside the picture, the count is no number from 1, or the model
            predicts no distribution.
        """
        self._need_distribution("suggestions need")
        count = whole_number("count", count)
        view = self.view(Options.of(options))
        row, column = cell_at(x, y, self.picture.size, view)
        probability = softmax(self.predict(options).values[:, row, column])
        return suggest(probability, self._info.bins, float(view.lightness[row, column]), count)

    def view(self, options: Options) -> View:
        """What the network sees at the working size."""
        size = options.working_size
        if size not in self._views:
            for oldest in [*self._views][: 1 - _VIEWS]:
                del self._views[oldest]
            self._views[size] = View(self._backend, self.picture.lazy_lightness, size)
        return self._views[size]

    def _paint(self, options: Options) -> Paint:
        return paint(options.hints, self.picture.size, self.view(options))

    def _decode(self, options: Options) -> Decoded:
        """What is decoded before hints."""
        key = options.working_size, options.palette, options.vividness
        if self._decoded is None or self._decoded[0] != key:
            lightness, reference = self.view(options).lightness, self._reference(options)
            said = self.predict(options)
            self._decoded = key, decode(said, self._info, options, lightness, reference)
        return self._decoded[1]

    def _reference(self, options: Options) -> FloatArray | None:
        if options.palette is None:
            return None
        self._need_distribution("a palette needs")
        return palette_histogram(options.palette)

    def _draw(self, options: Options) -> Iterator[Colouring]:
        self._need_distribution("variants need")
        view, painted, lift = self.view(options), self._paint(options), self._decode(options).lift
        said, undecided = self.predict(options), 1 - influence(painted, view)
        reference, info = self._reference(options), self._info

        # Knows nothing of the session, which keeps it: in a circle both would outlive their use.
        def colour(values: FloatArray) -> FloatArray:
            other = replace(said, values=values)
            found = decode(other, info, options, view.lightness, reference, lift)
            return obey(found.ab, painted, view)

        rough = partial(roughly, lift=lift, info=info)
        scene = Scene(said.values, info.bins, view.lightness, undecided)
        return Painter(scene, colour, rough).colourings(options.seed)

    def _variant(self, options: Options) -> Colouring:
        found = self.colourings(options.variant + 1, options)
        if len(found) <= options.variant:
            raise OptionError(
                f"variant is {options.variant}, but the colourings of this picture that look "
                f"different end with number {len(found) - 1}; choose a number up to that"
            )
        return found[-1]

    def _need_distribution(self, what_needs: str) -> None:
        if self._info.output != "distribution":
            raise OptionError(
                f"{what_needs} a distribution of colours, which model {self._info.name} does not "
                "predict; choose another model"
            )
