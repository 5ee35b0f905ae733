"""What travels as JSON, and how OpenAPI describes it.

The schema of the options is made of the dataclasses in `options`, which read and check them, too:
there is no second list of them.
"""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter

from reverse_oldify.files.formats import FORMATS
from reverse_oldify.options import LAST_VARIANT, MOST_RADIUS, Hint, Options, Palette
from reverse_oldify.pipeline.looks import LOOKS
from reverse_oldify.serve.problems import MEDIA_TYPE

JsonObject = dict[str, Any]
Answers = dict[int | str, JsonObject]
"""By status."""

MOST_WORKING_SIZE = 512
"""Larger ones take gigabytes; see `asked`."""

RANGES: dict[str, JsonObject] = {
    "vividness": {"minimum": 0, "maximum": 2},
    "working_size": {"minimum": 32, "maximum": MOST_WORKING_SIZE},
    "variant": {"minimum": 0, "maximum": LAST_VARIANT},
    "seed": {"minimum": 0},
    "radius": {"minimum": 0, "maximum": MOST_RADIUS},
    "strength": {"minimum": 0, "maximum": 1},
}
"""As `Options` and `Hint` check them."""

_REF = "#/components/schemas/{model}"


class Limits(BaseModel):
    """What the server takes on."""

    upload_bytes: int
    pixels: int
    preview_size: int
    working_size: int
    variants: int


class Model(BaseModel):
    """The model that colours."""

    name: str
    version: str


class About(BaseModel):
    """The server."""

    version: str
    model: Model
    limits: Limits
    looks: list[str]
    formats: list[str]


class PictureInfo(BaseModel):
    """An open picture."""

    id: str
    name: str
    width: int
    height: int
    format: str
    depth: int
    coloured: bool
    page: int
    pages: int
    losses: dict[str, list[str]]
    notes: list[str]
    uncertainty: float | None
    expires_in: float


class SuggestedColour(BaseModel):
    """A colour that a place may have."""

    srgb: str
    ab: tuple[float, float]
    probability: float


class Variant(BaseModel):
    """A plausible colouring: the options that give it, and its log likelihood against the first."""

    options: JsonObject
    likelihood: float


class PaletteFound(BaseModel):
    """A palette, as `Options` takes it."""

    palette: JsonObject


class Health(BaseModel):
    """That the server answers."""

    status: str = "ok"


class ProblemDetails(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


@cache
def option_schemas() -> dict[str, JsonObject]:
    """Schemas of `Options`, `Hint` and `Palette` by name."""
    options = TypeAdapter(Options).json_schema(ref_template=_REF)
    schemas = {**options.pop("$defs"), "Options": options}
    del schemas["Hints"]
    for kind in (Options, Hint, Palette):
        schema = schemas[kind.__name__]
        docstring = inspect.getdoc(kind) or ""  # python -OO takes them out
        schema["description"] = docstring.split("\n")[0]
        schema["additionalProperties"] = False
        told = _attributes(docstring)
        for name, member in schema["properties"].items():
            member.pop("title", None)
            member["description"] = told.get(name, "")
            _narrow(member, RANGES.get(name, {}))
    properties = schemas["Options"]["properties"]
    properties["hints"] |= {"type": "array", "items": {"$ref": _REF.format(model="Hint")}}
    properties["hints"] |= {"default": []}
    del properties["hints"]["$ref"]
    for member in properties["palette"]["anyOf"]:
        if member.get("type") == "string":
            member["enum"] = list(LOOKS)
    return schemas


def option_parameters() -> list[JsonObject]:
    """The options as OpenAPI parameters of a query; what is no plain value is JSON there."""
    options = option_schemas()["Options"]
    return [_parameter(name, schema) for name, schema in options["properties"].items()]


def body_of(kind: str) -> JsonObject:
    """Describe the body of a request: ``"picture"`` or ``"options"``."""
    if kind == "picture":
        binary = {"schema": {"type": "string", "format": "binary"}}
        return {"requestBody": {"required": True, "content": {"application/octet-stream": binary}}}
    reference = {"schema": {"$ref": _REF.format(model="Options")}}
    return {"requestBody": {"required": False, "content": {"application/json": reference}}}


def file_answer(*formats: str) -> Answers:
    """Describe an answer that is a picture file, by keys of `formats.FORMATS`."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    content = {FORMATS[key].media_type: binary for key in formats}
    return {200: {"description": "The picture", "content": content}}


def problem_answers() -> Answers:
    """Describe what every route may answer."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="ProblemDetails")}}}
    problem = {"description": "A problem (RFC 9457)", "content": content}
    return {422: problem, "default": problem}


def _parameter(name: str, schema: JsonObject) -> JsonObject:
    parameter = {"name": name, "in": "query", "required": False}
    parameter["description"] = schema["description"]
    if name == "hints":
        return {**parameter, "content": {"application/json": {"schema": schema}}}
    if name == "palette":  # whole palettes are better sent in a body
        return {**parameter, "schema": {"type": "string", "enum": list(LOOKS)}}
    return {**parameter, "schema": schema}


def _narrow(member: JsonObject, limits: JsonObject) -> None:
    """Give a schema, or the number among its alternatives, its range."""
    for number in member.get("anyOf", [member]):
        if number.get("type") in ("integer", "number"):
            number.update(limits)


def _attributes(docstring: str) -> dict[str, str]:
    """What the docstring of a dataclass (numpydoc, not indented) says of its attributes."""
    _, _, section = docstring.partition("----------\n")
    found = re.findall(r"^(\w+) : .*\n((?:^    .*\n?)+)", section, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in found}
