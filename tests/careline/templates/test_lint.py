"""What is wrong with a template, told without asking anybody."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careline.errors import NotFound, Usage
from careline.sandbox.graph import template_rules
from careline.sandbox.graph.errors import GraphError
from careline.templates import file
from careline.templates.build import FILE
from careline.templates.lint import lint, lint_file
from careline.templates.lint_rules import RULES
from careline.templates.shape import APP, BUTTONS, HEADER, OFFER, TEMPLATE
from careline.toml_file import Finding, rule_of

FILES = Path(__file__).parent / "files"

VERDICTS = {  # rule:line of every finding; nothing for a file without fault
    "bad/bad_address": "T046:6 T044:9 T045:9",
    "bad/bad_category": "T008:3",
    "bad/bad_coupon": "T048:8",
    "bad/bad_language": "T007:2",
    "bad/bad_name": "T006:1",
    "bad/bad_phone": "T047:9",
    "bad/bad_ttl": "T009:4",
    "bad/bad_variable": "T013:4",
    "bad/catalogue_not_alone": "T042:6",
    "bad/code_elsewhere": "T070:4 T071:8",
    "bad/eleven_buttons": "T051:6 T052:6 T040:46",
    "bad/ends_with_variable": "T016:4",
    "bad/flow_twice": "T050:6",
    "bad/footer_variable": "T019:5",
    "bad/gap": "T014:4",
    "bad/lone_brace": "T011:4",
    "bad/long_header": "T021:4",
    "bad/long_label": "T021:8",
    "bad/lost_sample": "T032:4",
    "bad/missing_body": "T003:1",
    "bad/mixed_variables": "T012:4",
    "bad/no_examples": "T015:4",
    "bad/no_sample": "T031:4",
    "bad/not_toml": "T001:1",
    "bad/offer_with_footer": "T060:1 T060:3 T060:5 T021:8 T061:11",
    "bad/one_card": "T066:21 T067:21 T067:22",
    "bad/product_alone": "T035:4",
    "bad/replies_apart": "T043:6 T051:6",
    "bad/short_call": "T053:9",
    "bad/side_by_side": "T017:4",
    "bad/single_card": "T065:5 T065:7",
    "bad/starred_header": "T022:4",
    "bad/tap_without_app": "T049:5 T049:5",
    "bad/two_in_header": "T020:4",
    "bad/two_phones": "T041:11",
    "bad/unknown_button": "T005:6",
    "bad/unknown_field": "T002:4",
    "bad/unknown_header": "T030:4",
    "bad/words_in_code": "T071:1 T070:4 T072:6",
    "bad/wrong_sample": "T033:4",
    "bad/wrong_type": "T004:5",
    "good/address": "",
    "good/call": "",
    "good/call_permission": "",
    "good/carousel": "",
    "good/catalogue": "",
    "good/chinese": "",
    "good/code_one_tap": "",
    "good/code_to_copy": "",
    "good/code_zero_tap": "",
    "good/coupon": "",
    "good/deep_link": "",
    "good/document_header": "",
    "good/fixed_address_and_phone": "",
    "good/flow": "",
    "good/flow_by_name": "",
    "good/image_header": "",
    "good/location_header": "",
    "good/many_variables": "",
    "good/named": "",
    "good/offer": "",
    "good/offer_without_end": "",
    "good/plain": "",
    "good/positional": "",
    "good/product_carousel": "",
    "good/product_header": "",
    "good/quick_replies": "",
    "good/several_lines": "",
    "good/several_products": "",
    "good/uploaded_sample": "",
    "good/video_header": "",
    "good/warned_blanks": "T023:4",
    "good/warned_desktop": "T051:6",
    "good/warned_emoji": "T024:4",
    "good/warned_few_words": "T018:4",
    "good/warned_filled": "T025:4",
    "good/warned_gif": "T034:4",
    "good/warned_see_all": "T051:6 T052:6",
    "good/warned_ttl": "T010:4",
}
BETWEEN = {"T080", "T081", "T082", "T083", "T084"}  # of several files together


def said(findings: list[Finding]) -> str:
    return " ".join(f"{one.rule}:{one.line}" for one in findings)


def write(folder: Path, stem: str, more: str = "", **fields: str) -> Path:
    given = {"name": "hello", "language": "en", "category": "utility", "body": f"This is what {stem} has to say."} | fields
    path = folder / f"{stem}.toml"
    path.write_text("".join(f'{key} = "{value}"\n' for key, value in given.items()) + more, "utf-8")
    return path


def together(folder: Path) -> list[tuple[str, str, int]]:
    """The findings of a folder, without the folder's name."""
    found = [one for findings in lint(file.folder(folder)) for one in findings]
    return [(one.path.name, one.rule, one.line) for one in found]


