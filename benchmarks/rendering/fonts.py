"""Fonts of twelve scripts from Debian packages, found through fontconfig, with the characters that each one has."""

import bisect
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Literal

from PIL import ImageFont, features

Manner = Literal["sans", "heavy", "narrow", "serif", "display", "script", "brush", "round", "mono", "lcd"]

#: ISO 15924 codes. `Jpan` and `Kore` are how people write, with Han beside Kana and Hangul.
SCRIPTS = ("Latn", "Cyrl", "Grek", "Arab", "Hebr", "Deva", "Beng", "Taml", "Thai", "Hans", "Jpan", "Kore")

#: Scripts that are laid out glyph by glyph: they bear letter spacing and columns.
LOOSE = frozenset({"Latn", "Cyrl", "Grek", "Hans", "Jpan", "Kore"})
UPRIGHT = frozenset({"Hans", "Jpan", "Kore"})


class FontMissingError(Exception):
    """A font is not installed; the message names the package that has it."""


@dataclass(frozen=True, slots=True)
class Face:
    """One font file, or Pillow's built-in font where `path` is None."""

    path: str | None
    index: int
    name: str
    manner: Manner
    scripts: frozenset[str]
    #: first code points of the ranges covered, and the last ones; ascending
    starts: tuple[int, ...] = field(repr=False)
    ends: tuple[int, ...] = field(repr=False)

    @property
    def bold(self) -> bool:
        """Whether its strokes are heavy, by its name."""
        return any(word in self.name for word in ("Bold", "Black", "Heavy", "Demi", "Semi", "bold"))

    def covers(self, text: str) -> bool:
        """Tell whether every visible character of `text` has a glyph: no empty boxes."""
        return all(self._has(ord(c)) for c in set(text) if not c.isspace() and c not in _JOINERS)

    def _has(self, code: int) -> bool:
        at = bisect.bisect_right(self.starts, code) - 1
        return at >= 0 and code <= self.ends[at]

    def sized(self, size: int) -> ImageFont.FreeTypeFont:
        """Return the font with an em of `size` pixels."""
        return _open(self.path, self.index, size)


#: Joiners and direction marks: they are obeyed, not seen.
_JOINERS = "\u200c\u200d\u200e\u200f"

