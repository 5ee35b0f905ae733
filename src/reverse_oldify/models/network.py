"""Every network that a recipe can name. What they share: ``encoder``, ``stride``, ``multiple``."""

from __future__ import annotations

from reverse_oldify.models.classic import ClassicNet
from reverse_oldify.models.colornet import ColorNet

Network = ColorNet | ClassicNet
