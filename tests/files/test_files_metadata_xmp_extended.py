"""XMP that is too long for one segment of a JPEG is read whole, and written whole."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
from hashlib import md5
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_files import encoded, scene
from PIL import Image

from reverse_oldify.errors import LossError
from reverse_oldify.files.metadata import xmp
from reverse_oldify.files.metadata.xmp import NOTE, RDF, XMP, merge, value_of
from reverse_oldify.files.metadata.xmp_extended import SEGMENT, joined, split, to_jpeg
from reverse_oldify.files.picture import Metadata, Picture
from reverse_oldify.files.provenance import STATEMENT, Provenance
from reverse_oldify.files.read import read
from reverse_oldify.files.write import write

DC = "http://purl.org/dc/elements/1.1/"
CRS = "http://ns.adobe.com/camera-raw-settings/1.0/"
LONG = "A long story. " * 9000
MISSING = "a part of its XMP is missing or damaged; left out"
FOREIGN = "a part of its XMP belongs to something else; left out"


def packet_of(inner: str, attributes: str = "") -> bytes:
    spaces = f'xmlns:r="{RDF}" xmlns:dc="{DC}" xmlns:crs="{CRS}" xmlns:xmp="{XMP}"'
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/" {spaces}><r:RDF>'
        f'<r:Description r:about="uuid:7" {attributes}>{inner}</r:Description></r:RDF></x:xmpmeta>'
    ).encode()


EXTENSION = packet_of(f"<crs:Story>{LONG}</crs:Story>", 'crs:Version="7" xmp:Rating="1"')
NAME = md5(EXTENSION).hexdigest().upper()
MAIN = packet_of(
    f'<n:HasExtendedXMP xmlns:n="{NOTE}">{NAME}</n:HasExtendedXMP><dc:source>a box</dc:source>',
    'xmp:Rating="5"',
)


def parts(extension: bytes = EXTENSION, name: str = NAME, step: int = 50_000) -> list[bytes]:
    return [
        SEGMENT + name.encode() + struct.pack(">II", len(extension), at) + extension[at : at + step]
        for at in range(0, len(extension), step)
    ]


def jpeg(*segments: bytes) -> bytes:
    data = encoded(Image.fromarray(scene()), "JPEG", xmp=MAIN)
    more = b"".join(b"\xff\xe1" + struct.pack(">H", 2 + len(each)) + each for each in segments)
    return data[:2] + more + data[2:]


@pytest.mark.parametrize("order", [1, -1])
def test_parts_in_any_order_are_read_into_the_packet(order: int) -> None:
    assert len(parts()) == 3
    picture = read(jpeg(*parts()[::order]))
    packet = picture.metadata.xmp
    assert value_of(packet, CRS, "Story") == LONG
    assert value_of(packet, CRS, "Version") == "7"
    assert value_of(packet, DC, "source") == "a box"
    assert value_of(packet, XMP, "Rating") == "5", "the first packet is right, and says it once"
    assert packet is not None and packet.count(b"Rating") == 1
    assert value_of(packet, NOTE, "HasExtendedXMP") is None
    assert not [note for note in picture.notes if "XMP" in note]


OTHER = "0" * 32


@pytest.mark.parametrize(
    ("segments", "note"),
    [
        ([], MISSING),
        (parts()[:2], MISSING),
        (parts()[1:], MISSING),
        ([parts()[0], parts()[2]], MISSING),
        ([*parts(), parts()[1]], MISSING),
        ([*parts(step=70_000)[:1], *parts()[1:]], MISSING),
        (parts(name=OTHER), MISSING),
        ([parts()[0][:70], *parts()[1:]], MISSING),
        ([*parts()[:2], SEGMENT + NAME.encode() + bytes(8) + parts()[2][75:]], MISSING),
        (parts(b"<x>" + EXTENSION), "a part of its XMP was left out: it is damaged"),
        (parts(b"<x/>"), "a part of its XMP was left out: it is not XMP"),
        (
            parts(b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + EXTENSION),
            "a part of its XMP was left out: it declares a document type",
        ),
    ],
    ids=[
        *("none", "end", "start", "middle", "twice", "overlap", "foreign", "short", "length"),
        *("damaged", "no XMP", "entity"),
    ],
)
def test_what_is_not_whole_is_left_out_and_the_packet_stays(
    segments: list[bytes], note: str
) -> None:
    packet, notes = joined(MAIN, segments)
    assert notes == (note,)
    assert value_of(packet, DC, "source") == "a box"
    assert value_of(packet, CRS, "Story") is None
    assert value_of(packet, NOTE, "HasExtendedXMP") is None, "it names nothing that is not there"


def test_parts_that_nothing_names_are_left_out() -> None:
    plain = packet_of("<dc:source>a box</dc:source>")
    assert joined(plain, parts()) == (plain, (FOREIGN,))
    assert joined(None, parts()) == (None, (FOREIGN,))
    assert joined(plain, []) == (plain, ())
    mentioned = packet_of("<dc:source>HasExtendedXMP</dc:source>")
    assert joined(mentioned, parts()) == (mentioned, (FOREIGN,))


def test_a_part_that_was_changed_is_kept_with_a_note() -> None:
    changed = EXTENSION.replace(b"A long story", b"A wrong tale", 1)
    packet, notes = joined(MAIN, parts(changed))
    assert value_of(packet, CRS, "Story") == LONG.replace("A long story", "A wrong tale", 1)
    assert notes == ("a part of its XMP does not fit its checksum: it may be damaged",)


def test_what_is_longer_than_the_limit_is_left_out_and_the_packet_stays() -> None:
    huge = packet_of(f"<crs:Story>{'x' * (xmp.MOST_BYTES - 300)}</crs:Story>")
    name = md5(huge).hexdigest()
    packet, notes = joined(MAIN.replace(NAME.encode(), name.encode()), parts(huge, name))
    assert notes == ("a part of its XMP was left out: it is longer than 8 MB",)
    assert value_of(packet, DC, "source") == "a box"


def test_namespaces_that_would_multiply_are_refused() -> None:
    """Each description needs all of them: ten thousand would be said ten thousand times."""
    spaces = " ".join(f'xmlns:a{number}="b"' for number in range(2000))
    many = EXTENSION.replace(b"<r:RDF>", f"<r:RDF {spaces}>".encode())
    many = many.replace(b"</r:RDF>", b"<r:Description r:about=''/>" * 2000 + b"</r:RDF>")
    name = md5(many).hexdigest()
    packet, notes = joined(MAIN.replace(NAME.encode(), name.encode()), parts(many, name))
    assert notes == ("a part of its XMP was left out: it names too many namespaces",)
    assert value_of(packet, DC, "source") == "a box"
    assert len(many) > 65_502
    assert split(many) is None


def test_a_damaged_packet_stays_as_it_is() -> None:
    damaged = MAIN[:-20]
    assert joined(damaged, parts()) == (damaged, ("a part of its XMP was left out: it is damaged",))


PROVENANCE = Provenance(
    software="reverse-oldify 9.9",
    model="m",
    model_version="3",
    weights_sha256="ab" * 32,
    options={"vividness": 1.5},
    source_sha256="cd" * 32,
    mean_uncertainty=0.25,
)
STORY = "A line,\nanother & a <third>. Ødegård. " * 4000


def scan(**more: str) -> Picture:
    """A picture whose packet has long properties: an element, and an attribute."""
    told = f"<crs:Story>{_text(STORY)}</crs:Story><dc:source>a box</dc:source>"
    attributes = f"crs:Lines='{'x' * 70_000}&#10;y' crs:Version='7'"
    told += "".join(f"<crs:{name}>{value}</crs:{name}>" for name, value in more.items())
    packet = packet_of(told, attributes)
    return PROVENANCE.written_into(Picture(pixels=scene(), metadata=Metadata(xmp=packet)))


def _text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def segments_of(data: bytes) -> tuple[list[bytes], list[bytes]]:
    """Of the first packet, and of the second."""
    with Image.open(io.BytesIO(data)) as image:
        all_of_it = [segment for _, segment in image.applist]
    mains = [each for each in all_of_it if each.startswith(b"http://ns.adobe.com/xap/1.0/\0")]
    return mains, [each for each in all_of_it if each.startswith(SEGMENT)]


def test_a_long_packet_is_written_whole(tmp_path: Path) -> None:
    picture = scan()
    path = write(picture, tmp_path / "a.jpg")
    back = read(path)
    assert not [note for note in back.notes if "XMP" in note]
    for namespace, name in ((CRS, "Story"), (CRS, "Lines"), (CRS, "Version"), (DC, "source")):
        value = value_of(picture.metadata.xmp, namespace, name)
        assert value
        assert value_of(back.metadata.xmp, namespace, name) == value, name
    assert value_of(back.metadata.xmp, CRS, "Story") == STORY
    assert value_of(back.metadata.xmp, CRS, "Lines") == "x" * 70_000 + "\ny"
    again = read(write(back, tmp_path / "b.jpg"))
    assert value_of(again.metadata.xmp, CRS, "Story") == STORY


def test_the_packet_in_its_place_is_one_by_itself_and_has_the_provenance(tmp_path: Path) -> None:
    mains, seconds = segments_of(write(scan(), tmp_path / "a.jpg").read_bytes())
    assert len(mains) == 1
    main = mains[0].partition(b"\0")[2]
    assert len(main) <= 65_502
    assert STATEMENT.encode() in main
    assert b"compositeWithTrainedAlgorithmicMedia" in main
    assert value_of(main, DC, "source") == "a box"
    extension = b"".join(each[75:] for each in seconds)
    assert value_of(main, NOTE, "HasExtendedXMP") == md5(extension).hexdigest().upper()
    assert not extension.startswith(b"<?xpacket")
    at = 0
    for each in seconds:
        assert struct.unpack_from(">II", each, 67) == (len(extension), at)
        at += len(each) - 75
    assert xmp.parsed(extension)


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_exiftool_reads_all_of_it_back(tmp_path: Path) -> None:
    write(scan(), tmp_path / "a.jpg")
    command = [
        "exiftool",
        "-json",
        "-struct",
        "-b",
        "-validate",
        "-XMP:all",
        "-Warning",
        tmp_path / "a.jpg",
    ]
    (told,) = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert told["Story"] == STORY
    assert told["Lines"] == "x" * 70_000 + "\ny"
    assert str(told["Version"]) == "7"
    assert told["Source"] == "a box"
    assert told["WeightsSHA256"] == "ab" * 32
    assert "Warning" not in told


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="needs exiftool")
def test_what_exiftool_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(Image.fromarray(scene()), "JPEG"))
    (tmp_path / "story").write_text(LONG.strip())
    command = ["exiftool", "-XMP-dc:source=a box", f"-XMP-dc:rights<={tmp_path / 'story'}", path]
    subprocess.run(command, capture_output=True, check=True)
    assert segments_of(path.read_bytes())[1]
    picture = read(path)
    assert value_of(picture.metadata.xmp, DC, "source") == "a box"
    assert LONG.strip().encode() in (picture.metadata.xmp or b"")
    assert not [note for note in picture.notes if "XMP" in note]


@pytest.mark.parametrize("length", [65_502, 65_503])
def test_one_segment_is_used_as_far_as_it_goes(length: int) -> None:
    start, end = MAIN.replace(NAME.encode(), b"").partition(b"a box")[::2]
    packet = start + b"x" * (length - len(start) - len(end)) + end
    data = to_jpeg(packet)
    assert (len(data) == 2 + 2 + 29 + length) == (length == 65_502)
    assert (SEGMENT in data) == (length == 65_503)


def test_without_long_properties_it_is_refused(tmp_path: Path) -> None:
    many = {f"P{number}": "x" * 300 for number in range(300)}
    with pytest.raises(LossError, match=r"JPEG cannot hold its XMP \(left out\); take png"):
        write(scan(**many), tmp_path / "a.jpg")
    picture = Picture(pixels=scene(), metadata=Metadata(xmp=b"no XML " * 10_000))
    with pytest.raises(LossError, match=r"XMP \(left out\)"):
        write(picture, tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []


def test_what_others_named_is_not_named_again() -> None:
    """In a picture of another format, whose writer has dropped what it named."""
    merged = merge(MAIN, [xmp.Statement(DC, "dc", "source", "x")])
    assert value_of(merged, NOTE, "HasExtendedXMP") is None


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.text(max_size=40).map(lambda text: text * 400), max_size=5),
    lines=st.text(st.sampled_from("\t\n\r &<>'\"\U0001f600a"), max_size=60),
)
def test_any_values_are_the_same_in_two_packets(values: list[str], lines: str) -> None:
    told = [xmp.Statement(CRS, "crs", f"P{at}", value) for at, value in enumerate(values)]
    packet = merge(packet_of("", "crs:Lines='old'"), [*told, TYPE])
    document = xmp.parsed(packet)
    (first, *_) = xmp.descriptions_of(xmp.rdf_of(document))
    first.setAttributeNS(CRS, "crs:Lines", lines + "x" * 66_000)
    packet = xmp.serialised(document)
    halves = split(packet)
    assert halves is not None
    name = md5(halves.extension).hexdigest().upper()
    back, notes = joined(halves.packet, parts(halves.extension, name))
    assert notes == ()
    assert value_of(back, CRS, "Lines") == lines + "x" * 66_000
    for namespace, _, prop, _ in (*told, TYPE):
        assert value_of(back, namespace, prop) == value_of(packet, namespace, prop)


TYPE = xmp.Statement(xmp.IPTC_EXTENSION, "Iptc4xmpExt", "DigitalSourceType", "new & <true>")


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_parts_are_never_an_error(data: st.DataObject) -> None:
    segments = [bytearray(each) for each in parts()]
    for _ in range(data.draw(st.integers(1, 4))):
        segment = data.draw(st.sampled_from(segments))
        at = data.draw(st.integers(len(SEGMENT), min(len(segment) - 1, 400)))
        segment[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    packet, _ = joined(MAIN, [bytes(each) for each in segments])
    assert value_of(packet, DC, "source") == "a box"
    assert value_of(packet, NOTE, "HasExtendedXMP") is None