@pytest.mark.parametrize("name", VERDICTS)
def test_every_file_gets_the_verdict_it_must(name: str) -> None:
    findings = lint_file(FILES / f"{name}.toml")
    assert said(findings) == VERDICTS[name]
    assert all(one.level == RULES[one.rule].level for one in findings)
    assert any(one.level == "error" for one in findings) == name.startswith("bad/")


def test_the_table_has_every_file_and_the_files_break_every_rule() -> None:
    assert {str(path.relative_to(FILES).with_suffix("")) for path in FILES.rglob("*.toml")} == set(VERDICTS)
    assert {one.split(":")[0] for verdict in VERDICTS.values() for one in verdict.split()} == set(RULES) - BETWEEN


@pytest.mark.parametrize("name", [name for name in VERDICTS if name.startswith("bad/")])
def test_what_lint_refuses_is_not_submitted(name: str) -> None:
    with pytest.raises(Usage) as error:
        file.checked(FILES / f"{name}.toml")
    assert error.value.message.startswith(str(FILES / f"{name}.toml"))


def uploaded(component: dict[str, Any]) -> dict[str, Any]:
    """The component with a handle where a file stands."""
    cards = [{"components": [uploaded(part) for part in card["components"]]} for card in component.get("cards", [])]
    made = component | ({"cards": cards} if cards else {})
    if str(component.get("example", {}).get("header_handle", [""])[0]).startswith(FILE):
        made["example"] = {"header_handle": ["4::aW1hZ2U=:ARb"]}
    return made


@pytest.mark.parametrize("name", [name for name, verdict in VERDICTS.items() if not verdict])
def test_what_lint_lets_through_the_platform_takes(name: str) -> None:
    definition = file.checked(FILES / f"{name}.toml")
    template_rules.check_name(definition.name)
    template_rules.check_language(definition.language)
    parts = [uploaded(component) for component in definition.components]
    kept = template_rules.check_components(parts, template_rules.check_category(definition.category), definition.named)
    assert template_rules.verdict(definition.name, kept, definition.named) == ("APPROVED", "NONE")


ALSO_REFUSED = """
    lone_brace gap no_examples ends_with_variable footer_variable two_in_header long_header long_label starred_header
    unknown_header no_sample eleven_buttons two_phones catalogue_not_alone replies_apart bad_address bad_phone tap_without_app
    flow_twice short_call offer_with_footer one_card words_in_code code_elsewhere single_card
"""


@pytest.mark.parametrize("name", ALSO_REFUSED.split())
def test_what_lint_refuses_the_platform_refuses_too(name: str) -> None:
    definition = file.read(FILES / "bad" / f"{name}.toml")
    with pytest.raises(GraphError):
        template_rules.check_components(
            [uploaded(component) for component in definition.components], definition.category, definition.named
        )


def test_a_rule_explains_itself_and_its_number_may_be_small() -> None:
    assert rule_of(RULES, "t012").id == "T012"
    assert all(len(one.explanation) > 40 and one.title and one.level in ("error", "warning") for one in RULES.values())
    with pytest.raises(NotFound) as error:
        rule_of(RULES, "T999")
    assert error.value.code == "unknown_rule"


# Several files together


def test_the_same_name_and_language_twice_is_an_error_in_the_second_file(tmp_path: Path) -> None:
    write(tmp_path, "a")
    write(tmp_path, "b", language="en")
    assert together(tmp_path) == [("b.toml", "T080", 1)]


