"""An edit is marked in the XMP packet; nothing else in it changes, and no mark is ever weakened."""

import pickle
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from processors import decoding, encoding, marking
from processors.marking import SourceType, UnmarkableXmpError
from tests import picture_files as files

CLASSICAL: SourceType = "algorithmicallyEnhanced"
TRAINED: SourceType = "compositeWithTrainedAlgorithmicMedia"
PADDING = b"\n".join([b" " * 99] * 20)


def packet(inside: bytes, padding: bytes = b"", about: bytes = b"") -> bytes:
    """A packet as Adobe's toolkit writes it, with `inside` as attributes and elements of its description."""
    return (
        b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 5.6">\n'
        b' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        b'  <rdf:Description rdf:about="' + about + b'" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        b' xmlns:ext="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"' + inside + b"</rdf:Description>\n"
        b" </rdf:RDF>\n</x:xmpmeta>\n" + padding + b'<?xpacket end="w"?>'
    )


PLAIN = packet(b' dc:format="image/jpeg"><dc:title>A &amp; B \xc3\xa4</dc:title>')
FORMS = {
    "attribute": b' ext:DigitalSourceType="%s">',
    "single quotes": b" dc:format='x' ext:DigitalSourceType = '%s'>",
    "element": b"><ext:DigitalSourceType>%s</ext:DigitalSourceType>",
    "resource": b'><ext:DigitalSourceType rdf:resource="%s"/>',
}


def vocabulary(name: str) -> str:
    return marking.VOCABULARY + name


@pytest.mark.parametrize("source_type", [CLASSICAL, TRAINED])
@pytest.mark.parametrize("xmp", [b"", b"\0\0", PLAIN, PLAIN + b"\0"])
def test_a_packet_without_a_mark_gets_one(xmp: bytes, source_type: SourceType) -> None:
    new = marking.mark(xmp, source_type)
    assert marking.source_types(new) == (vocabulary(source_type),)
    assert new == marking.mark(xmp, source_type)


def test_the_rest_of_the_packet_stays_byte_for_byte() -> None:
    new = marking.mark(PLAIN, TRAINED)
    added = re.search(rb"<rdf:Description xmlns:rdf=[^>]*/>", new)
    assert added is not None
    assert new.replace(added[0], b"") == PLAIN


def test_the_new_description_is_about_the_same_thing() -> None:
    new = marking.mark(packet(b">", about=b"uuid:1&quot;2"), TRAINED)
    rdf = ElementTree.fromstring(new)[0]  # noqa: S314  # of our own making
    about = [node.get("{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about") for node in rdf]
    assert about == ['uuid:1"2', 'uuid:1"2']


@pytest.mark.parametrize("form", FORMS)
def test_a_weaker_mark_is_replaced_where_it_stands(form: str) -> None:
    for old in ("digitalCapture", "negativeFilm", ""):
        xmp = packet(FORMS[form] % (vocabulary(old) if old else "").encode())
        new = marking.mark(xmp, CLASSICAL)
        assert new == packet(FORMS[form] % vocabulary(CLASSICAL).encode())
        assert marking.source_types(new) == (vocabulary(CLASSICAL),)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("old", "source_type"),
    [
        ("trainedAlgorithmicMedia", TRAINED),
        ("trainedAlgorithmicMedia", CLASSICAL),
        ("compositeWithTrainedAlgorithmicMedia", CLASSICAL),
        ("compositeWithTrainedAlgorithmicMedia", TRAINED),
        ("compositeSynthetic", CLASSICAL),
        ("somethingNewer", CLASSICAL),
        ("algorithmicallyEnhanced", CLASSICAL),
    ],
)
def test_a_mark_that_says_as_much_or_more_stays(form: str, old: str, source_type: SourceType) -> None:
    for value in (vocabulary(old), vocabulary(old).replace("http:", "https:"), old):
        xmp = packet(FORMS[form] % value.encode())
        assert marking.mark(xmp, source_type) == xmp


def test_a_trained_edit_outweighs_a_classical_one() -> None:
    once = marking.mark(PLAIN, CLASSICAL)
    assert marking.source_types(marking.mark(once, TRAINED)) == (vocabulary(TRAINED),)


