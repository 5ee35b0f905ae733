"""The routes of the API: what is asked for, who does it, and what is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response

from reverse_oldify.files.formats import OUTPUT_FORMATS
from reverse_oldify.options import LAST_VARIANT
from reverse_oldify.pipeline.looks import LOOKS
from reverse_oldify.serve.asked import part_of
from reverse_oldify.serve.dependencies import (
    MOST_PAGE,
    MOST_SIZE,
    AllowLoss,
    Asked,
    Format,
    Name,
    OfPicture,
    Placed,
    QueryOptions,
    Region,
    Served,
    Size,
    Upload,
    known_query,
)
from reverse_oldify.serve.opened import Opened
from reverse_oldify.serve.schemas import (
    MOST_WORKING_SIZE,
    About,
    Limits,
    Model,
    PaletteFound,
    PictureInfo,
    SuggestedColour,
    Variant,
    body_of,
    file_answer,
    option_parameters,
    problem_answers,
)
from reverse_oldify.serve.service import Service
from reverse_oldify.serve.studio import File, result_name, target_format
from reverse_oldify.version import VERSION

Route = Callable[..., Any]

api = APIRouter(prefix="/v1", responses=problem_answers(), dependencies=[Depends(known_query)])


def _asks(path: str, **settings: Any) -> Callable[[Route], Route]:
    """Register a route that takes options: from the query of a GET, from the body of a POST."""

    def register(route: Route) -> Route:
        get = {"parameters": option_parameters()}
        name = route.__name__
        api.get(path, operation_id=f"get_{name}", openapi_extra=get, **settings)(route)
        api.post(path, operation_id=name, openapi_extra=body_of("options"), **settings)(route)
        return route

    return register


def _file(file: File, name: str | None = None) -> Response:
    headers = {}
    if name is not None:
        whole = result_name(name, file.kind)
        plain = whole.encode("ascii", "replace").decode().replace("?", "_")
        encoded = quote(whole.encode("utf-8", "replace"), safe="")
        headers["Content-Disposition"] = (
            f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"
        )
    return Response(file.data, headers=headers, media_type=file.kind.media_type)


def _info(opened: Opened, service: Service) -> PictureInfo:
    picture = opened.session.picture
    return PictureInfo(
        id=opened.id,
        name=opened.name,
        width=picture.size[1],
        height=picture.size[0],
        format=target_format(picture, None).key,
        depth=picture.dtype.itemsize * 8,
        coloured=opened.coloured,
        page=opened.page,
        pages=picture.page_count,
        losses=opened.losses,
        notes=list(picture.notes),
        uncertainty=opened.uncertainty,
        expires_in=service.settings.idle_seconds,
    )


@api.get("/about")
async def about(service: Served) -> About:
    """What the server is, and what it takes on."""
    settings, info = service.settings, service.studio.info
    return About(
        version=VERSION,
        model=Model(name=info.name, version=info.version),
        limits=Limits(
            upload_bytes=settings.upload_bytes,
            pixels=settings.pixels,
            preview_size=MOST_SIZE,
            working_size=MOST_WORKING_SIZE,
            variants=LAST_VARIANT + 1,
        ),
        looks=list(LOOKS),
        formats=list(OUTPUT_FORMATS),
    )


@api.post(
    "/colorize",
    response_class=Response,
    responses=file_answer(*OUTPUT_FORMATS),
    openapi_extra={**body_of("picture"), "parameters": option_parameters()},
)
async def colorize(
    request: Request,
    service: Served,
    options: QueryOptions,
    data: Upload,
    format: Format = None,
    allow_loss: AllowLoss = False,
    name: Name = "picture",
) -> Response:
    """Colour a picture: its file in, a file in colour out."""
    file = await service.jobs.run(
        request, lambda stop: service.studio.colorize(data, options, format, allow_loss, stop)
    )
    return _file(file, name)


@api.post("/pictures", status_code=201, openapi_extra=body_of("picture"))
async def open_picture(
    request: Request,
    response: Response,
    service: Served,
    data: Upload,
    name: Name = "picture",
    page: Annotated[int, Query(ge=1, le=MOST_PAGE, description="Of a file of several.")] = 1,
) -> PictureInfo:
    """Open a picture: it is read and looked at once, and may then be asked for often."""
    opened = await service.jobs.run(
        request, lambda stop: service.studio.open(data, name, page, stop)
    )
    service.opened.add(opened)
    response.headers["Location"] = f"/v1/pictures/{opened.id}"
    return _info(opened, service)


@api.get("/pictures/{id}")
async def picture(service: Served, opened: OfPicture) -> PictureInfo:
    """What is known of an open picture."""
    return _info(opened, service)


@api.delete("/pictures/{id}", status_code=204)
async def close_picture(
    service: Served,
    opened: OfPicture,
    after: Annotated[
        float, Query(ge=0, le=3600, description="Seconds; not at all if it is asked for before.")
    ] = 0,
) -> None:
    """Forget a picture."""
    if after:
        service.opened.expire(opened.id, after)
    else:
        service.opened.remove(opened.id)


@api.get("/pictures/{id}/original", response_class=Response, responses=file_answer("jpg"))
async def original(
    request: Request,
    service: Served,
    opened: OfPicture,
    _: Placed,
    size: Size = 1280,
    region: Region = None,
) -> Response:
    """Show a picture as it came, smaller."""
    part = part_of(region)
    return _file(
        await service.run(
            request, opened, lambda stop: service.studio.original(opened, size, part, stop)
        )
    )


@_asks("/pictures/{id}/preview", response_class=Response, responses=file_answer("jpg"))
async def preview(
    request: Request,
    service: Served,
    opened: OfPicture,
    options: Asked,
    size: Size = 1280,
    region: Region = None,
) -> Response:
    """Show a picture in colour, smaller, and soon."""
    part = part_of(region)
    return _file(
        await service.run(
            request, opened, lambda stop: service.studio.preview(opened, options, size, part, stop)
        )
    )


@_asks("/pictures/{id}/render", response_class=Response, responses=file_answer(*OUTPUT_FORMATS))
async def render(
    request: Request,
    service: Served,
    opened: OfPicture,
    options: Asked,
    format: Format = None,
    allow_loss: AllowLoss = False,
) -> Response:
    """Colour a picture at full resolution, as a file that says where its colours come from."""
    return _file(
        await service.run(
            request,
            opened,
            lambda stop: service.studio.render(opened, options, format, allow_loss, stop),
        ),
        opened.name,
    )


@_asks("/pictures/{id}/uncertainty", response_class=Response, responses=file_answer("png"))
async def uncertainty(
    request: Request, service: Served, opened: OfPicture, options: Asked, size: Size = 1280
) -> Response:
    """Show where colour is a guess: 8 levels of grey for each unit of CIE a*, b* of error."""
    return _file(
        await service.run(
            request, opened, lambda stop: service.studio.uncertainty(opened, options, size, stop)
        )
    )


@_asks("/pictures/{id}/suggestions", response_model=list[SuggestedColour])
async def suggestions(
    request: Request,
    service: Served,
    opened: OfPicture,
    options: Asked,
    x: Annotated[float, Query(ge=0, description="Pixels from the left.")],
    y: Annotated[float, Query(ge=0, description="Pixels from the top.")],
    count: Annotated[int, Query(ge=1, le=20, description="At most so many.")] = 5,
) -> list[SuggestedColour]:
    """List the likeliest colours of a pixel."""
    found = await service.run(
        request, opened, lambda _: opened.session.suggest(x, y, count, options)
    )
    return [
        SuggestedColour(srgb=colour.hex, ab=colour.ab, probability=colour.probability)
        for colour in found
    ]


@_asks("/pictures/{id}/variants", response_model=list[Variant])
async def variants(
    request: Request,
    service: Served,
    opened: OfPicture,
    options: Asked,
    count: Annotated[int, Query(ge=1, le=LAST_VARIANT + 1, description="At most so many.")] = 4,
) -> list[Variant]:
    """List plausible colourings that look different, the likelier first."""
    found = await service.run(
        request, opened, lambda stop: service.studio.variants(opened, options, count, stop)
    )
    return [
        Variant(options=own.to_json(), likelihood=colouring.likelihood) for own, colouring in found
    ]


@api.post("/palettes", openapi_extra=body_of("picture"))
async def palette(request: Request, service: Served, data: Upload, name: Name = "") -> PaletteFound:
    """Take the palette of a picture in colour."""
    found = await service.jobs.run(request, lambda stop: service.studio.palette(data, name, stop))
    return PaletteFound(palette=found.to_json())