#: Every family used: (family, styles, manner, scripts, Debian package). One place for what has to be installed.
_LGC = "Latn Cyrl Grek"
_FAMILIES: tuple[tuple[str, str, Manner, str, str], ...] = (
    ("Lato", "Regular|Bold|Italic|Light", "sans", "Latn", "fonts-lato"),
    ("Lato", "Black|Heavy", "heavy", "Latn", "fonts-lato"),
    ("Roboto", "Regular|Medium|Bold|Light|Italic", "sans", _LGC, "fonts-roboto-unhinted"),
    ("Roboto", "Black", "heavy", _LGC, "fonts-roboto-unhinted"),
    ("Roboto Condensed", "Regular|Bold", "narrow", _LGC, "fonts-roboto-unhinted"),
    ("Open Sans", "Regular|Bold|Italic|Light|Semibold", "sans", _LGC, "fonts-open-sans"),
    ("Open Sans", "Extrabold", "heavy", _LGC, "fonts-open-sans"),
    ("Inter", "Regular|Medium|Bold|Light", "sans", _LGC, "fonts-inter"),
    ("Inter", "Black|Extra Bold", "heavy", _LGC, "fonts-inter"),
    ("Liberation Sans", "Regular|Bold|Italic", "sans", _LGC, "fonts-liberation"),
    ("Liberation Sans Narrow", "Regular|Bold", "narrow", _LGC, "fonts-liberation"),
    ("Liberation Serif", "Regular|Bold|Italic|Bold Italic", "serif", _LGC, "fonts-liberation"),
    ("Liberation Mono", "Regular|Bold", "mono", _LGC, "fonts-liberation"),
    ("DejaVu Sans", "Book|Bold", "sans", _LGC, "fonts-dejavu"),
    ("DejaVu Sans", "Condensed Bold", "narrow", _LGC, "fonts-dejavu"),
    ("DejaVu Serif", "Book|Bold", "serif", _LGC, "fonts-dejavu"),
    ("DejaVu Sans Mono", "Book|Bold", "mono", _LGC, "fonts-dejavu"),
    ("Cantarell", "Regular|Bold", "sans", "Latn Cyrl Grek", "fonts-cantarell"),
    ("Cabin", "Regular|Bold|SemiBold", "sans", "Latn", "fonts-cabin"),
    ("League Spartan", "Bold|Black|ExtraBold", "heavy", "Latn", "fonts-league-spartan"),
    ("League Spartan", "Regular|Light", "sans", "Latn", "fonts-league-spartan"),
    ("Bebas Neue", "Bold|Regular|Book", "narrow", "Latn", "fonts-bebas-neue"),
    ("Yanone Kaffeesatz", "Bold|Regular", "narrow", "Latn Cyrl", "fonts-yanone-kaffeesatz"),
    ("Dosis", "Bold|Medium|ExtraBold", "round", "Latn", "fonts-dosis"),
    ("Comfortaa", "Bold|Regular", "round", _LGC, "fonts-comfortaa"),
    ("Quicksand", "Bold|Regular", "round", "Latn", "fonts-quicksand"),
    ("Comic Neue", "Bold|Regular", "round", "Latn", "fonts-comic-neue"),
    ("EB Garamond", "12 Regular|12 Italic|12 Bold", "serif", _LGC, "fonts-ebgaramond"),
    ("Noto Serif Display", "Regular|Bold|Black Italic|Condensed Bold|Light", "serif", _LGC, "fonts-noto-extra"),
    ("URW Gothic", "Book|Demi", "sans", "Latn Cyrl", "fonts-urw-base35"),
    ("URW Bookman", "Demi|Light Italic", "serif", "Latn Cyrl", "fonts-urw-base35"),
    ("Lobster Two", "Bold|Bold Italic|Regular", "script", "Latn", "fonts-lobstertwo"),
    ("Dancing Script", "Regular|Bold", "script", "Latn", "fonts-dancingscript"),
    ("Kaushan Script", "Regular", "script", "Latn", "fonts-kaushanscript"),
    ("Leckerli One", "Regular", "script", "Latn", "fonts-leckerli-one"),
    ("DSEG7 Classic", "Regular|Bold|Italic", "lcd", "Latn", "fonts-dseg"),
    ("DSEG14 Classic", "Regular|Bold", "lcd", "Latn", "fonts-dseg"),
    ("Noto Sans", "Regular|Bold|Condensed Bold|Italic", "sans", _LGC, "fonts-noto-core"),
    ("Noto Sans", "Black", "heavy", _LGC, "fonts-noto-core"),
    ("Noto Serif", "Regular|Bold|Italic", "serif", _LGC, "fonts-noto-core"),
    ("GFS Neohellenic", "Regular|Bold", "sans", "Grek", "fonts-gfs-neohellenic"),
    ("GFS Didot", "Regular|Bold|Italic", "serif", "Grek", "fonts-gfs-didot"),
    ("Noto Sans Arabic", "Regular|Bold|Light", "sans", "Arab", "fonts-noto-core"),
    ("Noto Sans Arabic", "Black", "heavy", "Arab", "fonts-noto-core"),
    ("Noto Kufi Arabic", "Regular|Bold|Black", "heavy", "Arab", "fonts-noto-core"),
    ("Noto Naskh Arabic", "Regular|Bold", "serif", "Arab", "fonts-noto-core"),
    ("Amiri", "Regular|Bold", "serif", "Arab", "fonts-hosny-amiri"),
    ("Lemonada", "Regular|Bold", "script", "Arab Latn", "fonts-lemonada"),
    ("Noto Sans Hebrew", "Regular|Bold", "sans", "Hebr", "fonts-noto-core"),
    ("Noto Sans Hebrew", "Black", "heavy", "Hebr", "fonts-noto-core"),
    ("Noto Serif Hebrew", "Regular|Bold", "serif", "Hebr", "fonts-noto-core"),
    ("Frank Ruehl CLM", "Medium|Bold", "serif", "Hebr", "culmus"),
    ("Simple CLM", "Medium|Bold", "sans", "Hebr", "culmus"),
    ("Noto Sans Devanagari", "Regular|Bold|Light", "sans", "Deva", "fonts-noto-core"),
    ("Noto Sans Devanagari", "Black", "heavy", "Deva", "fonts-noto-core"),
    ("Noto Serif Devanagari", "Regular|Bold|Black", "serif", "Deva", "fonts-noto-core"),
    ("Lohit Devanagari", "Regular", "sans", "Deva", "fonts-lohit-deva"),
    ("Noto Sans Bengali", "Regular|Bold", "sans", "Beng", "fonts-noto-core"),
    ("Noto Sans Bengali", "Black", "heavy", "Beng", "fonts-noto-core"),
    ("Noto Serif Bengali", "Regular|Bold", "serif", "Beng", "fonts-noto-core"),
    ("Lohit Bengali", "Regular", "sans", "Beng", "fonts-lohit-beng-bengali"),
    ("Noto Sans Tamil", "Regular|Bold|Light", "sans", "Taml", "fonts-noto-core"),
    ("Noto Sans Tamil", "Black", "heavy", "Taml", "fonts-noto-core"),
    ("Noto Serif Tamil", "Regular|Bold", "serif", "Taml", "fonts-noto-core"),
    ("Lohit Tamil", "Regular", "sans", "Taml", "fonts-lohit-taml"),
    ("Noto Sans Thai", "Regular|Bold|Light", "sans", "Thai", "fonts-noto-core"),
    ("Noto Sans Thai", "Black", "heavy", "Thai", "fonts-noto-core"),
    ("Noto Serif Thai", "Regular|Bold", "serif", "Thai", "fonts-noto-core"),
    ("Waree", "Regular|Bold", "sans", "Thai", "fonts-tlwg-waree-ttf"),
    ("Umpush", "Regular|Bold", "round", "Thai", "fonts-tlwg-umpush-ttf"),
    ("Purisa", "Regular|Bold", "script", "Thai", "fonts-tlwg-purisa-ttf"),
    ("Noto Sans CJK SC", "Regular|Bold", "sans", "Hans", "fonts-noto-cjk"),
    ("Noto Serif CJK SC", "Regular|Bold", "serif", "Hans", "fonts-noto-cjk"),
    ("WenQuanYi Zen Hei", "Regular", "sans", "Hans", "fonts-wqy-zenhei"),
    ("WenQuanYi Micro Hei", "Regular", "sans", "Hans", "fonts-wqy-microhei"),
    ("LXGW WenKai", "Regular|Bold|Light", "brush", "Hans", "fonts-lxgw-wenkai"),
    ("AR PL UKai CN", "Book", "brush", "Hans", "fonts-arphic-ukai"),
    ("Noto Sans CJK JP", "Regular|Bold", "sans", "Jpan", "fonts-noto-cjk"),
    ("Noto Serif CJK JP", "Regular|Bold", "serif", "Jpan", "fonts-noto-cjk"),
    ("M PLUS 1", "Regular|Bold", "round", "Jpan", "fonts-mplus"),
    ("M PLUS 1", "Black|ExtraBold", "heavy", "Jpan Latn", "fonts-mplus"),
    ("IPAexMincho", "Regular", "serif", "Jpan", "fonts-ipaexfont-mincho"),
    ("Reggae One", "Regular", "display", "Jpan", "fonts-reggae"),
    ("Yusei Magic", "Regular", "script", "Jpan", "fonts-yusei-magic"),
    ("AoyagiKouzanFontT", "Regular", "brush", "Jpan", "fonts-aoyagi-kouzan-t"),
    ("Noto Sans CJK KR", "Regular|Bold", "sans", "Kore", "fonts-noto-cjk"),
    ("Noto Serif CJK KR", "Regular|Bold", "serif", "Kore", "fonts-noto-cjk"),
    ("NanumGothic", "Regular|Bold|ExtraBold", "sans", "Kore", "fonts-nanum"),
    ("NanumMyeongjo", "Regular|Bold", "serif", "Kore", "fonts-nanum"),
    ("NanumSquareRound", "Regular|ExtraBold", "round", "Kore", "fonts-nanum"),
    ("Nanum Pen Script", "Regular", "script", "Kore", "fonts-nanum"),
)


