"""XMP is added to, and bombs and rubbish are refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverse_oldify.errors import UnsupportedError
from reverse_oldify.files.metadata.xmp import (
    IPTC_EXTENSION,
    MOST_BYTES,
    XMP,
    Statement,
    merge,
    value_of,
)

TYPE = Statement(IPTC_EXTENSION, "Iptc4xmpExt", "DigitalSourceType", "new & <true>")
TOOL = Statement(XMP, "xmp", "CreatorTool", "a tool")
DC = "http://purl.org/dc/elements/1.1/"
TIFF = "http://ns.adobe.com/tiff/1.0/"

PACKET = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="scanner">
 <r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <r:Description r:about="uuid:7" xmlns:I="{IPTC_EXTENSION}" xmlns:tiff="{TIFF}"
    I:DigitalSourceType="old" tiff:Orientation="6" tiff:Make="Maker &amp; Sons">
   <dc:title xmlns:dc="{DC}"><r:Alt><r:li xml:lang="x-default">Ødegård</r:li></r:Alt></dc:title>
   <q:CreatorTool xmlns:q="{XMP}">scan tool</q:CreatorTool>
  </r:Description>
 </r:RDF>
</x:xmpmeta>
<?xpacket end="w"?>""".encode()


def test_statements_are_added_and_the_rest_stays() -> None:
    merged = merge(PACKET, [TYPE, TOOL])
    text = merged.decode()
    assert value_of(merged, IPTC_EXTENSION, "DigitalSourceType") == "new & <true>"
    assert value_of(merged, XMP, "CreatorTool") == "a tool"
    assert value_of(merged, TIFF, "Make") == "Maker & Sons"
    assert "Ødegård" in text
    assert 'r:about="uuid:7"' in text
    assert text.count("DigitalSourceType") == 2, "one element, begun and ended"
    assert "scan tool" not in text


def test_orientation_that_was_applied_is_dropped() -> None:
    assert value_of(PACKET, TIFF, "Orientation") == "6"
    assert value_of(merge(PACKET, [TOOL]), TIFF, "Orientation") is None


def test_without_a_packet_there_is_a_new_one() -> None:
    merged = merge(None, [TYPE])
    assert merged.startswith(b"<?xpacket begin=")
    assert value_of(merged, IPTC_EXTENSION, "DigitalSourceType") == "new & <true>"


def test_merging_twice_changes_nothing() -> None:
    once = merge(PACKET, [TYPE, TOOL])
    assert merge(once, [TYPE, TOOL]).count(b"a tool") == 1


def test_characters_that_xml_lacks_are_dropped() -> None:
    merged = merge(None, [TOOL._replace(value="a\0b\x1b\ud800c]]>")])
    assert value_of(merged, XMP, "CreatorTool") == "abc]]>"


def test_lines_in_attributes_stay_lines() -> None:
    """As they are in compact packets: a parser makes spaces of those that are not numbered."""
    value = "a line\nanother\tand\r\nmore"
    numbered = value.replace("\n", "&#10;").replace("\t", "&#9;").replace("\r", "&#xD;")
    packet = PACKET.replace(b"Maker &amp; Sons", numbered.encode())
    assert value_of(packet, TIFF, "Make") == value
    once = merge(packet, [TYPE])
    assert value_of(once, TIFF, "Make") == value
    assert value_of(merge(once, [TYPE]), TIFF, "Make") == value
    returned = packet.replace("Ødegård".encode(), b"a&#13;&#10;b")
    assert b"a&#13;\nb" in merge(returned, [TYPE])


BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">&b;</x:xmpmeta>'
)
OUTSIDE = b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (BOMB, "document type"),
        (OUTSIDE, "document type"),
        (BOMB.decode().encode("utf-16"), "document type"),
        (BOMB.decode().encode("utf-16-be"), "document type"),
        (b"<a>" * 1000 + b"</a>" * 1000, "deeply"),
        (b"<a>" + b"<b/>" * 60_000 + b"</a>", "too long"),
        (b"<a>" + b"<!---->" * 60_000 + b"</a>", "too long"),
        (b"<a>" + b"<?p?>" * 60_000 + b"</a>", "too long"),
        (b"<a>" + b"<![CDATA[x]]>" * 60_000 + b"</a>", "too long"),
        (b"<a " + b" ".join(b"a%d=''" % at for at in range(110_000)) + b"/>", "too long"),
        (b"<x>&undefined;</x>", "damaged"),
        (b"<x>", "damaged"),
        (b"", "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b"<x/>", "not XMP"),
        (b" " * (MOST_BYTES + 1), "longer"),
    ],
    ids=[
        "bomb",
        "outside",
        "utf-16",
        "utf-16-be",
        "deep",
        "wide",
        "comments",
        "instructions",
        "sections",
        "attributes",
        "entity",
        "open",
        "empty",
        "bytes",
        "x",
        "long",
    ],
)
def test_what_is_unsafe_or_damaged_is_refused(packet: bytes, words: str) -> None:
    with pytest.raises(UnsupportedError, match=words):
        merge(packet, [TYPE])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_packets_of_two_bytes_a_letter_are_read(encoding: str) -> None:
    assert merge(PACKET.decode().encode(encoding), [TYPE, TOOL]) == merge(PACKET, [TYPE, TOOL])


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_damaged_packets_merge_or_are_refused(data: st.DataObject) -> None:
    damaged = bytearray(PACKET)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    try:
        merged = merge(bytes(damaged), [TYPE])
    except UnsupportedError:
        return
    assert value_of(merged, IPTC_EXTENSION, "DigitalSourceType") == "new & <true>"


def test_what_describes_the_file_of_the_scan_is_left_out() -> None:
    stale = [(TIFF, "ImageWidth"), (TIFF, "PhotometricInterpretation"), (TIFF, "BitsPerSample")]
    stale += [("http://ns.adobe.com/exif/1.0/", "PixelXDimension"), (XMP, "ThumbnailImage")]
    prefixes = {TIFF: "tiff", XMP: "xmp"}
    packet = merge(
        None, [Statement(space, prefixes.get(space, "exif"), name, "1") for space, name in stale]
    )
    assert value_of(packet, TIFF, "ImageWidth") == "1"
    result = merge(packet, [TOOL])
    assert [value_of(result, *each) for each in stale] == [None] * len(stale)
