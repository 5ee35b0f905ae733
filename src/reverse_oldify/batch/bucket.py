"""Storage behind a URL, by fsspec: S3, Google Cloud Storage, and whatever else it has a driver for.

Credentials are the user's own, from where the driver looks for them: environment, profile,
the machine's role. Nothing of them is stored or printed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverse_oldify.batch.storage import Found, Stamp, Trouble
from reverse_oldify.errors import ExistsError, MissingExtraError, OutputError, UnreadableError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem


class Bucket:
    """A folder behind a URL; see `storage.Storage`.

    Files are worked on in a temporary folder of this machine. An object becomes visible whole or
    not at all: that is how object stores work.

    Parameters
    ----------
    place : str
        URL, for example ``s3://bucket/folder``.

    Raises
    ------
    MissingExtraError
        The driver is not installed.
    UnreadableError
        There is no driver for such URLs.
    """

    def __init__(self, place: str) -> None:
        self.place = place
        self._files, self._root = _open(place)

    def walk(self, without: str | None = None) -> Iterator[Found | Trouble]:
        """See `Storage`."""
        left_out = ""
        if without is not None and "://" in without:
            store, root = _open(without)
            left_out = f"{root}/" if store == self._files else ""  # another's may be named alike
        try:
            listing = self._list(self._root)
        except Exception as error:  # drivers raise errors of many kinds
            reason = f"{self.place}: cannot be listed ({_why(error)}); check name and access"
            raise UnreadableError(reason) from error
        yield from self._below(listing, left_out)

    def _below(self, listing: list[dict[str, Any]], left_out: str) -> Iterator[Found | Trouble]:
        """Not by `walk` of fsspec: that passes over folders which it cannot list."""
        for info in listing:
            whole = info["name"].rstrip("/")
            path = whole.removeprefix(self._root).lstrip("/")
            if whole.rpartition("/")[2].startswith(".") or (left_out and f"{whole}/" == left_out):
                continue
            if info["type"] != "directory":
                yield Found(path, _stamp(info))
                continue
            try:
                inside = self._list(whole)
            except Exception as error:  # drivers raise errors of many kinds
                yield Trouble(f"{path}/", f"cannot be listed ({_why(error)})")
            else:
                yield from self._below(inside, left_out)

    def _list(self, folder: str) -> list[dict[str, Any]]:
        """What lies in a folder, but for the object that stands for the folder itself."""
        listing = self._files.ls(folder, detail=True)
        inside = (info for info in listing if info["name"].rstrip("/") != folder)
        return sorted(inside, key=lambda info: str(info["name"]))

    def stamp(self, path: str) -> Stamp | None:
        """See `Storage`."""
        try:
            return _stamp(self._files.info(self._whole(path)))
        except FileNotFoundError:
            return None
        except Exception as error:  # drivers raise errors of many kinds
            raise OSError(f"the store does not tell ({error})") from error

    def holds(self, folder: str) -> bool:  # noqa: ARG002
        """See `Storage`: stores have no links."""
        return True

    def stamps(self) -> Callable[[str], Stamp | None]:
        """See `Storage`: one listing, for a question to the store takes long."""
        known = cache(self._stamps)  # not before it is asked: a watched folder mostly rests
        return lambda path: known().get(path)

    def _stamps(self) -> dict[str, Stamp]:
        known: dict[str, Stamp] = {}
        try:
            for each in self.walk():
                if isinstance(each, Trouble):  # else its results would seem to be gone
                    raise UnreadableError(f"{self.place}/{each.path}: {each.reason}; check access")
                known[each.path] = each.stamp
        except UnreadableError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise  # else: folders of stores exist by what is in them
        return known

    def check(self) -> None:
        """See `Storage`: writes an empty object, and removes it."""
        probe = self._whole(".reverse-oldify.part")
        try:
            self._files.pipe_file(probe, b"")
            self._files.rm_file(probe)
        except Exception as error:  # drivers raise errors of many kinds
            raise OutputError(f"{self.place}: cannot be written ({error}); check access") from error

    @contextmanager
    def reading(self, path: str) -> Iterator[Path]:
        """See `Storage`: a copy."""
        with tempfile.TemporaryDirectory(prefix="reverse-oldify-") as folder:
            copy = Path(folder, Path(path).name)
            try:
                self._files.get_file(self._whole(path), str(copy))
            except Exception as error:  # drivers raise errors of many kinds
                reason = f"{self.place}/{path}: cannot be fetched ({_why(error)}); check access"
                raise UnreadableError(reason) from error
            yield copy

    @contextmanager
    def writing(self, path: str, *, overwrite: bool) -> Iterator[Path]:
        """See `Storage`: what is in the temporary folder afterwards is sent, the result last."""
        if not overwrite and self.stamp(path) is not None:
            raise ExistsError(f"{self.place}/{path}: exists already; allow --overwrite")
        with tempfile.TemporaryDirectory(prefix="reverse-oldify-") as folder:
            target = Path(folder, Path(path).name)
            yield target
            made = sorted(Path(folder).iterdir(), key=lambda file: file == target)
            for file in made:
                self._send(file, self._whole(path).rpartition("/")[0] + "/" + file.name)

    def sweep(self, paths: Iterable[str], age: float) -> None:
        """See `Storage`: nothing half is ever left in a store."""

    def _send(self, file: Path, whole: str) -> None:
        try:
            self._files.put_file(str(file), whole)
        except Exception as error:  # drivers raise errors of many kinds
            raise OutputError(f"{whole}: cannot be written ({error}); check access") from error

    def _whole(self, path: str) -> str:
        return f"{self._root}/{path}"


def _open(place: str) -> tuple[AbstractFileSystem, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise MissingExtraError(f"{place}: reading a URL", "cluster") from error
    try:
        # Listings are never remembered: files arrive, and results appear.
        files, root = url_to_fs(place, use_listings_cache=False)
    except (ImportError, ValueError) as error:  # each driver is a package of its own
        raise UnreadableError(f"{place}: {error}; write for example s3://bucket/folder") from error
    except Exception as error:  # some drivers connect at once, and raise errors of many kinds
        reason = f"{place}: cannot be opened ({_why(error)}); check name and access"
        raise UnreadableError(reason) from error
    return files, str(root).rstrip("/")


def _why(error: Exception) -> str:
    """What a driver says of a failure; of what is missing, most say only the name."""
    return "there is none" if isinstance(error, FileNotFoundError) else str(error)


def _stamp(info: dict[str, Any]) -> Stamp:
    """Size, and what a store says of the content: ETag (S3), etag (GCS), or its time of change."""
    marks = (info.get(key) for key in ("ETag", "etag", "LastModified", "mtime", "created"))
    return f"{info['size']} {next((mark for mark in marks if mark is not None), '')}"