@dataclass(frozen=True, slots=True)
class Library:
    """The faces that a set is drawn with."""

    faces: tuple[Face, ...]

    def fitting(self, text: str, script: str, manners: Sequence[Manner] = ()) -> tuple[Face, ...]:
        """Return the faces for `script` that have every character of `text`; in `manners` as far as there are any.

        Seven-segment ones are only for those who ask for them: most of their letters cannot be told apart.
        """
        able = _able(self, text, script)
        return tuple(face for face in able if face.manner in manners) or tuple(f for f in able if f.manner != "lcd")


@lru_cache(maxsize=4096)
def _able(library: Library, text: str, script: str) -> tuple[Face, ...]:
    return tuple(face for face in library.faces if script in face.scripts and face.covers(text))


def installed(scripts: Sequence[str] = SCRIPTS) -> Library:
    """Return the faces for `scripts`; Latin ones always, for digits and names.

    Raises `FontMissingError` with the command that installs what lacks: a set drawn with other fonts would have the
    same seed and other pictures. What lays out complex scripts counts as a font.
    """
    if not features.check("raqm"):
        # Pillow would fall back to a layout that does not join letters, and that kerns Latin otherwise.
        raise FontMissingError("text cannot be laid out by raqm: apt-get install libfribidi0")
    wanted = {"Latn", *scripts}
    found = _fontconfig()
    faces: list[Face] = []
    missing: list[str] = []
    for family, styles, manner, written, package in _FAMILIES:
        if wanted.isdisjoint(written.split()):
            continue
        for style in styles.split("|"):
            if (family, style) in found:
                path, index, starts, ends = found[family, style]
                faces.append(
                    Face(path, index, f"{family} {style}", manner, frozenset(written.split()), starts, ends),
                )
            else:
                missing.append(package)
    if missing:
        raise FontMissingError(f"fonts are missing: apt-get install {' '.join(sorted(set(missing)))}")
    return Library(tuple(faces))