def test_a_mark_on_an_ingredient_is_not_the_pictures() -> None:
    nested = (
        b'><dc:source rdf:parseType="Resource"><ext:DigitalSourceType>'
        b"trainedAlgorithmicMedia</ext:DigitalSourceType></dc:source>"
    )
    assert marking.source_types(packet(nested)) == ()
    assert marking.source_types(marking.mark(packet(nested), CLASSICAL)) == (vocabulary(CLASSICAL),)


def test_padding_makes_room_so_that_the_length_stays() -> None:
    xmp = packet(b">", PADDING)
    new = marking.mark(xmp, TRAINED)
    assert len(new) == len(xmp)
    assert marking.source_types(new) == (vocabulary(TRAINED),)
    short = packet(b">", b" " * 50)
    assert len(marking.mark(short, TRAINED)) > len(short)


BOMB = (
    b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>"""
)


@pytest.mark.parametrize(
    "xmp",
    [
        pytest.param(BOMB, id="entities"),
        pytest.param(b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', id="external document type"),
        pytest.param(b"garbage", id="garbage"),
        pytest.param(b"\xff\xfe" + PLAIN.decode().encode("utf-16-le"), id="utf-16"),
        pytest.param(PLAIN.decode().encode("utf-16-be"), id="utf-16 without a mark"),
        pytest.param(PLAIN[:-60], id="cut"),
        pytest.param(PLAIN.replace(b"\xc3\xa4", b"\xe4"), id="latin-1"),
        pytest.param(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", id="no RDF"),
        pytest.param(b"<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>", id="empty RDF"),
        pytest.param(packet(b"><ext:DigitalSourceType><b/></ext:DigitalSourceType>"), id="mark with children"),
        pytest.param(packet(b"><ext:DigitalSourceType/>"), id="empty mark"),
    ],
)
def test_a_packet_that_cannot_be_read_is_named_and_not_dropped(xmp: bytes) -> None:
    with pytest.raises(UnmarkableXmpError) as caught:
        marking.mark(xmp, CLASSICAL)
    assert caught.value.reason == "xmp_unreadable"
    assert pickle.loads(pickle.dumps(caught.value)).reason == "xmp_unreadable"  # noqa: S301


def test_a_deep_packet_does_no_harm() -> None:
    deep = packet(b">" + b"<dc:a>" * 20_000 + b"</dc:a>" * 20_000)
    assert marking.source_types(marking.mark(deep, CLASSICAL)) == (vocabulary(CLASSICAL),)


def test_a_packet_that_is_or_grows_too_large_is_named() -> None:
    for xmp, max_bytes in ((PLAIN, len(PLAIN) - 1), (PLAIN, len(PLAIN) + 10), (b" " * (2 << 20), 4 << 20)):
        with pytest.raises(UnmarkableXmpError, match="xmp_too_large"):
            marking.mark(xmp, TRAINED, max_bytes)


@pytest.mark.parametrize("make", [files.png, files.webp])
def test_a_marked_picture_carries_its_mark_into_the_file(make) -> None:
    data = make()
    picture = marking.marked(decoding.decode(data), TRAINED)
    result = decoding.decode(encoding.encode(picture, data))
    assert marking.source_types(result.metadata.xmp) == (vocabulary(TRAINED),)
    assert encoding.encode(marking.marked(result, CLASSICAL), encoding.encode(picture, data)) is not None
    assert marking.marked(result, CLASSICAL).metadata == result.metadata


def test_a_jpegs_packet_may_not_outgrow_its_segment() -> None:
    full = packet(b">" + b"<dc:a>" + b"x" * (encoding.JPEG_XMP_BYTES - 500) + b"</dc:a>")
    picture = decoding.decode(files.jpeg())
    picture = replace(picture, metadata=replace(picture.metadata, xmp=full))
    with pytest.raises(UnmarkableXmpError, match="xmp_too_large"):
        marking.marked(picture, TRAINED)
    assert marking.marked(replace(picture, format="PNG"), TRAINED).metadata.xmp != full
