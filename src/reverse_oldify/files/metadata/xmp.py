"""Put statements into an XMP packet (ISO 16684-1) that someone else wrote, and trust nothing in it.

A packet is XML, and XML from strangers may be a bomb: no document type, so no entities, is let
through, and size, depth and number of elements have limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeGuard
from xml.dom import minidom
from xml.parsers import expat

from reverse_oldify.errors import UnsupportedError

MOST_BYTES = 8 << 20
"""A longer packet is not touched."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XMP = "http://ns.adobe.com/xap/1.0/"
NOTE = "http://ns.adobe.com/xmp/note/"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"

_DEEPEST, _MOST_NODES, _MOST_ATTRIBUTES = 64, 50_000, 100_000
_NAMESPACES = "http://www.w3.org/2000/xmlns/"
_EMPTY = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    f'<rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>'
)
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
_END = '\n<?xpacket end="w"?>'

_TIFF = (
    *("Orientation", "ImageWidth", "ImageLength", "BitsPerSample", "SamplesPerPixel"),
    *("PhotometricInterpretation", "Compression", "PlanarConfiguration"),
)
_EXIF = "ColorSpace", "PixelXDimension", "PixelYDimension"
_STALE = (  # what was true of the grey scan as it was stored, and where its packet went on
    *(("http://ns.adobe.com/tiff/1.0/", name) for name in _TIFF),
    *(("http://ns.adobe.com/exif/1.0/", name) for name in _EXIF),
    (XMP, "Thumbnails"),
    (XMP, "ThumbnailImage"),
    ("http://ns.adobe.com/photoshop/1.0/", "ICCProfile"),
    ("http://ns.adobe.com/photoshop/1.0/", "ColorMode"),
    (NOTE, "HasExtendedXMP"),
)
_ENCODINGS = {  # by the first bytes (XML 1.0, annex F)
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
# XML reads these as spaces or line ends unless they are written by number, which minidom does not
# do. So each becomes a character that no text has, and that its number when all is text.
_STAND_INS = {"\t": "\ufdd0", "\n": "\ufdd1", "\r": "\ufdd2"}


class Statement(NamedTuple):
    """One property of the picture, with a plain text as its value.

    ``prefix`` stands for ``namespace`` where the packet has to name it.
    """

    namespace: str
    prefix: str
    name: str
    value: str


def merge(packet: bytes | None, statements: Sequence[Statement]) -> bytes:
    """Add statements to a packet; each replaces what the packet said of the same property.

    What the packet says of the file (orientation, size, samples, thumbnails) is left out: it is no
    longer true.

    Parameters
    ----------
    packet : bytes or None
        An XMP packet in UTF-8 or UTF-16, with or without its wrapper.
    statements : sequence of Statement
        At least one.

    Returns
    -------
    bytes
        A packet in UTF-8, whose prefixes are those it had.

    Raises
    ------
    UnsupportedError
        The packet is not one that can be read safely; the message says why.
    """
    document = parsed(packet)
    rdf = rdf_of(document)
    descriptions = descriptions_of(rdf)
    replaced = {(statement.namespace, statement.name) for statement in statements}
    for description in descriptions:
        for namespace, name in (*replaced, *_STALE):
            remove(description, namespace, name)
    describe(rdf, statements)
    return wrapped(serialised(document))


def value_of(packet: bytes | None, namespace: str, name: str) -> str | None:
    """Value of a property that is plain text; None if there is none.

    Raises
    ------
    UnsupportedError
        As `merge`.
    """
    for description in parsed(packet).getElementsByTagNameNS(RDF, "Description"):
        if description.hasAttributeNS(namespace, name):
            return description.getAttributeNS(namespace, name)
        for node in description.childNodes:
            if _is(node, namespace, name):
                return "".join(part.data for part in node.childNodes if hasattr(part, "data"))
    return None


def parsed(packet: bytes | None) -> minidom.Document:
    """Parse a packet, or an empty one; errors are those of `merge`."""
    if packet is None:
        return minidom.parseString(_EMPTY)
    if len(packet) > MOST_BYTES:
        raise UnsupportedError(f"it is longer than {MOST_BYTES >> 20} MB")
    try:
        text = packet.decode(_ENCODINGS.get(packet[:2], "utf-8-sig")).strip("\0 \t\r\n")
        _check(text)
        return minidom.parseString(text)
    except (UnicodeDecodeError, expat.ExpatError) as error:
        raise UnsupportedError("it is damaged") from error


def rdf_of(document: minidom.Document) -> minidom.Element:
    """Return the element in which properties are; errors are those of `merge`."""
    rdf = document.getElementsByTagNameNS(RDF, "RDF")
    if not rdf:
        raise UnsupportedError("it is not XMP")
    return rdf[0]


def descriptions_of(rdf: minidom.Element) -> list[minidom.Element]:
    """Return the elements whose children and attributes are properties."""
    return [node for node in rdf.childNodes if _is(node, RDF, "Description")]


def describe(rdf: minidom.Element, statements: Sequence[Statement]) -> None:
    """Add statements of what is described there already."""
    descriptions = descriptions_of(rdf)
    about = descriptions[0].getAttributeNS(RDF, "about") if descriptions else ""
    assert rdf.ownerDocument is not None
    rdf.appendChild(_description(rdf.ownerDocument, about, statements))


def serialised(document: minidom.Document) -> bytes:
    """Write a document in UTF-8, so that it is read again as it is."""
    for element in document.getElementsByTagName("*"):
        for attribute in element.attributes.values():
            attribute.value = _masked(attribute.value, "\t\n\r")
        for node in element.childNodes:
            if node.nodeType == node.TEXT_NODE:
                node.data = _masked(node.data, "\r")
    assert document.documentElement is not None
    text = document.documentElement.toxml()
    for letter, stand_in in _STAND_INS.items():
        text = text.replace(stand_in, f"&#{ord(letter)};")
    return text.encode()


def wrapped(packet: bytes) -> bytes:
    """Put what is serialised between the marks by which a packet is found in any file."""
    return _BEGIN.encode() + packet + _END.encode()


def _masked(text: str, letters: str) -> str:
    for letter in letters:
        text = text.replace(letter, _STAND_INS[letter])
    return text


def _check(text: str) -> None:
    """Walk through XML without building anything, and refuse what a packet never needs."""
    depth, nodes, attributes = 0, 0, 0

    def count(*_: object) -> None:
        nonlocal nodes
        nodes += 1
        if depth > _DEEPEST or nodes > _MOST_NODES or attributes > _MOST_ATTRIBUTES:
            raise UnsupportedError("it is nested too deeply, or too long")

    def begin(_name: str, values: dict[str, str]) -> None:
        nonlocal depth, attributes
        depth, attributes = depth + 1, attributes + len(values)
        count()

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise UnsupportedError("it declares a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CommentHandler = parser.StartCdataSectionHandler = count
    parser.ProcessingInstructionHandler = count
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(text, True)


def _description(
    document: minidom.Document, about: str, statements: Sequence[Statement]
) -> minidom.Element:
    element = document.createElementNS(RDF, "rdf:Description")
    element.setAttributeNS(_NAMESPACES, "xmlns:rdf", RDF)
    element.setAttributeNS(RDF, "rdf:about", about)
    for namespace, prefix, name, value in statements:
        element.setAttributeNS(_NAMESPACES, f"xmlns:{prefix}", namespace)
        node = document.createElementNS(namespace, f"{prefix}:{name}")
        node.appendChild(document.createTextNode(_plain(value)))
        element.appendChild(node)
    return element


def remove(description: minidom.Element, namespace: str, name: str) -> None:
    """Leave out a property."""
    if description.hasAttributeNS(namespace, name):
        description.removeAttributeNS(namespace, name)
    for node in [node for node in description.childNodes if _is(node, namespace, name)]:
        description.removeChild(node)


def _is(node: minidom.Node, namespace: str, name: str) -> TypeGuard[minidom.Element]:
    return (
        isinstance(node, minidom.Element)
        and node.namespaceURI == namespace
        and node.localName == name
    )


def _plain(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return "".join(letter for letter in text if letter.isprintable())
