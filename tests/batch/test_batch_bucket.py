"""Buckets, on an S3 server of this machine that keeps everything in memory."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_jobs import expected, finished
from made_workers import open_colorizer, write_scan

from reverse_oldify.batch.bucket import Bucket
from reverse_oldify.batch.storage import Found, Trouble, open_storage
from reverse_oldify.batch.task import Ending, Setup, Task
from reverse_oldify.batch.worker import Worker
from reverse_oldify.errors import ExistsError, OutputError, UnreadableError
from reverse_oldify.files.read import read
from reverse_oldify.options import Options
from reverse_oldify.pipeline.deliver import Order
from reverse_oldify.pipeline.filing import Filing

pytestmark = pytest.mark.slow
REGION = "us-east-1"


@pytest.fixture(scope="module")
def s3() -> Iterator[None]:
    """A server, with the credentials that any user of it has in the environment."""
    pytest.importorskip("s3fs", reason="buckets need the extra [cluster]")
    server = pytest.importorskip("moto.server", reason="needs a server of S3")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "tester")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "tester")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        running = server.ThreadedMotoServer(port=0, verbose=False)
        running.start()
        host, port = running.get_host_and_port()
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        yield
        running.stop()


@pytest.fixture
def bucket(s3: None, request: pytest.FixtureRequest) -> Bucket:
    """An empty bucket."""
    storage = open_storage(f"s3://test-{abs(hash(request.node.name))}/scans")
    assert isinstance(storage, Bucket)
    storage._files.mkdir(storage._root.partition("/")[0])
    return storage


def put(bucket: Bucket, name: str, content: bytes = b"x") -> None:
    bucket._files.pipe_file(f"{bucket._root}/{name}", content)


def test_walk_and_stamps(bucket: Bucket) -> None:
    for name in ("b.jpg", "a/2.jpg", "a/deep/3.jpg", ".hidden/c.jpg", "a/.d.jpg", "out/e.jpg"):
        put(bucket, name)
    found = list(bucket.walk(without=bucket.place + "/out"))
    assert sorted(each.path for each in found) == ["a/2.jpg", "a/deep/3.jpg", "b.jpg"]
    stamps = bucket.stamps()
    for each in found:
        assert isinstance(each, Found)
        assert each.stamp == stamps(each.path) == bucket.stamp(each.path)
    before = bucket.stamp("b.jpg")
    put(bucket, "b.jpg", b"y")
    assert bucket.stamp("b.jpg") not in (None, before)
    assert bucket.stamp("none.jpg") is None


def test_what_is_written_is_there_and_replaces_nothing_unasked(bucket: Bucket) -> None:
    with bucket.writing("a/1.jpg", overwrite=False) as path:
        path.write_text("one")
        path.with_name("1.jpg.json").write_text("{}")
    with bucket.reading("a/1.jpg") as path:
        assert (path.name, path.read_text()) == ("1.jpg", "one")
    assert bucket.stamp("a/1.jpg.json") is not None
    with pytest.raises(ExistsError), bucket.writing("a/1.jpg", overwrite=False):
        pytest.fail("would replace it")
    with bucket.writing("a/1.jpg", overwrite=True) as path:
        path.write_text("two")
    with bucket.reading("a/1.jpg") as path:
        assert path.read_text() == "two"


def test_what_fails_leaves_nothing(bucket: Bucket) -> None:
    with pytest.raises(ZeroDivisionError), bucket.writing("a.jpg", overwrite=False) as path:
        path.write_text("half")
        raise ZeroDivisionError
    assert bucket.stamp("a.jpg") is None


def test_a_bucket_that_is_not_there(s3: None) -> None:
    nowhere = Bucket("s3://no-such-bucket/scans")
    with pytest.raises(OutputError, match="check access"):
        nowhere.check()
    with pytest.raises(UnreadableError, match=r"listed \(there is none\); check name and access"):
        list(nowhere.walk())
    with pytest.raises(UnreadableError), nowhere.reading("a.jpg"):
        pytest.fail("read it")


class AwayError(Exception):
    """What a driver raises where no server answers: no OSError."""


def test_a_folder_that_cannot_be_listed_is_told_and_its_results_are_not_taken_for_gone(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bucket, "a/1.jpg")
    put(bucket, "b/2.jpg")
    listed = bucket._files.ls

    def deaf(path: str, **settings: object) -> object:
        if path.endswith("/a"):
            raise AwayError("slow down")
        return listed(path, **settings)

    monkeypatch.setattr(bucket._files, "ls", deaf)
    trouble, found = bucket.walk()
    assert trouble == Trouble("a/", "cannot be listed (slow down)")
    assert found.path == "b/2.jpg"
    stamp_of = bucket.stamps()
    with pytest.raises(UnreadableError, match=r"/a/: cannot be listed \(slow down\); check access"):
        stamp_of("b/2.jpg")


def test_no_results_yet(bucket: Bucket) -> None:
    assert bucket.stamps()("a.jpg") is None


def test_a_store_that_is_away_for_a_while(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(bucket, "a.png", write_scan(tmp_path / "a.png").read_bytes())
    setup = Setup(
        source=bucket.place,
        output=bucket.place.removesuffix("scans") + "colour",
        model=None,
        order=Order(filing=Filing(provenance=None)),
        open_colorizer=open_colorizer,
    )
    worker = Worker(setup)
    task = Task(path="a.png", target="a.png", options=Options(), overwrite=False)

    def away(*_: object, **__: object) -> None:
        raise AwayError("no endpoint")

    for name, reason in [
        ("info", "a.png: the store does not tell (no endpoint); give the same command again"),
        ("get_file", "a.png: cannot be fetched (no endpoint); check access"),
        ("put_file", "a.png: cannot be written (no endpoint); check access"),
    ]:
        with monkeypatch.context() as patch:
            patch.setattr(bucket._files, name, away)  # one for all of its kind
            outcome = worker.do(task)
        assert outcome.ending is Ending.REFUSED, "the next run tries it again"
        assert outcome.reason.endswith(reason)
    assert worker.do(task).ending is Ending.DONE


def test_a_server_that_is_asked_at_once_and_does_not_answer() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        with pytest.raises(UnreadableError, match=r"opened \(.*refused\); check name and access"):
            Bucket(f"ftp://127.0.0.1:{port}/scans")


def test_unknown_urls_are_told() -> None:
    with pytest.raises(UnreadableError, match="write for example s3://"):
        Bucket("gopher://b/a")


def test_a_job_from_bucket_to_bucket(bucket: Bucket, tmp_path: Path) -> None:
    names = [f"box-{n % 2}/{n}.png" for n in range(6)]
    for n, name in enumerate(names):
        put(bucket, name, write_scan(tmp_path / "in" / name, n).read_bytes())
    put(bucket, "box-0/damaged.png", b"no picture")
    out = bucket.place.removesuffix("scans") + "colour"
    argv = (bucket.place, "-o", out, "--journal", tmp_path / "journal", "--workers", 1, "--sidecar")
    status, said, err = finished(*argv)
    assert status == 1, err
    assert "damaged.png" in err
    results = Bucket(out)
    for name in names:
        with results.reading(name) as path:
            assert (read(path).pixels == expected(tmp_path / "in" / name)).all()
        with results.reading(name + ".json") as path:
            assert json.loads(path.read_text())["source"] == Path(name).name
    assert len(list(results.walk())) == 12
    status, said, _ = finished(*argv)
    assert "0 to do, 6 done already" in said
    results._files.rm_file(f"{results._root}/{names[0]}")
    status, said, _ = finished(*argv)
    assert "1 to do, 5 done already" in said, "what is gone is made again"
