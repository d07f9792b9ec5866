"""Says in a picture's XMP packet what made the edit (IPTC DigitalSourceType), and keeps what stood there.

The packet is never rewritten: expat finds the place to change in its bytes and only the mark's own bytes are put in,
so that whatever else stands in it stays as it was. Its length stays too where it has padding to give. A mark that
already says more about machines (made or composed by trained models, say) is neither taken away nor weakened.

Hostile packets are turned down with UnmarkableXmpError, so that the picture goes to a person: over MAX_XMP_BYTES, not
UTF-8, with a document type (where entity bombs live), or no XMP at all. Dropping them could drop a mark.
"""

import re
from dataclasses import replace
from typing import Literal
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from processors import encoding
from processors.errors import PipelineError
from processors.pictures import Picture

SourceType = Literal["algorithmicallyEnhanced", "compositeWithTrainedAlgorithmicMedia"]

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
MAX_XMP_BYTES = 1 << 20

#: How much a mark says about machines; one that is not listed (`compositeSynthetic`, ...) ranks 2.
_RANKS = {
    **dict.fromkeys(("digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print"), 0),
    **dict.fromkeys(("humanEdits", "minorHumanEdits", ""), 0),
    "algorithmicallyEnhanced": 1,
    "compositeWithTrainedAlgorithmicMedia": 3,
    "trainedAlgorithmicMedia": 4,
}
_IPTC = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_EMPTY_PACKET = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_TAG = re.compile(rb"""<[^<>"']*(?:"[^"]*"[^<>"']*|'[^']*'[^<>"']*)*>""")
_VALUE = rb"""\s*=\s*(?:"([^"]*)"|'([^']*)')"""
_PADDING = re.compile(rb"\s+(?=<\?xpacket end=[^>]*\?>\s*\Z)")