def test_the_same_wording_under_another_name_is_an_error_but_for_codes_and_languages_of_one_name(tmp_path: Path) -> None:
    write(tmp_path, "a", name="one", body="Your order  is here.")
    write(tmp_path, "b", name="two", body="Your order is here.")
    write(tmp_path, "c", name="one", language="en_GB", body="Your order is here.")
    write(tmp_path, "d", name="three", body="Your order is here.", footer="Negozio Rossi")
    code = '[[buttons]]\ntype = "otp"\notp_type = "copy_code"\n'
    for name in ("e", "f"):
        (tmp_path / f"{name}.toml").write_text(f'name = "{name}"\nlanguage = "en"\ncategory = "authentication"\n{code}')
    assert together(tmp_path) == [("b.toml", "T081", 4)]


def test_a_name_in_two_categories_and_languages_with_other_variables_are_warnings(tmp_path: Path) -> None:
    write(tmp_path, "a", 'examples = ["Anna"]', body="Hello {{1}}, your order is here today.")
    write(tmp_path, "b", language="it", category="marketing", body="Il tuo ordine è qui da oggi.")
    assert together(tmp_path) == [("b.toml", "T082", 3), ("b.toml", "T083", 4)]
    assert {RULES[number].level for number in ("T082", "T083")} == {"warning"}


def test_more_than_an_unverified_account_takes_is_a_warning(tmp_path: Path) -> None:
    for number in range(251):
        write(tmp_path, f"n{number}", name=f"n{number}")
    assert [found[1] for found in together(tmp_path)] == ["T084"]


def test_a_file_that_is_no_template_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "b.toml").write_text('[tool]\nname = "x"\n')
    write(tmp_path, "c", language="xx")
    assert [found[:2] for found in together(tmp_path)] == [
        ("a.toml", "T001"),
        ("b.toml", "T002"),
        *[("b.toml", "T003")] * 4,
        ("c.toml", "T007"),
    ]


def test_a_language_that_is_none_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    meant = {"en-us": "en_US", "it_IT": "it", "zh": "zh_CN", "italian": ""}
    for written, code in meant.items():
        (finding,) = lint_file(write(tmp_path, "a", language=written))
        assert finding.message.endswith(f"{code!r} is" if code else "such as it, en_US or zh_CN")


DOCUMENT = (Path(__file__).parents[3] / "docs" / "templates.md").read_text("utf-8")


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL), ids=lambda text: text.split('"')[1])
def test_what_the_documentation_shows_has_no_error(text: str, tmp_path: Path) -> None:
    (tmp_path / "samples").symlink_to(FILES / "good" / "samples")
    (tmp_path / "t.toml").write_text(text, "utf-8")
    file.checked(tmp_path / "t.toml")


# Anything at all

FIELDS = sorted({*TEMPLATE, *HEADER, *OFFER, *APP, *(name for fields in BUTTONS.values() for name in fields)})
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-5, 10**6),
    st.text("ab{}1 *\n😀您", max_size=12),
    st.sampled_from(
        [*BUTTONS, "marketing", "authentication", "utility", "it", "image", "samples/\0", "one_tap", "https://a.b/{{1}}"]
    ),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=6),
    max_leaves=20,
)
ROW = st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=6)
LIKELY = {
    "name": st.just("a") | SCALARS,
    "language": st.just("it") | SCALARS,
    "category": st.sampled_from(["utility", "marketing", "authentication"]) | SCALARS,
    "body": st.text("a {}12b", max_size=30) | SCALARS,
    "header": ROW | SCALARS,
    "buttons": st.lists(ROW | st.fixed_dictionaries({"type": st.sampled_from(list(BUTTONS))}), max_size=3) | ANYTHING,
    "cards": st.lists(ROW, max_size=3) | ANYTHING,
    "limited_time_offer": ROW | ANYTHING,
    "examples": ANYTHING,
}


def toml_of(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml_of(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(toml_of, value))}]"
    return json.dumps(value, ensure_ascii=False)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.fixed_dictionaries({}, optional=LIKELY))
def test_whatever_a_file_holds_it_is_told_what_is_wrong_and_nothing_breaks(table: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text("".join(f"{key} = {toml_of(value)}\n" for key, value in table.items()), "utf-8")
    findings = [one for found in lint([path]) for one in found]
    try:
        file.checked(path)
    except Usage:
        assert any(one.level == "error" for one in findings)
    else:
        assert not any(one.level == "error" for one in findings)
