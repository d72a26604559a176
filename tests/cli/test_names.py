"""What TAB asks, and how little it takes for an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.names import answer


@pytest.fixture
def names(isolated: Path) -> Path:
    profile = isolated / "profiles" / "default"
    profile.mkdir(parents=True)
    lines = ("channel\tshop-it\twhatsapp +39 02 1234 5678", "channel\tbrand-cn\twechat", "template\torder_update/it\tapproved")
    (profile / "names").write_text("".join(f"{line}\n" for line in (*lines, "channel\tsolo")), "utf-8")
    (isolated / "profiles" / "shop").mkdir()
    (isolated / "profiles" / "shop" / "names").write_text("channel\tshop-es\n")
    return profile / "names"


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (["channel", "sh"], "shop-it\twhatsapp +39 02 1234 5678\n"),
        (["channel", ""], "shop-it\twhatsapp +39 02 1234 5678\nbrand-cn\twechat\nsolo\n"),
        (["channel"], "shop-it\twhatsapp +39 02 1234 5678\nbrand-cn\twechat\nsolo\n"),
        (["template", "order"], "order_update/it\tapproved\n"),
        (["profile", ""], "default\nshop\n"),
        (["channel", "x"], ""),
        (["nothing", ""], ""),
        ([], ""),
    ],
)
def test_the_names_of_a_kind_that_begin_so(
    names: Path, capfdbinary: pytest.CaptureFixture[bytes], words: list[str], lines: str
) -> None:
    assert answer(words) == 0
    assert capfdbinary.readouterr() == (lines.encode(), b"")


def test_each_profile_has_its_own(
    names: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARELINE_PROFILE", "shop")
    assert answer(["channel", ""]) == 0
    assert capfdbinary.readouterr().out == b"shop-es\n"


def test_many_names_are_cut(names: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    names.write_text("".join(f"channel\tshop-{number}\n" for number in range(20_000)))
    assert answer(["channel", "shop-"]) == 0
    assert len(capfdbinary.readouterr().out.splitlines()) == 200