class UnmarkableXmpError(PipelineError):
    """An XMP packet that cannot be marked safely; `reason` is `xmp_unreadable` or `xmp_too_large`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.reason, self.detail)


def source_type(*, trained: bool) -> SourceType:
    """What made an edit: filled in by a trained model counts as composed with its work, however small the part."""
    return "compositeWithTrainedAlgorithmicMedia" if trained else "algorithmicallyEnhanced"


def marked(picture: Picture, source_type: SourceType) -> Picture:
    """The picture with the mark in its XMP. Raises UnmarkableXmpError (see mark; JPEG holds less than the others)."""
    max_bytes = encoding.JPEG_XMP_BYTES if picture.format == "JPEG" else MAX_XMP_BYTES
    return replace(picture, metadata=replace(picture.metadata, xmp=mark(picture.metadata.xmp, source_type, max_bytes)))


def mark(xmp: bytes, source_type: SourceType, max_bytes: int = MAX_XMP_BYTES) -> bytes:
    """The packet with the mark; a new one where `xmp` is empty.

    Raises UnmarkableXmpError: `xmp_too_large` where the packet, before or after, is over `max_bytes`,
    `xmp_unreadable` where it cannot be parsed.
    """
    packet = xmp.rstrip(b"\0") or _EMPTY_PACKET
    _check_size(packet, max_bytes)
    found = _read(packet)
    if any(_rank(value) >= _rank(source_type) for value, _, _ in found.marks):
        return xmp
    value = (VOCABULARY + source_type).encode()
    new = packet
    for _, start, stop in sorted(found.marks, key=lambda mark: mark[1], reverse=True):
        new = new[:start] + value + new[stop:]
    if not found.marks:
        new = packet[: found.rdf_end] + _description(found.about, value.decode()) + packet[found.rdf_end :]
    new = _unpadded(new, len(new) - len(packet))
    _check_size(new, max_bytes)
    return new + xmp[len(xmp.rstrip(b"\0")) :]


def source_types(xmp: bytes) -> tuple[str, ...]:
    """The marks that the packet holds, as written. Raises UnmarkableXmpError where it cannot be parsed."""
    packet = xmp.rstrip(b"\0")
    return tuple(value for value, _, _ in _read(packet).marks) if packet else ()


def _check_size(packet: bytes, max_bytes: int) -> None:
    if len(packet) > max_bytes:
        raise UnmarkableXmpError("xmp_too_large", f"{len(packet)} > {max_bytes} bytes")


def _rank(value: str) -> int:
    return _RANKS.get(value.strip().rsplit("/", 1)[-1], 2)


def _description(about: str, value: str) -> bytes:
    return (
        f'<rdf:Description xmlns:rdf="{_RDF}" rdf:about={quoteattr(about)}'
        f' xmlns:Iptc4xmpExt="{_IPTC}" Iptc4xmpExt:DigitalSourceType="{value}"/>'
    ).encode()


def _unpadded(packet: bytes, growth: int) -> bytes:
    """Takes up to `growth` bytes of the white space that XMP writers leave before the trailer for this purpose."""
    padding = _PADDING.search(packet)
    if padding is None or growth <= 0:
        return packet
    return packet[: max(padding.end() - growth, padding.start() + 1)] + packet[padding.end() :]


def _read(packet: bytes) -> "_Reader":
    if len(packet) > MAX_XMP_BYTES:
        raise UnmarkableXmpError("xmp_too_large", f"{len(packet)} > {MAX_XMP_BYTES} bytes")
    reader = _Reader(packet)
    try:
        reader.parser.Parse(packet, True)
    except expat.ExpatError as error:
        raise UnmarkableXmpError("xmp_unreadable", str(error)) from error
    if reader.rdf_end < 0:
        raise UnmarkableXmpError("xmp_unreadable", "no RDF")
    return reader


class _Reader:
    """Finds where marks stand in a packet, and where a new one can be put in."""

    def __init__(self, packet: bytes) -> None:
        self.packet = packet
        #: (value, first byte, one past the last byte) of each mark on the picture itself
        self.marks: list[tuple[str, int, int]] = []
        #: what the descriptions are about; offset of the RDF element's end tag, -1 until found
        self.about = ""
        self.rdf_end = -1
        self._path: list[str] = []
        self._text = ""
        self._text_start = -1
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _doctype(self, name: str, system: str | None, public: str | None, internal: bool) -> None:
        raise UnmarkableXmpError("xmp_unreadable", f"document type {name}")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self.parser.CurrentByteIndex
        if self._is_node():
            self.about = self.about or attributes.get(f"{_RDF} about", "")
            self._mark_in_attribute(attributes, f"{_IPTC} DigitalSourceType", b"DigitalSourceType", at)
        elif self._is_property() and name == f"{_IPTC} DigitalSourceType":
            self._mark_in_attribute(attributes, f"{_RDF} resource", b"resource", at)
            tag = self._tag(at)
            if f"{_RDF} resource" not in attributes:
                if tag.endswith(b"/>"):
                    raise UnmarkableXmpError("xmp_unreadable", "an empty mark")
                self._text, self._text_start = "", at + len(tag)
        self._path.append(name)

    def _end(self, name: str) -> None:
        self._path.pop()
        at = self.parser.CurrentByteIndex
        if self._text_start >= 0 and self._is_property():
            self._end_mark(at)
        if name == f"{_RDF} RDF" and self.rdf_end < 0:
            if not self.packet.startswith(b"</", at):
                raise UnmarkableXmpError("xmp_unreadable", "empty RDF")
            self.rdf_end = at

    def _end_mark(self, at: int) -> None:
        if b"<" in self.packet[self._text_start : at]:
            raise UnmarkableXmpError("xmp_unreadable", "a mark that is not plain text")
        self.marks.append((self._text, self._text_start, at))
        self._text_start = -1

    def _characters(self, text: str) -> None:
        self._text += text

    def _is_node(self) -> bool:
        return self._path[-1:] == [f"{_RDF} RDF"]

    def _is_property(self) -> bool:
        return self._path[-2:-1] == [f"{_RDF} RDF"]

    def _tag(self, at: int) -> bytes:
        tag = _TAG.match(self.packet, at)
        if tag is None:
            raise UnmarkableXmpError("xmp_unreadable", f"tag at byte {at}")
        return tag[0]

    def _mark_in_attribute(self, attributes: dict[str, str], name: str, local: bytes, at: int) -> None:
        if name not in attributes:
            return
        written = re.search(rb":" + local + _VALUE, self._tag(at))
        if written is None:
            raise UnmarkableXmpError("xmp_unreadable", f"attribute {name}")
        group = 1 if written[1] is not None else 2
        self.marks.append((attributes[name], at + written.start(group), at + written.end(group)))
