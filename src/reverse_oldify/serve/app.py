"""The application: routes, the page, errors and checks put together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.telemetry import TelemetryConfig
from starlette.responses import FileResponse, RedirectResponse
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from reverse_oldify.pipeline.colorizer import Colorizer
from reverse_oldify.serve import metrics
from reverse_oldify.serve.guard import COOKIE, Guard, is_token
from reverse_oldify.serve.metrics import Measured
from reverse_oldify.serve.problems import Problem, handle_errors
from reverse_oldify.serve.routes import api
from reverse_oldify.serve.schemas import Health, ProblemDetails, option_schemas
from reverse_oldify.serve.service import Service
from reverse_oldify.serve.settings import Settings

PAGE = Path(__file__).parent / "page"

_NO_TELEMETRY = TelemetryConfig(auto_configure=False, tracing=False, metrics=False, logs=False)


def create_app(colorizer: Colorizer, settings: Settings | None = None) -> ASGIApp:
    """Make the application, for any ASGI server.

    Parameters
    ----------
    colorizer
        With the model.
    settings : Settings, optional
        Who may ask, and limits.
    """
    settings = settings or Settings()
    service = Service(colorizer, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with service.living():
            yield

    app = FastAPI(
        title="Reverse-Oldify",
        summary="Black-and-white photographs in colour.",
        version="1",
        lifespan=lifespan,
        docs_url=None,  # FastAPI's pages fetch their scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        telemetry=_NO_TELEMETRY,
    )
    app.state.service = service
    app.include_router(api)
    handle_errors(app)
    _add_page(app)
    _add_machines(app, service)
    app.openapi = lambda: _openapi(app, settings)  # type: ignore[method-assign]
    return Measured(Guard(app, settings), service.metrics)


def _add_page(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def page(request: Request, token: str | None = None) -> Response:
        if token is not None:
            return _logged_in(request, token)
        if not (PAGE / "index.html").exists():
            raise Problem(404, "this installation has no page; its API is below /v1")
        return FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})

    app.mount("/page", StaticFiles(directory=PAGE, check_dir=False), name="page")


def _logged_in(request: Request, token: str) -> Response:
    """Exchange the token in the address for a cookie, and take it out of the address."""
    expected = request.app.state.service.settings.token
    if expected is None or not is_token(token, expected):
        raise Problem(401, "the token in the address is wrong; give that of the server")
    response = RedirectResponse("/", 303)
    secure = request.url.scheme == "https"
    response.set_cookie(
        COOKIE, expected, path="/v1", httponly=True, samesite="strict", secure=secure
    )
    return response


def _add_machines(app: FastAPI, service: Service) -> None:
    @app.get("/healthz", tags=["machines"], openapi_extra={"security": []})
    async def healthz() -> Health:
        """Whether the server answers."""
        return Health()

    @app.get("/metrics", tags=["machines"], response_class=Response)
    async def metrics_text() -> Response:
        """What it has done, for Prometheus."""
        return Response(service.metrics.text(), media_type=metrics.MEDIA_TYPE)


def _openapi(app: FastAPI, settings: Settings) -> dict[str, Any]:
    """The OpenAPI document, with what only this package's own readers and guard know of."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title, version=app.version, summary=app.summary, routes=app.routes
        )
        components = document.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        schemas.update(option_schemas())
        for answer, member, model in (
            ("Variant", "options", "Options"),
            ("PaletteFound", "palette", "Palette"),
        ):
            schemas[answer]["properties"][member] = {"$ref": f"#/components/schemas/{model}"}
        if settings.token is not None:
            components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            document["security"] = [{"token": []}]
        schemas["ProblemDetails"] = ProblemDetails.model_json_schema()
        app.openapi_schema = document
    return app.openapi_schema
