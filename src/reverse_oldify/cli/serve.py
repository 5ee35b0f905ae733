"""``reverse-oldify serve``: a page in the browser, and an HTTP API under it."""

from __future__ import annotations

import argparse
import os

from reverse_oldify.cli.arguments import add_model, positive
from reverse_oldify.errors import MissingExtraError

TOKEN_VARIABLE = "REVERSE_OLDIFY_TOKEN"

EPILOG = """\
The page is at http://127.0.0.1:8000, the API is told of in docs/api.md. Nothing is sent anywhere,
and nothing is written to the disk. Only this machine can reach the server, unless --host says
otherwise; then clients need the token.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.epilog = EPILOG
    parser.add_argument("--host", default="127.0.0.1", help="address (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8000, help="0 is any that is free (default: %(default)s)"
    )
    parser.add_argument(
        "--token",
        help=f"what clients must know; better given as {TOKEN_VARIABLE}, which no list of "
        "processes shows",
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a host name by which browsers address the server, besides localhost; repeatable",
    )
    add_model(parser)
    _add_limits(parser)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("limits")
    for flag, default, text in (
        ("--max-upload", 100, "megabytes of one upload"),
        ("--max-pixels", 100, "megapixels of one upload"),
        ("--max-memory", 1024, "megabytes of all pictures that are kept open"),
        ("--max-seconds", 60, "seconds to wait for one answer"),
        ("--keep-minutes", 30, "minutes to keep a picture that nobody asks for"),
    ):
        group.add_argument(
            flag, type=positive, default=default, metavar="N", help=f"{text} (default: {default})"
        )
    group.add_argument(
        "--workers",
        type=positive,
        metavar="N",
        help="requests worked on at the same time (default: one for each core, at most 4)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted or terminated; 0 then.

    Raises
    ------
    MissingExtraError
        Without the packages that it needs.
    OptionError
        If the address cannot be listened on, or needs a token.
    """
    try:
        from reverse_oldify.serve.run import serve
        from reverse_oldify.serve.settings import Settings
    except ModuleNotFoundError as error:
        raise MissingExtraError("serving", "serve") from error

    settings = Settings(
        host=arguments.host,
        port=arguments.port,
        token=arguments.token or os.environ.get(TOKEN_VARIABLE),
        names=tuple(arguments.allow_host),
        upload_bytes=arguments.max_upload << 20,
        pixels=arguments.max_pixels * 1_000_000,
        memory_bytes=arguments.max_memory << 20,
        job_seconds=arguments.max_seconds,
        idle_seconds=arguments.keep_minutes * 60,
        workers=arguments.workers or Settings.workers,
    )

    def tell(address: str) -> None:
        hint = "/?token=..." if settings.token else ""
        print(f"{address}{hint}  (Ctrl-C stops it)", flush=True)

    serve(settings, tell, model=arguments.model)
    print("stopped", flush=True)
    return 0
