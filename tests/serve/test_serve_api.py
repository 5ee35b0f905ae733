from __future__ import annotations

import io
import json
from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from live_server import GREEN, RED, live, opened, problem, scan
from PIL import Image

from reverse_oldify import Options
from reverse_oldify.color.lab import srgb_to_lab
from reverse_oldify.files import codecs
from reverse_oldify.files.read import read, read_pages

PINK = [25.0, 10.0]
PINK_SPOT = {"hints": [{"points": [[48, 32]], "ab": PINK}], "vividness": 0}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with live() as client:
        yield client


@pytest.fixture
def picture(client: httpx.Client) -> str:
    """Address of an open picture of 96 x 64 pixels."""
    return client.post("/v1/pictures?name=aunt.jpg", content=scan()).headers["location"]


def ab(response: httpx.Response, x: int, y: int) -> np.ndarray:
    return srgb_to_lab(np.asarray(opened(response)))[y, x, 1:]


def test_one_call_colours_a_picture_and_says_so(client: httpx.Client) -> None:
    scanned = scan(dpi=(300, 300), quality=80)
    answer = client.post("/v1/colorize?vividness=0&name=aunt.jpeg", content=scanned)
    assert answer.headers["content-type"] == "image/jpeg"
    assert 'filename="aunt-colour.jpg"' in answer.headers["content-disposition"]
    result = read(answer.content)
    assert result.size == (64, 96) and result.metadata.dpi == (300, 300)
    assert b"compositeWithTrainedAlgorithmicMedia" in result.metadata.xmp
    assert b"MeanUncertainty" in result.metadata.xmp
    expected = 0.7 * np.array(GREEN) + 0.3 * np.array(RED)
    np.testing.assert_allclose(ab(answer, 48, 32), expected, atol=3)


@pytest.mark.parametrize(
    ("format", "media"), [("png", "image/png"), ("tif", "image/tiff"), ("webp", "image/webp")]
)
def test_the_format_is_the_one_asked_for(client: httpx.Client, format: str, media: str) -> None:
    answer = client.post("/v1/colorize", params={"format": format}, content=scan())
    assert answer.headers["content-type"] == media
    assert read(answer.content).format == format


def test_all_pages_are_coloured_where_the_format_holds_them(client: httpx.Client) -> None:
    page = Image.fromarray(np.full((40, 50), 90, np.uint8))
    file = io.BytesIO()
    page.save(file, "TIFF", save_all=True, append_images=[page.resize((30, 20))])
    answer = client.post("/v1/colorize", content=file.getvalue())
    assert [found.size for found in read_pages(answer.content)] == [(40, 50), (20, 30)]
    said = problem(client.post("/v1/colorize?format=png", content=file.getvalue()), 422)
    assert said.startswith("PNG cannot hold its 2 pages") and said.endswith("(allow_loss=true)")
    answer = client.post("/v1/colorize?format=png&allow_loss=true", content=file.getvalue())
    assert read(answer.content).size == (40, 50)


def test_sixteen_bits_stay_sixteen(client: httpx.Client) -> None:
    codes = np.linspace(0, 65535, 64 * 48).reshape(48, 64).astype(np.uint16)
    file = io.BytesIO()
    Image.fromarray(codes).save(file, "PNG")
    address = client.post("/v1/pictures", content=file.getvalue()).headers["location"]
    told = client.get(address).json()
    assert told["depth"] == 16
    cut = ["jpg", "webp", "avif", *(["jp2"] if not codecs.installed() else [])]
    assert told["losses"] == {
        **{key: ["16 bits per channel (rounded to 8)"] for key in cut},
        "bmp": ["16 bits per channel (rounded to 8)", "XMP (left out)"],
    }
    assert "--" not in problem(client.get(f"{address}/render?format=jpg"), 422)
    allowed = client.get(f"{address}/render?format=jpg&allow_loss=true")
    assert read(allowed.content).pixels.dtype == np.uint8
    assert read(client.get(f"{address}/render").content).pixels.dtype == np.uint16
    assert read(client.get(f"{address}/preview").content).pixels.dtype == np.uint8


