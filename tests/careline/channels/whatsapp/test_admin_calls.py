"""What an admin asks of Meta for a number: the requests, and odd but real answers read without loss."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest

from careline.channels.whatsapp import health
from careline.channels.whatsapp.analytics import Analytics
from careline.channels.whatsapp.blocking import Blocking
from careline.channels.whatsapp.profile import Profile, Profiles, checked
from careline.channels.whatsapp.registration import Registration, phone_digits
from careline.channels.whatsapp.setup import Setup
from careline.clock import DAY
from careline.errors import CredentialsRefused, Refused, Usage
from tests.careline.channels.whatsapp.payloads import NUMBER
from tests.careline.channels.whatsapp.test_client import TOKEN, Graph, ok

DONE = {"success": True}


def body(graph: Graph, at: int = 0) -> dict[str, object]:
    return dict(json.loads(graph.asked[at].content))


def test_a_number_is_added_by_country_and_rest() -> None:
    graph = Graph(ok({"id": "42"}))
    assert graph.run(lambda r: r.add("390299887766", " Negozio  Rossi "), Registration) == "42"
    assert body(graph) == {"cc": "39", "phone_number": "0299887766", "verified_name": "Negozio Rossi"}


def test_a_code_loses_its_hyphen_before_it_is_sent() -> None:
    graph = Graph(ok(DONE))
    graph.run(lambda r: r.verify_code("123-456"), Registration)
    assert body(graph) == {"code": "123456"}


def test_registering_says_the_pin_in_the_body_alone() -> None:
    graph = Graph(ok(DONE))
    graph.run(lambda r: r.register("135790"), Registration)
    assert body(graph) == {"messaging_product": "whatsapp", "pin": "135790"}
    assert "135790" not in str(graph.asked[0].url)


@pytest.mark.parametrize("pin", ["12345", "1234567", "12345a", "١٢٣٤٥٦", ""])
def test_a_pin_of_another_form_is_refused_and_not_repeated(pin: str) -> None:
    with pytest.raises(Usage) as refused:
        Graph().run(lambda r: r.register(pin), Registration)
    assert not pin or pin not in refused.value.message


def test_an_answer_that_is_no_success_is_a_refusal() -> None:
    with pytest.raises(Refused):
        Graph(ok({"success": False})).run(lambda r: r.set_pin("135790"), Registration)


def test_digits_come_from_a_number_with_its_plus() -> None:
    assert phone_digits("+39 02 1234-5678") == "390212345678"


def test_the_proof_of_an_app_secret_is_its_hmac_of_the_token() -> None:
    graph = Graph(ok({"id": NUMBER}))
    graph.run(lambda setup: setup.prove("facade"), Setup)
    proof = hmac.new(b"facade", TOKEN.encode(), hashlib.sha256).hexdigest()
    assert graph.asked[0].url.params["appsecret_proof"] == proof


def test_a_proof_that_meta_refuses_is_a_wrong_secret() -> None:
    error = {"message": "Invalid appsecret_proof provided in the API argument", "type": "GraphMethodException", "code": 100}
    with pytest.raises(CredentialsRefused) as refused:
        Graph(ok({"error": error}, 400)).run(lambda setup: setup.prove("facade"), Setup)
    assert (refused.value.code, "facade" in refused.value.message) == ("bad_secret", False)


@pytest.mark.parametrize(
    "answer",
    [
        {"data": [{"about": "Aperto", "vertical": "RETAIL", "websites": ["https://a.example"]}]},
        {"data": [{"business_profile": {"about": "Aperto", "vertical": "RETAIL", "websites": ["https://a.example"]}}]},
        {"about": "Aperto", "vertical": "RETAIL", "websites": ["https://a.example"], "id": "7"},
    ],
)
def test_a_profile_is_read_flat_wrapped_or_as_a_node(answer: dict[str, object]) -> None:
    greets = {"prompts": ["Orari?"], "commands": [{"command_name": "stato", "command_description": "Lo stato"}]}
    graph = Graph(ok(answer), ok({"conversational_automation": greets, "id": NUMBER}))
    assert graph.run(Profiles.read, Profiles) == Profile(
        about="Aperto",
        vertical="retail",
        websites=("https://a.example",),
        ice_breakers=("Orari?",),
        commands=(("stato", "Lo stato"),),
    )


def test_what_is_not_given_is_not_written() -> None:
    graph = Graph(ok(DONE))
    graph.run(lambda profiles: profiles.write({"vertical": "retail"}, "4::aW1n"), Profiles)
    assert body(graph) == {"messaging_product": "whatsapp", "vertical": "RETAIL", "profile_picture_handle": "4::aW1n"}


def test_checked_fields_are_of_the_types_that_the_platform_is_compared_with() -> None:
    given = {"websites": ["https://a.example"], "commands": {"stato": "Lo stato"}, "vertical": "RETAIL"}
    assert checked(given, "x") == {
        "websites": ("https://a.example",),
        "commands": (("stato", "Lo stato"),),
        "vertical": "retail",
    }


def test_health_is_read_entity_by_entity_whatever_the_overall_word_says() -> None:
    entities = [
        {"entity_type": "PHONE_NUMBER", "id": NUMBER, "can_send_message": "AVAILABLE", "can_receive_call_sip": "BLOCKED"},
        {
            "entity_type": "WABA",
            "id": "1",
            "can_send_message": "LIMITED",
            "additional_info": ["Low quality"],
            "errors": [{"error_code": 141002, "error_description": "Calls are off", "possible_solution": "Turn them on"}],
        },
    ]
    answer = {"status": "LINKED", "health_status": {"can_send_message": "BLOCKED", "entities": entities}, "throughput": None}
    state = Graph(ok(answer)).run(lambda graph: health.read(graph), lambda graph: graph)
    assert (state.number.status, state.overall, state.throughput) == ("linked", "blocked", "")
    assert [one.can_send for one in state.entities] == ["available", "limited"]
    assert state.entities[1].obstacles[0] == health.Obstacle("141002", "Calls are off", "Turn them on")
    assert state.entities[1].notes == ("Low quality",)


def test_blocking_takes_a_number_with_plus_or_a_user_id() -> None:
    graph = Graph(ok({"block_users": {"added_users": []}}), ok({"block_users": {"removed_users": []}}))

    async def both(blocking: Blocking) -> None:
        await blocking.block("393331234567", "wa_phone")
        await blocking.unblock("US.1", "wa_bsuid")

    graph.run(both, Blocking)
    assert [request.method for request in graph.asked] == ["POST", "DELETE"]
    assert body(graph)["block_users"] == [{"user": "+393331234567"}]
    assert body(graph, 1)["block_users"] == [{"user_id": "US.1"}]


def test_some_that_could_not_be_blocked_are_a_refusal_with_metas_code() -> None:
    answer = {"block_users": {"added_users": []}, "error": {"message": "(#139100) Failed", "code": 139100}}
    with pytest.raises(Refused) as refused:
        Graph(ok(answer, 400)).run(lambda blocking: blocking.block("1", "wa_phone"), Blocking)
    assert refused.value.platform_code == "139100"


def test_counts_are_asked_for_with_their_parameters_chained_on() -> None:
    points = [{"start": 86400, "end": 172800, "pricing_category": "UTILITY", "volume": 3, "cost": 0.09}]
    graph = Graph(ok({"pricing_analytics": {"data": [{"data_points": points}]}, "id": "1"}))
    rows = graph.run(lambda analytics: analytics.pricing("day", "category"), lambda calls: Analytics(calls, DAY, 2 * DAY))
    fields = graph.asked[0].url.params["fields"]
    chained = 'start(86400).end(172800).granularity(DAILY).dimensions(["PRICING_CATEGORY"])'
    assert fields == f"pricing_analytics.{chained}"
    assert rows == [{"start_at": DAY, "end_at": 2 * DAY, "category": "utility", "messages": 3, "cost": 0.09}]


def test_templates_are_counted_ten_at_a_time() -> None:
    graph = Graph(ok({"data": []}), ok({"data": []}))
    ids = [str(id) for id in range(11)]
    assert graph.run(lambda analytics: analytics.templates(ids), lambda calls: Analytics(calls, DAY, 2 * DAY)) == []
    assert [request.url.params["template_ids"].count(",") + 1 for request in graph.asked] == [10, 1]
