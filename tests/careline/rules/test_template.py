"""Which template is meant, and how it reads."""

from __future__ import annotations

import pytest

from careline.errors import NotFound, Refused
from careline.model import Template
from careline.rules.template import choose, rendered

BODY = '[{"type":"HEADER","format":"TEXT","text":"Hi"},{"type":"BODY","text":"Ciao {{1}}, order {{ 2 }}."}]'


def template(language: str, state: str = "approved", submitted_at: int = 1) -> Template:
    return Template(account="a", name="hello", language=language, state=state, submitted_at=submitted_at, components=BODY)


def test_a_template_reads_as_the_customer_reads_it() -> None:
    assert rendered(template("it"), [("1", "Anna"), ("2", "{{1}}")]) == "Ciao Anna, order {{1}}."
    assert rendered(template("it"), []) == "Ciao {{1}}, order {{ 2 }}."


def test_the_language_is_the_one_named_else_the_customers_else_its_base_else_the_first_submitted() -> None:
    both = [template("en_US", submitted_at=2), template("it", submitted_at=1)]
    assert choose("hello/en-US", both, "it").language == "en_US"
    assert choose("hello", both, "en_GB").language == "en_US"
    assert choose("hello", both, "it_CH").language == "it"
    assert choose("hello", both, "").language == "it"


def test_what_is_not_approved_is_refused_and_what_is_not_there_not_found() -> None:
    with pytest.raises(Refused, match="it is pending"):
        choose("hello", [template("it", "pending")], "")
    with pytest.raises(NotFound):
        choose("bye", [template("it")], "")
    with pytest.raises(NotFound, match="does not exist in fr"):
        choose("hello/fr", [template("it")], "")
