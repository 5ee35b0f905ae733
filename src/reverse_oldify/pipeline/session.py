"""One photograph, coloured again and again: what a person sees who clicks hints."""

from __future__ import annotations

import numpy as np

from reverse_oldify.files.picture import Picture
from reverse_oldify.pipeline.decode import decode
from reverse_oldify.pipeline.hints import paint, spots
from reverse_oldify.pipeline.obey import obey
from reverse_oldify.pipeline.recombine import recombine
from reverse_oldify.pipeline.view import View
from reverse_oldify.runtime.backend import Backend
from reverse_oldify.types import FloatArray, Options


class Session:
    """Holds a picture and what the network knows of it; see `Colorizer.open`.

    Parameters
    ----------
    picture
        Grey, or in colour, of which the lightness is used.
    backend
        Of the model.
    """

    def __init__(self, picture: Picture, backend: Backend) -> None:
        self.picture = picture
        self._backend = backend
        self._views: dict[int | None, View] = {}

    def colorize(self, options: Options | None = None) -> Picture:
        """Colour the picture.

        Raises
        ------
        OptionError
            If a hint lies outside the picture, or there is no palette of the name.
        """
        options = options or Options()
        view = self.view(options)
        ab = self.chroma(options)
        deep = self.picture.pixels.dtype == np.uint16
        pinned = spots(options.hints, self.picture.size, view)
        return recombine(self.picture, ab, view.extent, bits=16 if deep else 8, spots=pinned)

    def chroma(self, options: Options) -> FloatArray:
        """a*, b* on the grid of the view, float32 (2, gh, gw)."""
        view, info = self.view(options), self._backend.info
        if not options.hints:
            return decode(view.unsteered.values, info, options)
        painted = paint(options.hints, self.picture.size, view)
        ab = decode(view.predict(painted).values, info, options)
        expected = decode(view.unsteered.values, info, Options(vividness=0))
        return obey(ab, painted, view.lightness, expected)

    def view(self, options: Options) -> View:
        """What the network sees at a working size; encoded at the first use."""
        size = options.working_size
        if size not in self._views:
            self._views[size] = View(self._backend, self.picture.lightness, size)
        return self._views[size]
