"""XMP that is too long for one segment of a JPEG (XMP specification, part 3, 1.1.3.1).

The packet names a second one, which lies in as many segments as it takes. What it names is put into
the packet when a file is read, so that nothing else has to know of it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import md5
from typing import NamedTuple, cast
from xml.dom import minidom

from reverse_oldify.errors import UnsupportedError
from reverse_oldify.files.jpeg.write import segment_of
from reverse_oldify.files.metadata import xmp
from reverse_oldify.files.metadata.xmp import NOTE, RDF, Statement

SEGMENT = b"http://ns.adobe.com/xmp/extension/\0"
"""What a segment of the second packet begins with."""

PACKET = b"http://ns.adobe.com/xap/1.0/\0"
_APP1 = 0xE1
_PLACE = struct.Struct(">32sII")  # name of the second packet, its length, where this part belongs
_NAMED = "HasExtendedXMP"
_MOST_OF_PACKET = 65_502
_BEFORE_PART = len(SEGMENT) + _PLACE.size
_MOST_OF_PART = 65_533 - _BEFORE_PART
_MOST_REPEATED = 100_000
_SMALL = 512  # bytes of a property that stays where it is
_XML = "http://www.w3.org/XML/1998/namespace"
_NAMESPACES = "http://www.w3.org/2000/xmlns/"

_FOREIGN = "a part of its XMP belongs to something else; left out"
_MISSING = "a part of its XMP is missing or damaged; left out"
_CHANGED = "a part of its XMP does not fit its checksum: it may be damaged"


class Split(NamedTuple):
    """A packet that fits into a segment, and the one that it names."""

    packet: bytes
    extension: bytes


def joined(packet: bytes | None, segments: Sequence[bytes]) -> tuple[bytes | None, tuple[str, ...]]:
    """Put what a packet names into it; also notes.

    Parameters
    ----------
    packet : bytes or None
        Of a JPEG.
    segments : sequence of bytes
        All that begin with `SEGMENT`, in any order.

    Returns
    -------
    (bytes or None, tuple of str)
        The packet, which names nothing any more. What cannot be put into it is left out, with a
        note.
    """
    if packet is None or _NAMED.encode() not in packet:
        return packet, (_FOREIGN,) if segments else ()
    try:
        name = xmp.value_of(packet, NOTE, _NAMED)
        if name is None:
            return packet, (_FOREIGN,) if segments else ()
        extension = _assembled(name.strip(), segments)
        alone = _merged(packet, None)
    except UnsupportedError as error:
        return packet, (f"a part of its XMP was left out: {error}",)
    if extension is None:
        return alone, (_MISSING,)
    try:
        whole = _merged(packet, extension)
        xmp.parsed(whole)  # the two together may be too long
    except UnsupportedError as error:
        return alone, (f"a part of its XMP was left out: {error}",)
    return whole, () if _checksum(extension) == name.strip().upper() else (_CHANGED,)


def is_writable(packet: bytes) -> bool:
    """Whether a packet can be written into a JPEG, in one segment or in more."""
    return len(packet) <= _MOST_OF_PACKET or split(packet) is not None


def to_jpeg(packet: bytes) -> bytes:
    """Lay out the segments of a packet for which `is_writable` holds."""
    parts = split(packet) if len(packet) > _MOST_OF_PACKET else None
    if parts is None:
        return _segment(PACKET + packet)
    name, length = _checksum(parts.extension).encode(), len(parts.extension)
    return _segment(PACKET + parts.packet) + b"".join(
        _segment(SEGMENT + _PLACE.pack(name, length, at) + parts.extension[at : at + _MOST_OF_PART])
        for at in range(0, length, _MOST_OF_PART)
    )


@lru_cache(maxsize=1)
def split(packet: bytes) -> Split | None:
    """Move the longest properties of a packet into a second one, until it fits into a segment.

    None if that cannot be: it is damaged, or the rest of it is too long by itself. Properties of
    less than 512 bytes stay; so the provenance does.
    """
    try:
        document = xmp.parsed(packet)
        rdf = xmp.rdf_of(document)
        _described(rdf)
    except UnsupportedError:
        return None
    _name(rdf, "0" * 32)
    over = len(_wrapped(document)) - _MOST_OF_PACKET
    second = xmp.parsed(None)
    other = xmp.rdf_of(second)
    for empty in xmp.descriptions_of(other):
        other.removeChild(empty)
    copies = dict[minidom.Element, minidom.Element]()
    for description, length, node in _long_properties(rdf):
        if over <= 0:
            break
        description.removeChild(node)
        over -= length
        if description not in copies:
            copies[description] = _copy(description, other)
        copies[description].appendChild(second.importNode(node, True))
    extension = xmp.serialised(second)
    _name(rdf, _checksum(extension))
    main = _wrapped(document)
    return Split(main, extension) if len(main) <= _MOST_OF_PACKET else None


def _long_properties(rdf: minidom.Element) -> list[tuple[minidom.Element, int, minidom.Element]]:
    """Find descriptions, bytes, and elements of long properties, from the longest to the shortest.

    Those that are attributes are made elements, which is the same.
    """
    document = _document(rdf)
    for description in xmp.descriptions_of(rdf):
        for attribute in [each for each in _attributes(description) if len(each.value) >= _SMALL]:
            element = document.createElementNS(attribute.namespaceURI, attribute.name)
            element.appendChild(document.createTextNode(attribute.value))
            description.removeAttributeNode(attribute)
            description.appendChild(element)
    found = [
        (description, len(node.toxml().encode()), node)
        for description in xmp.descriptions_of(rdf)
        for node in description.childNodes
        if isinstance(node, minidom.Element)
    ]
    long = [each for each in found if each[1] >= _SMALL]
    return sorted(long, key=lambda each: each[1], reverse=True)


def _merged(packet: bytes, extension: bytes | None) -> bytes:
    """Put the properties of the second packet into the first, which names it no more."""
    document = xmp.parsed(packet)
    rdf = xmp.rdf_of(document)
    _name(rdf, None)
    if extension is not None:
        known = {
            (node.namespaceURI, node.localName)
            for description in xmp.descriptions_of(rdf)
            for node in (*description.childNodes, *_attributes(description))
        }
        for description in _described(xmp.rdf_of(xmp.parsed(extension))):
            copy = _copy(description, rdf)
            for attribute in _attributes(description):
                if (attribute.namespaceURI, attribute.localName) not in known:  # nothing twice
                    copy.setAttributeNS(attribute.namespaceURI, attribute.name, attribute.value)
            for node in description.childNodes:
                if (node.namespaceURI, node.localName) not in known or not node.localName:
                    copy.appendChild(document.importNode(node, True))
    return _wrapped(document)


def _described(rdf: minidom.Element) -> list[minidom.Element]:
    """Return the descriptions, if what their prefixes stand for can be said with each of them."""
    descriptions = xmp.descriptions_of(rdf)
    outside, node = 0, cast("minidom.Node | None", rdf)
    while isinstance(node, minidom.Element):
        outside, node = outside + node.attributes.length, node.parentNode
    if outside * len(descriptions) > _MOST_REPEATED:
        raise UnsupportedError("it names too many namespaces")
    return descriptions


def _copy(description: minidom.Element, rdf: minidom.Element) -> minidom.Element:
    """Begin a description of the same elsewhere, in which all prefixes stand for the same."""
    copy = _document(rdf).createElementNS(RDF, description.tagName)
    node: minidom.Node | None = description
    while isinstance(node, minidom.Element):
        for attribute in node.attributes.values():
            about = (attribute.namespaceURI, attribute.localName) == (RDF, "about")
            wanted = attribute.namespaceURI == _NAMESPACES or about
            if wanted and not copy.hasAttribute(attribute.name):
                copy.setAttributeNS(attribute.namespaceURI, attribute.name, attribute.value)
        node = node.parentNode
    rdf.appendChild(copy)
    return copy


def _attributes(description: minidom.Element) -> list[minidom.Attr]:
    """Properties of a description that are written as attributes."""
    attributes = description.attributes.values()
    return [each for each in attributes if each.namespaceURI not in (None, RDF, _XML, _NAMESPACES)]


def _name(rdf: minidom.Element, name: str | None) -> None:
    """Name the second packet, or none."""
    for description in xmp.descriptions_of(rdf):
        xmp.remove(description, NOTE, _NAMED)
    if name is not None:
        xmp.describe(rdf, [Statement(NOTE, "xmpNote", _NAMED, name)])


def _assembled(name: str, segments: Iterable[bytes]) -> bytes | None:
    """Put the parts of the second packet behind each other; None unless all are there, once."""
    parts, lengths = list[tuple[int, bytes]](), set[int]()
    for segment in segments:
        if len(segment) < _BEFORE_PART:
            return None
        of, length, at = _PLACE.unpack_from(segment, len(SEGMENT))
        if of.upper() == name.upper().encode():
            parts.append((at, segment[_BEFORE_PART:]))
            lengths.add(length)
    end = 0
    for at, part in sorted(parts):
        if at != end:
            return None
        end += len(part)
    return b"".join(part for _, part in sorted(parts)) if lengths == {end} else None


def _document(rdf: minidom.Element) -> minidom.Document:
    assert rdf.ownerDocument is not None
    return rdf.ownerDocument


def _wrapped(document: minidom.Document) -> bytes:
    return xmp.wrapped(xmp.serialised(document))


def _checksum(extension: bytes) -> str:
    """By which a second packet is named."""
    return md5(extension, usedforsecurity=False).hexdigest().upper()


def _segment(contents: bytes) -> bytes:
    return segment_of(_APP1, contents)
