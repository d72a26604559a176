"""A template as a person writes it, in TOML, and as the platform wants it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from careline.errors import Usage

NAME = re.compile(r"[a-z0-9_]{1,512}", re.ASCII)
LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Za-z]{2,4})?", re.ASCII)
VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
CATEGORIES = ("utility", "marketing", "authentication")
FIELDS = {"name", "language", "category", "header", "body", "footer", "examples", "header_examples", "buttons"}
LIMITS = {"header": 60, "body": 1024, "footer": 60}
MAX_FILE = 256 * 1024


def read(path: Path) -> dict[str, Any]:
    """The definition in the file, as the platform's API takes it. Raises Usage naming the file and what is wrong in it."""
    try:
        if path.stat().st_size > MAX_FILE:
            raise Usage(f"{path} is larger than any template ({MAX_FILE} bytes).")
        text = path.read_text("utf-8")
    except OSError as error:
        raise Usage(f"{path} cannot be read: {error.strerror}.", code="unreadable_file") from None
    except UnicodeDecodeError:
        raise _wrong(path, "it is not UTF-8 text") from None
    try:
        template = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path, str(error)) from None
    except RecursionError:
        raise _wrong(path, "it is nested too deeply") from None
    return definition(template, path)


def definition(template: dict[str, Any], path: Path) -> dict[str, Any]:
    """The same from the file's content. Variables are ``{{1}}``, ``{{2}}``… or all named, with one example each."""
    unknown = sorted(set(template) - FIELDS)
    if unknown:
        raise _wrong(path, f"it has no field {unknown[0]!r}; known are {', '.join(sorted(FIELDS))}")
    name, language = _text(template, "name", path), _text(template, "language", path)
    category, body = _text(template, "category", path).lower(), _text(template, "body", path)
    if not NAME.fullmatch(name):
        raise _wrong(path, "name may hold a-z, 0-9 and _ only")
    if not LANGUAGE.fullmatch(language):
        raise _wrong(path, f"{language!r} is no language code such as it, en_US or zh_CN")
    if category not in CATEGORIES:
        raise _wrong(path, f"category is one of {', '.join(CATEGORIES)}")
    for part, limit in LIMITS.items():
        if part in template and len(_text(template, part, path)) > limit:
            raise _wrong(path, f"{part} has {len(template[part])} characters, {limit} are allowed")
    named = _named(variables(body) + variables(str(template.get("header", ""))), path)
    components = [
        *_header(template, named, path),
        {"type": "BODY", "text": body, **_examples(body, template.get("examples"), "body_text", named, path)},
    ]
    if "footer" in template:
        footer = _text(template, "footer", path)
        if variables(footer):
            raise _wrong(path, "footer may hold no variable")
        components.append({"type": "FOOTER", "text": footer})
    if "buttons" in template:
        buttons = template["buttons"]
        if not isinstance(buttons, list) or not buttons:
            raise _wrong(path, "buttons are written as [[buttons]], one table each")
        components.append({"type": "BUTTONS", "buttons": [_button(button, path) for button in buttons]})
    return {
        "name": name,
        "language": language,
        "category": category.upper(),
        "parameter_format": "NAMED" if named else "POSITIONAL",
        "components": components,
    }


def variables(text: str) -> list[str]:
    """The variables of a text in their order, each once."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def _named(found: list[str], path: Path) -> bool:
    numbers = [v for v in found if v.isdecimal()]
    if numbers and len(numbers) != len(found):
        raise _wrong(path, "variables are either all numbers or all names")
    bad = next((v for v in found if not v.isdecimal() and not re.fullmatch(r"[a-z][a-z0-9_]*", v)), None)
    if bad is not None:
        raise _wrong(path, f"the variable {{{{{bad}}}}} is neither a number nor a name of a-z, 0-9 and _")
    return bool(found) and not numbers


def _header(template: dict[str, Any], named: bool, path: Path) -> list[dict[str, Any]]:
    if "header" not in template:
        return []
    text = _text(template, "header", path)
    if len(variables(text)) > 1:
        raise _wrong(path, "header may hold one variable at most")
    examples = _examples(text, template.get("header_examples"), "header_text", named, path)
    return [{"type": "HEADER", "format": "TEXT", "text": text, **examples}]


def _examples(text: str, given: Any, field: str, named: bool, path: Path) -> dict[str, Any]:
    """The ``example`` of a component: the platform reviews what it looks like filled in."""
    slots = variables(text)
    part = field.split("_")[0]
    word = "examples" if part == "body" else "header_examples"
    if not slots:
        return {}
    if named:
        if not isinstance(given, dict) or set(given) != set(slots):
            raise _wrong(path, f"{word} must be a table with one example for each of {', '.join(slots)}")
        return {"example": {f"{field}_named_params": [{"param_name": s, "example": str(given[s])} for s in slots]}}
    if sorted(slots, key=int) != [str(n) for n in range(1, len(slots) + 1)]:
        raise _wrong(path, f"the variables of {part} must be {{{{1}}}}, {{{{2}}}}… without a gap")
    if not isinstance(given, list) or len(given) != len(slots):
        raise _wrong(path, f"{word} must be a list with {len(slots)} example{'s' if len(slots) > 1 else ''}")
    values = [str(value) for value in given]
    return {"example": {field: [values] if part == "body" else values}}


def _button(button: Any, path: Path) -> dict[str, Any]:
    kind = button.get("type", "") if isinstance(button, dict) else ""
    if kind == "quick_reply":
        return {"type": "QUICK_REPLY", "text": _text(button, "text", path)}
    if kind == "phone_number":
        return {
            "type": "PHONE_NUMBER",
            "text": _text(button, "text", path),
            "phone_number": _text(button, "phone_number", path),
        }
    if kind == "url":
        made: dict[str, Any] = {"type": "URL", "text": _text(button, "text", path), "url": _text(button, "url", path)}
        if variables(made["url"]):
            made["example"] = [_text(button, "example", path)]
        return made
    raise _wrong(path, "a button's type is quick_reply, url or phone_number")


def _text(table: dict[str, Any], field: str, path: Path) -> str:
    value = table.get(field)
    if not isinstance(value, str) or not value.strip():
        raise _wrong(path, f"{field} is missing or empty")
    return value


def _wrong(path: Path, why: str) -> Usage:
    return Usage(
        f"{path}: {why}.",
        code="bad_template",
        hint="A template file has name, language, category, body, and where needed header, footer, examples, [[buttons]].",
    )
