"""A caption is drawn with every character of it, or refused by name."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from PIL import Image

from careline.errors import Usage
from careline.qr.caption import strip

HAN = "李薇"


def font_of(characters: str, name: str = "Han") -> bytes:
    """A TrueType font made here: each character a black square of its own width, everything else an empty box."""

    def square(width: int, hollow: bool = False) -> bytes:
        corners = [(0, 0), (0, 800), (width, 800), (width, 0)]
        if hollow:
            corners += [(100, 100), (width - 100, 100), (width - 100, 700), (100, 700)]
        ends = struct.pack(">H", 3) + (struct.pack(">H", 7) if hollow else b"")
        steps = [
            (x - before_x, y - before_y) for (before_x, before_y), (x, y) in zip([(0, 0), *corners], corners, strict=False)
        ]
        head = struct.pack(">hhhhh", 2 if hollow else 1, 0, 0, width, 800)
        points = (
            b"\x01" * len(corners)
            + b"".join(struct.pack(">h", x) for x, _ in steps)
            + b"".join(struct.pack(">h", y) for _, y in steps)
        )
        drawn = head + ends + b"\x00\x00" + points
        return drawn + b"\x00" * (-len(drawn) % 4)

    glyphs = [square(900, hollow=True), *(square(500 + 40 * number) for number in range(len(characters)))]
    offsets = [sum(map(len, glyphs[:number])) for number in range(len(glyphs) + 1)]
    groups = b"".join(
        struct.pack(">III", ord(c), ord(c), glyphs_at)
        for glyphs_at, c in sorted(enumerate(characters, 1), key=lambda at: at[1])
    )
    cmap = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(characters)) + groups
    family = name.encode("utf-16-be")
    tables = {
        b"cmap": cmap,
        b"glyf": b"".join(glyphs),
        b"head": struct.pack(">IIIIHHQQhhhhHHhhh", 0x10000, 0, 0, 0x5F0F3CF5, 0, 1000, 0, 0, 0, 0, 1000, 800, 0, 8, 2, 1, 0),
        b"hhea": struct.pack(
            ">IhhhHhhhhhhhhhhhH", 0x10000, 800, -200, 0, 1000, 0, 0, 1000, 1, 0, 0, 0, 0, 0, 0, 0, len(glyphs)
        ),
        b"hmtx": b"".join(struct.pack(">Hh", 1000, 0) for _ in glyphs),
        b"loca": b"".join(struct.pack(">I", offset) for offset in offsets),
        b"maxp": struct.pack(">IH13H", 0x10000, len(glyphs), 8, 2, *[0] * 11),
        b"name": struct.pack(">HHHHHHHHH", 0, 1, 18, 3, 1, 0x409, 1, len(family), 0) + family,
    }
    directory, body, at = b"", b"", 12 + 16 * len(tables)
    for tag, data in tables.items():
        directory += struct.pack(">4sIII", tag, 0, at + len(body), len(data))
        body += data + b"\x00" * (-len(data) % 4)
    return struct.pack(">IHHHH", 0x10000, len(tables), 128, 3, 0) + directory + body


def ink(image: Image.Image) -> int:
    return sum(level < 128 for level in image.tobytes())


def test_a_plain_caption_needs_no_font_of_the_machine() -> None:
    image = strip("Milano · Via Torino 12", 600, folders=())
    assert image.size == (600, 60)
    assert 300 < ink(image) < 6000


def test_without_a_font_that_has_them_the_characters_and_the_package_are_named() -> None:
    with pytest.raises(Usage, match="can draw 李薇, which") as refused:
        strip("李薇 Milano", 600, folders=())
    assert "fonts-noto-cjk" in refused.value.hint


def test_a_font_that_has_them_is_found_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "deep" / "down").mkdir(parents=True)
    (tmp_path / "deep" / "down" / "some.ttf").write_bytes(font_of(HAN))
    (tmp_path / "aaa.ttf").write_bytes(font_of("王"))
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    (tmp_path / "notes.txt").write_text("no font either")
    image = strip(HAN, 600, folders=(tmp_path / "nowhere", tmp_path))
    letter = 600 * 0.06
    squares = [(500 + 40 * number) * 800 / 1_000_000 * letter**2 for number in range(2)]
    assert ink(image) == pytest.approx(sum(squares), rel=0.15)


def test_an_empty_box_is_never_taken_for_a_character(tmp_path: Path) -> None:
    (tmp_path / "some.ttf").write_bytes(font_of("李"))
    with pytest.raises(Usage, match="can draw 薇, which"):
        strip(HAN, 600, folders=(tmp_path,))


def test_the_font_that_lacks_least_says_what_is_lacking(tmp_path: Path) -> None:
    (tmp_path / "a.ttf").write_bytes(font_of("李"))
    (tmp_path / "b.ttf").write_bytes(font_of("李薇王"))
    with pytest.raises(Usage, match="can draw 静, which"):
        strip("李薇王静", 600, folders=(tmp_path,))


@pytest.mark.parametrize(("caption", "words"), [("Ж", "fonts-noto-core"), ("😀", "without pictures"), ("ガ", "fonts-noto-cjk")])
def test_the_hint_fits_the_script(caption: str, words: str) -> None:
    with pytest.raises(Usage, match="No font") as refused:
        strip(caption, 600, folders=())
    assert words in refused.value.hint


@pytest.mark.parametrize("caption", ["two\nlines", "a\tb", "a\x1b[31mb", "a\u2028b", "\udc80"])
def test_a_caption_is_one_line_of_text(caption: str) -> None:
    with pytest.raises(Usage, match="one line"):
        strip(caption, 600, folders=())


def test_a_long_caption_shrinks_and_one_too_long_is_told_how_much_fits() -> None:
    short, longer = strip("M" * 10, 1000, folders=()), strip("M" * 24, 1000, folders=())
    height = [image.point(lambda level: 255 - level).getbbox() for image in (short, longer)]  # type: ignore[operator]
    assert height[0] is not None
    assert height[1] is not None
    assert height[1][3] - height[1][1] < height[0][3] - height[0][1]
    assert height[1][0] >= 30
    with pytest.raises(Usage, match=r"60 characters, about 3\d fit"):
        strip("M" * 60, 1000, folders=())


def test_accents_are_the_same_however_they_were_typed(tmp_path: Path) -> None:
    (tmp_path / "latin.ttf").write_bytes(font_of("Citaà"))
    assert strip("Citta\u0300", 600, folders=(tmp_path,)).tobytes() == strip("Città", 600, folders=(tmp_path,)).tobytes()
