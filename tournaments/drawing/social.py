"""The picture that goes with a link to a result: 1200 by 630 pixels, drawn from the figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from tournaments.drawing.strengths import Measured, Scale

SIZE: Final = (1200, 630)
_EDGE: Final = 72
_ROWS: Final = 5
_ROW_HEIGHT: Final = 46

# The dark theme of tokens.css: pictures of links stand on pages of any colour.
_PAGE: Final = (19, 19, 22)
_INK: Final = (242, 240, 236)
_MUTED: Final = (171, 170, 178)
_LINE: Final = (49, 49, 55)
_WAVE: Final = (122, 121, 130)
_SIDE_A: Final = (255, 160, 46)
_SIDE_B: Final = (86, 168, 255)

# Wide alphabets first; Pillow's own face knows Latin letters only.
_FACES: Final = {
    True: ("NotoSans-Bold.ttf", "DejaVuSans-Bold.ttf", "LiberationSans-Bold.ttf"),
    False: ("NotoSans-Regular.ttf", "DejaVuSans.ttf", "LiberationSans-Regular.ttf"),
}
Face = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class SocialCard:
    """What the picture says; `rows` best first, each a name and its strength."""

    song: str
    headline: str
    sentence: str
    rows: Sequence[tuple[str, Measured]]


def draw_card(card: SocialCard) -> bytes:
    """A PNG of 1200 by 630. The same card gives the same bytes."""
    image = Image.new("RGB", SIZE, _PAGE)
    draw = ImageDraw.Draw(image)
    _crossfade(image)
    inner = SIZE[0] - 2 * _EDGE
    draw.text((_EDGE, 62), "MIXARENA", font=_face(22, bold=True), fill=_MUTED)
    _line(draw, (_EDGE, 104), card.song, _face(30), _MUTED, inner)
    _line(draw, (_EDGE, 144), card.headline, _fitting(draw, card.headline, inner), _INK, inner)
    _line(draw, (_EDGE, 250), card.sentence, _face(28), _MUTED, inner)
    _strengths(draw, card.rows[:_ROWS])
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _strengths(draw: ImageDraw.ImageDraw, rows: Sequence[tuple[str, Measured]]) -> None:
    if not rows:
        return
    scale = Scale.around([row for _, row in rows])
    left, right, top = 400, SIZE[0] - _EDGE, 336

    def x(strength: float) -> float:
        return left + (right - left) * scale.place(strength) / 100

    foot = top + _ROW_HEIGHT * len(rows)
    draw.line([(x(0.0), top - 4), (x(0.0), foot - 8)], fill=_LINE, width=2)
    for number, (name, row) in enumerate(rows):
        middle = top + _ROW_HEIGHT * number + 16
        ink = _INK if number == 0 else _MUTED
        _line(draw, (_EDGE, middle - 17), name, _face(26, bold=number == 0), ink, left - _EDGE - 24)
        draw.line([(x(row.low), middle), (x(row.high), middle)], fill=_WAVE, width=8)
        mean = x(row.strength)
        draw.rounded_rectangle((mean - 4, middle - 14, mean + 4, middle + 14), 3, fill=ink)


def _crossfade(image: Image.Image) -> None:
    """The product's two hues, one fading into the other, along the upper edge."""
    line = Image.new("RGB", (SIZE[0], 1))
    pixels = []
    for column in range(SIZE[0]):
        part = column / (SIZE[0] - 1)
        pixels.append(
            tuple(round(a + (b - a) * part) for a, b in zip(_SIDE_A, _SIDE_B, strict=True))
        )
    line.putdata(pixels)
    image.paste(line.resize((SIZE[0], 14)), (0, 0))


def _line(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    face: Face,
    ink: tuple[int, int, int],
    width: float,
) -> None:
    """One line of text, cut with an ellipsis where it would be too long."""
    shown = text
    while shown and draw.textlength(shown if shown == text else f"{shown}…", font=face) > width:
        shown = shown[:-1].rstrip()
    draw.text(place, shown if shown == text else f"{shown}…", font=face, fill=ink)


def _fitting(draw: ImageDraw.ImageDraw, text: str, width: float) -> Face:
    """The largest bold face in which the text fits, down to a size that still reads."""
    for size in (76, 64, 54, 46):
        face = _face(size, bold=True)
        if draw.textlength(text, font=face) <= width:
            return face
    return _face(46, bold=True)


@cache
def _face(size: int, *, bold: bool = False) -> Face:
    for name in _FACES[bold]:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return ImageFont.load_default(size)