def built_in() -> Library:
    """Return Pillow's own font alone: Latin letters, nothing to install."""
    # Its letters are those of English, with © and °.
    return Library((Face(None, 0, "Aileron", "sans", frozenset({"Latn"}), (0x20, 0xA9, 0xB0), (0x7E, 0xA9, 0xB0)),))


def packages() -> tuple[str, ...]:
    """Return the Debian packages that hold the fonts of every script."""
    return tuple(sorted({package for *_, package in _FAMILIES}))


@cache
def _fontconfig() -> dict[tuple[str, str], tuple[str, int, tuple[int, ...], tuple[int, ...]]]:
    shape = "%{file}\t%{index}\t%{family[0]}\t%{style[0]}\t%{charset}\n"
    try:
        done = subprocess.run(["fc-list", "--format", shape], check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise FontMissingError("fc-list is missing: apt-get install fontconfig") from None
    found: dict[tuple[str, str], tuple[str, int, tuple[int, ...], tuple[int, ...]]] = {}
    for line in sorted(done.stdout.splitlines()):
        path, index, family, style, charset = line.split("\t")
        # Type 1 files and instances of variable fonts: not for FreeType by path and number alone.
        if path.endswith((".ttf", ".otf", ".ttc")) and int(index) < 0x10000:
            found.setdefault((family, style), (path, int(index), *_ranges(charset)))
    return found


def _ranges(charset: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    pairs = [part.partition("-") for part in charset.split()]
    return tuple(int(a, 16) for a, _, _ in pairs), tuple(int(b or a, 16) for a, _, b in pairs)


@lru_cache(maxsize=512)
def _open(path: str | None, index: int, size: int) -> ImageFont.FreeTypeFont:
    if path is None:
        font = ImageFont.load_default(size)
        assert isinstance(font, ImageFont.FreeTypeFont)
        return font
    return ImageFont.truetype(path, size, index=index)