def test_a_picture_is_opened_told_of_and_forgotten(client: httpx.Client) -> None:
    answer = client.post("/v1/pictures?name=aunt.jpg", content=scan())
    assert answer.status_code == 201
    told = answer.json()
    assert answer.headers["location"] == f"/v1/pictures/{told['id']}"
    assert (told["width"], told["height"], told["format"]) == (96, 64, "jpg")
    assert (told["name"], told["depth"], told["coloured"], told["pages"]) == (
        "aunt.jpg",
        8,
        False,
        1,
    )
    assert told["uncertainty"] > 1 and told["expires_in"] > 0 and told["notes"] == []
    address = answer.headers["location"]
    assert client.get(address).json() == told
    assert client.delete(address).status_code == 204
    for forgotten in (
        client.get(address),
        client.get(f"{address}/preview"),
        client.delete(address),
    ):
        assert "send it again" in problem(forgotten, 404)


def test_every_page_of_a_file_can_be_opened(client: httpx.Client) -> None:
    page = Image.fromarray(np.full((40, 50), 90, np.uint8))
    file = io.BytesIO()
    page.save(file, "TIFF", save_all=True, append_images=[page.resize((30, 20))])
    for number, width in ((1, 50), (2, 30)):
        told = client.post(f"/v1/pictures?page={number}", content=file.getvalue()).json()
        assert (told["page"], told["pages"], told["width"]) == (number, 2, width)
    assert "no page 3" in problem(client.post("/v1/pictures?page=3", content=file.getvalue()), 422)


def test_a_picture_can_be_forgotten_later(client: httpx.Client, picture: str) -> None:
    assert client.delete(f"{picture}?after=60").status_code == 204
    assert client.get(picture).status_code == 200


def test_a_hint_is_seen_where_it_was_placed(client: httpx.Client, picture: str) -> None:
    plain = client.post(f"{picture}/preview", json={"vividness": 0})
    hinted = client.post(f"{picture}/preview", json=PINK_SPOT)
    assert np.abs(ab(hinted, 48, 32) - PINK).max() < 4
    assert np.abs(ab(hinted, 48, 32) - ab(plain, 48, 32)).max() > 15
    assert np.abs(ab(hinted, 3, 3) - ab(plain, 3, 3)).max() < 4


def test_options_mean_the_same_in_a_query_and_in_a_body(client: httpx.Client, picture: str) -> None:
    query = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in PINK_SPOT.items()
    }
    query |= {"palette": "dawn", "size": "80"}
    asked = client.get(f"{picture}/preview", params=query)
    sent = client.post(f"{picture}/preview?size=80", json=PINK_SPOT | {"palette": "dawn"})
    default = client.post(f"{picture}/preview?size=80")
    assert opened(asked).size == (80, 53)
    assert asked.content == sent.content != default.content


def test_every_option_can_be_sent(client: httpx.Client, picture: str) -> None:
    table = Options(vividness=0.5, working_size=96, palette="slide", seed=3).to_json()
    assert opened(client.post(f"{picture}/preview", json=table)).size == (96, 64)


def test_a_region_is_a_part_of_the_preview(client: httpx.Client, picture: str) -> None:
    for show in ("original", "preview"):
        cut = opened(client.get(f"{picture}/{show}?size=96&region=20,10,30,40"))
        assert cut.size == (30, 40)
        whole = np.asarray(opened(client.get(f"{picture}/{show}?size=96")))[10:50, 20:50]
        assert np.abs(np.asarray(cut).astype(int) - whole).mean() < 3  # both are JPEG
    assert "outside" in problem(client.get(f"{picture}/preview?region=96,0,5,5"), 422)


