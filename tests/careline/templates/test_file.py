"""Templates as files: read, written, found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careline.errors import Usage
from careline.templates import file
from careline.templates.text import written as toml
from careline.toml_file import Source
from careline.toml_lines import lines_of

FILES = Path(__file__).parent / "files"
HEAD = 'name = "order_update"\nlanguage = "it"\ncategory = "utility"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "t.toml"
    path.write_text(text, "utf-8")
    return path


def test_the_simple_form_becomes_what_the_platform_takes(tmp_path: Path) -> None:
    text = HEAD + 'body = "Ciao {{2}} e {{1}}."\nexamples = ["Anna", 7]\nfooter = "Negozio Rossi"\n'
    assert file.read(written(tmp_path, text)).request() == {
        "name": "order_update",
        "language": "it",
        "category": "UTILITY",
        "parameter_format": "POSITIONAL",
        "components": [
            {"type": "BODY", "text": "Ciao {{2}} e {{1}}.", "example": {"body_text": [["Anna", "7"]]}},
            {"type": "FOOTER", "text": "Negozio Rossi"},
        ],
    }


def test_samples_are_paths_beside_the_file_until_they_are_uploaded() -> None:
    carousel = file.read(FILES / "good/carousel.toml")
    header = carousel.components[1]["cards"][0]["components"][0]
    assert header == {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["file:samples/shop.png"]}}
    assert carousel.samples() == ["samples/shop.png", "samples/bag.jpg"]
    assert all((carousel.path.parent / sample).exists() for sample in carousel.samples())
    assert file.read(FILES / "good/uploaded_sample.toml").samples() == []


def test_a_code_template_has_settings_in_the_place_of_words() -> None:
    code = file.read(FILES / "good/code_zero_tap.toml")
    assert (code.category, code.ttl_s, code.request()["message_send_ttl_seconds"]) == ("AUTHENTICATION", 600, 600)
    body, buttons = code.components
    assert body == {"type": "BODY"}
    assert (buttons["buttons"][0]["type"], buttons["buttons"][0]["otp_type"]) == ("OTP", "ZERO_TAP")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HEAD, "body is missing or empty"),
        (HEAD + 'body = "x"\nexample = ["a"]', "it has no field 'example' here"),
        (HEAD + 'body = "x"\nbuttons = []', "buttons is written as [[buttons]], one table each"),
        (HEAD + 'body = "x"\n[[buttons]]\ntype = "url"\ntext = "a"', "url of the url button is missing or empty"),
        (HEAD + 'body = "x"\n[[buttons]]\ntext = "a"', "the button has no type"),
        (HEAD + 'body = "x"\nheader = { sample = "a.png" }', "header.type is missing or empty"),
        (HEAD + 'body = "x"\nheader = 3', "header is missing or empty"),
        (HEAD + 'body = "x"\nttl = "10"', "ttl: 10 of what? A duration has a unit"),
        (HEAD + 'body = "x"\nttl = true', "ttl is a number of seconds"),
        (HEAD + 'body = "x"\ncode_expiration_minutes = "5"', "code_expiration_minutes is a whole number"),
        (HEAD + 'body = "x"\nadd_security_recommendation = 1', "add_security_recommendation is true or false"),
        (HEAD + 'body = "x"\ncards = [1]', "cards is written as [[cards]], one table each"),
        (HEAD + 'body = "x"\nbody = "y"', "Cannot overwrite a value"),
        ("x = " + "[" * 2000, "it is nested too deeply"),
    ],
)
def test_what_nothing_can_be_made_of_is_named(tmp_path: Path, text: str, why: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(Usage) as error:
        file.read(path)
    assert error.value.message.startswith(f"{path}: ")
    assert why in error.value.message


def test_a_file_is_found_below_a_folder_unless_it_is_hidden(tmp_path: Path) -> None:
    for name in ("b.toml", "a/c.toml", ".git/d.toml", ".e.toml", "templates.lock", "a/notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert [str(path.relative_to(tmp_path)) for path in file.folder(tmp_path)] == ["a/c.toml", "b.toml"]
    for missing in (tmp_path / "nowhere", tmp_path / "b.toml"):
        with pytest.raises(Usage):
            file.folder(missing)


@pytest.mark.parametrize("path", sorted((FILES / "good").glob("*.toml")), ids=lambda path: path.stem)
def test_what_is_written_of_a_definition_reads_as_the_same(path: Path, tmp_path: Path) -> None:
    definition = file.read(path)
    file.write(tmp_path / "again" / "t.toml", definition.request())
    assert file.read(tmp_path / "again" / "t.toml").request() == definition.request()


# Any definition

WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="{}"), min_size=1, max_size=20).filter(str.strip)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


@st.composite
def texts(draw: st.DrawFn, named: bool, kind: str) -> dict[str, Any]:
    """A text with variables and their examples."""
    count = draw(st.integers(0, 3))
    slots = draw(st.lists(NAMES, min_size=count, max_size=count, unique=True)) if named else [str(n + 1) for n in range(count)]
    values = [draw(WORDS) for _ in slots]
    text = draw(WORDS) + "".join(f"{{{{{slot}}}}}{draw(WORDS)}" for slot in slots)
    made: dict[str, Any] = {"type": kind.upper(), **({"format": "TEXT"} if kind == "header" else {}), "text": text}
    if not slots:
        return made
    if named:
        rows = [{"param_name": slot, "example": value} for slot, value in zip(slots, values, strict=True)]
        return made | {"example": {f"{kind}_text_named_params": rows}}
    return made | {"example": {f"{kind}_text": [values] if kind == "body" else values}}


BUTTONS = st.one_of(
    st.fixed_dictionaries({"type": st.sampled_from(["QUICK_REPLY", "CATALOG", "MPM", "SPM"]), "text": WORDS}),
    st.builds(lambda text: {"type": "URL", "text": text, "url": "https://a.b/{{1}}", "example": ["https://a.b/7"]}, WORDS),
    st.fixed_dictionaries({"type": st.just("URL"), "text": WORDS, "url": st.just("https://a.b")}),
    st.fixed_dictionaries({"type": st.just("PHONE_NUMBER"), "text": WORDS, "phone_number": WORDS}),
    st.fixed_dictionaries({"type": st.just("COPY_CODE"), "example": WORDS}),
    st.fixed_dictionaries({"type": st.just("FLOW"), "text": WORDS, "flow_json": WORDS, "flow_action": WORDS}),
    st.fixed_dictionaries({"type": st.just("VOICE_CALL"), "text": WORDS, "ttl_minutes": st.integers(1, 9999)}),
)
BUTTON_ROWS = st.lists(BUTTONS, max_size=3)
MEDIA = st.builds(
    lambda kind, handle: {"type": "HEADER", "format": kind, "example": {"header_handle": [handle]}},
    st.sampled_from(["IMAGE", "VIDEO", "DOCUMENT", "GIF"]),
    st.sampled_from(["file:samples/a.png", "4::aW1h:ARb", "https://cdn.example/a.png?x=1&y=é"]),
)


@st.composite
def parts(draw: st.DrawFn, named: bool) -> list[dict[str, Any]]:
    """Header, body and buttons of a template or a card."""
    header = draw(st.one_of(st.none(), MEDIA, texts(named, "header"), st.just({"type": "HEADER", "format": "LOCATION"})))
    made = [header] if header else []
    made.append(draw(texts(named, "body")))
    return made + [{"type": "BUTTONS", "buttons": row} for row in [draw(BUTTON_ROWS)] if row]


@st.composite
def listed(draw: st.DrawFn) -> dict[str, Any]:
    """A template as an account lists it."""
    named = draw(st.booleans())
    components = draw(parts(named))
    cards = draw(st.lists(parts(named), max_size=2))
    if cards:
        components.append({"type": "CAROUSEL", "cards": [{"components": card} for card in cards]})
    made: dict[str, Any] = {"name": "a", "language": "pt_BR", "category": "MARKETING", "components": components}
    ttl = draw(st.none() | st.integers(-1, 10**6))
    return made if ttl is None else made | {"message_send_ttl_seconds": ttl}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(template=listed())
def test_any_template_of_the_account_survives_being_pulled(template: dict[str, Any], tmp_path: Path) -> None:
    path = written(tmp_path, toml(template))
    request = file.read(path).request()
    assert {key: value for key, value in request.items() if key != "parameter_format"} == template


def test_what_the_platform_adds_or_nobody_knows_does_not_stop_a_pull(tmp_path: Path) -> None:
    otp = "https://www.whatsapp.com/otp/code/?otp_type=ONE_TAP&code=otp{{1}}"
    listed = {
        "id": "1",
        "name": "code",
        "language": "en-US",
        "category": "AUTHENTICATION",
        "status": "APPROVED",
        "components": [
            {"type": "BODY", "text": "*{{1}}* is your code.", "add_security_recommendation": True},
            {"type": "FOOTER", "text": "This code expires in 5 minutes.", "code_expiration_minutes": 5},
            {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Copy", "url": otp, "example": [otp]}]},
            {"type": "SOMETHING_NEW", "with": [1]},
            "nonsense",
        ],
    }
    path = written(tmp_path, toml(listed))
    assert file.read(path).components == [
        {"type": "BODY", "add_security_recommendation": True},
        {"type": "FOOTER", "code_expiration_minutes": 5},
        {"type": "BUTTONS", "buttons": [{"type": "OTP", "text": "Copy", "otp_type": "ONE_TAP"}]},
    ]
    assert "# the account also has a component that has no place here: " in path.read_text("utf-8")


# Lines


def test_every_field_has_its_line() -> None:
    text = '''# a remark with name = "x"
name = "a"  # and [one] more
body = """
not = "a field"
[[buttons]]
"""
header = { type = "image", sample = "a = b" }
list = [
  "x", 'y = 1',
  { one = 1, two = 2 },
]

[[cards]]
body = "c"

[[cards.buttons]]
text = "d"

[[cards]]
[[cards.buttons]]
text = "e"
[[cards.buttons]]
text = "f"
[offer]
text = "g"
'''
    found = lines_of(text)
    wanted: dict[tuple[str | int, ...], int] = {
        ("name",): 2,
        ("body",): 3,
        ("header",): 7,
        ("header", "sample"): 7,
        ("list", 2, "two"): 10,
        ("cards", 0, "body"): 14,
        ("cards", 0, "buttons", 0, "text"): 17,
        ("cards", 1): 19,
        ("cards", 1, "buttons", 0, "text"): 21,
        ("cards", 1, "buttons", 1, "text"): 23,
        ("offer", "text"): 25,
    }
    assert {where: found.get(where) for where in wanted} == wanted
    assert not {("not",), ("buttons", 0), ("one",)} & found.keys()


def test_the_line_of_what_is_not_there_is_that_of_what_it_should_stand_in() -> None:
    source = Source(Path("x"), 'a = 1\n\n[[buttons]]\ntype = "x"\n', {})
    assert [source.line(where) for where in [("buttons", 0, "text"), ("buttons", 1), ("z", 0), ()]] == [3, 1, 1, 1]