def test_a_render_has_full_size_its_name_and_its_origin(client: httpx.Client) -> None:
    sent = client.post("/v1/pictures?name=Großmutter 1920.png", content=scan(format="PNG"))
    answer = client.get(f"{sent.headers['location']}/render?format=jpg")
    disposition = answer.headers["content-disposition"]
    assert 'filename="Gro_mutter 1920-colour.jpg"' in disposition
    assert "filename*=UTF-8''Gro%C3%9Fmutter%201920-colour.jpg" in disposition
    result = read(answer.content)
    assert result.size == (64, 96) and b"SourceSHA256" in result.metadata.xmp


def test_uncertainty_is_a_grey_map(client: httpx.Client, picture: str) -> None:
    answer = client.get(f"{picture}/uncertainty?size=48")
    image = opened(answer)
    assert (image.format, image.mode, image.size) == ("PNG", "L", (48, 32))
    spread = client.get(picture).json()["uncertainty"]
    assert abs(np.asarray(image).mean() / 8 - spread) < 1


def test_suggestions_are_the_models_own(client: httpx.Client, picture: str) -> None:
    first, second = client.get(f"{picture}/suggestions?x=48&y=32&count=2").json()
    assert first["probability"] > 0.6 > second["probability"] > 0.2
    np.testing.assert_allclose(first["ab"], GREEN, atol=4)
    hint = {"points": [[48, 32]], "color": second["srgb"]}
    answer = client.post(f"{picture}/preview", json={"hints": [hint]})
    np.testing.assert_allclose(ab(answer, 48, 32), second["ab"], atol=4)
    assert "outside" in problem(client.get(f"{picture}/suggestions?x=96&y=0"), 422)


def test_variants_can_be_sent_back_as_options(client: httpx.Client, picture: str) -> None:
    found = client.post(f"{picture}/variants?count=3", json={"vividness": 0.5}).json()
    assert len(found) > 1
    assert [one["options"]["variant"] for one in found] == list(range(len(found)))
    assert found[0]["likelihood"] == 0 >= found[1]["likelihood"]
    looks = {client.post(f"{picture}/preview", json=one["options"]).content for one in found}
    assert len(looks) == len(found)
    far = client.get(f"{picture}/preview?variant=9")
    assert "choose a number" in problem(far, 422)


def test_a_palette_can_be_sent_back_as_an_option(client: httpx.Client, picture: str) -> None:
    red = np.full((40, 40, 3), (200, 108, 104), np.uint8)
    file = io.BytesIO()
    Image.fromarray(red).save(file, "PNG")
    palette = client.post("/v1/palettes?name=red.png", content=file.getvalue()).json()["palette"]
    assert palette["name"] == "red.png"
    plain = ab(client.post(f"{picture}/preview", json={}), 48, 32)
    steered = ab(client.post(f"{picture}/preview", json={"palette": palette}), 48, 32)
    assert steered[0] > plain[0] + 3
    assert "black and white" in problem(client.post("/v1/palettes", content=scan()), 422)


def test_the_server_tells_what_it_takes(client: httpx.Client) -> None:
    about = client.get("/v1/about").json()
    assert about["model"] == {"name": "fake", "version": "0"}
    assert "dawn" in about["looks"] and "tif" in about["formats"]
    assert about["limits"]["upload_bytes"] == 100 << 20
    assert client.get("/healthz").json() == {"status": "ok"}


def test_metrics_count_by_route(client: httpx.Client, picture: str) -> None:
    client.get(f"{picture}/preview")
    client.get("/no/such/address")
    for number in range(3):
        assert client.request(f"INVENTED{number}", "/healthz").status_code == 405
    text = client.get("/metrics").text
    asked = 'method="GET",route="/v1/pictures/{id}/preview",status="200"'
    assert f"reverse_oldify_requests_total{{{asked}}}" in text
    assert "/no/such" not in text and picture not in text and "INVENTED" not in text
    assert float(text.split("\nreverse_oldify_pictures_bytes ")[1].split()[0]) >= 96 * 64


def test_no_documentation_page_that_fetches_from_elsewhere(client: httpx.Client) -> None:
    for address in ("/docs", "/redoc"):
        problem(client.get(address), 404)
    assert client.get("/openapi.json").json()["openapi"].startswith("3.")
