"""pywa fills in every type of template it knows, and the sandbox takes what it makes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pywa import WhatsApp
from pywa.errors import WhatsAppError
from pywa.types import ProductsSection
from pywa.types import templates as t

from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import ANNA, Graph

BODY = {"type": "BODY", "text": "Il tuo pacco arriva oggi, grazie della pazienza."}
SAMPLE = {"header_handle": ["4::aW1hZ2U=:ARb"]}
PICTURE = "https://shop.example/a.png"


@pytest.fixture
def wa(sandbox: Running) -> Iterator[WhatsApp]:
    with httpx.Client(trust_env=False) as session:
        client = WhatsApp(
            phone_id=account.PHONE_NUMBER_ID,
            token=account.ACCESS_TOKEN,
            waba_id=account.BUSINESS_ACCOUNT_ID,
            server=None,
            session=session,
        )
        session.base_url = httpx.URL(f"{sandbox.url}/v23.0")
        yield client


def header(form: str, **more: Any) -> dict[str, Any]:
    return {"type": "HEADER", "format": form} | more


def buttons(*given: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(given)}


URL = {"type": "URL", "text": "Segui", "url": "https://shop.example/{{1}}", "example": ["https://shop.example/7"]}
QUICK = {"type": "QUICK_REPLY", "text": "Sì"}
NAMED = {
    "type": "BODY",
    "text": "Ciao {{name}}, il tuo pacco è partito questa mattina.",
    "example": {"body_text_named_params": [{"param_name": "name", "example": "Anna"}]},
}
COUNTED = NAMED | {
    "text": "Ciao {{1}}, hai ancora {{2}} da spendere entro {{3}} nel nostro negozio.",
    "example": {"body_text": [["a", "b", "c"]]},
}
OFFER = {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": "Oggi", "has_expiration": True}}
COUPON = {"type": "COPY_CODE", "example": "ESTATE25"}
CARD = {"components": [header("IMAGE", example=SAMPLE), buttons(QUICK, URL)]}
OTP = {"type": "OTP", "otp_type": "COPY_CODE"}
TITLE = header("TEXT", text="Ordine {{1}}", example={"header_text": ["7"]})
FLOW = {"type": "FLOW", "text": "Apri", "flow_id": "1", "navigate_screen": "A"}


def filled_card(index: int) -> Any:
    return t.CarouselCard.params(
        index=index,
        params=[
            t.HeaderImage.params(image=PICTURE),
            t.QuickReplyButton.params(callback_data="sì", index=0),
            t.URLButton.params(url_variable="77", index=1),
        ],
    )


CASES: dict[str, tuple[str, list[dict[str, Any]], list[Any]]] = {
    "names": ("UTILITY", [NAMED], [t.BodyText.params(name="Anna")]),
    "amounts and times": (
        "UTILITY",
        [COUNTED],
        [
            t.BodyText.params(
                "Anna",
                t.Currency(fallback_value="10 €", code="EUR", amount_1000=10000),
                t.DateTime(fallback_value="domani"),
            )
        ],
    ),
    "title": ("UTILITY", [TITLE, BODY], [t.HeaderText.params("77")]),
    "picture": ("MARKETING", [header("IMAGE", example=SAMPLE), BODY], [t.HeaderImage.params(image=PICTURE)]),
    "film": ("MARKETING", [header("VIDEO", example=SAMPLE), BODY], [t.HeaderVideo.params(video="https://a.b/c.mp4")]),
    "place": (
        "UTILITY",
        [header("LOCATION"), BODY],
        [t.HeaderLocation.params(lat=45.4, lon=9.1, name="Negozio", address="Via Roma 1")],
    ),
    "product": (
        "MARKETING",
        [header("PRODUCT"), BODY, buttons({"type": "SPM", "text": "View"})],
        [t.HeaderProduct.params(catalog_id="1", sku="7")],
    ),
    "buttons": (
        "MARKETING",
        [BODY, buttons(QUICK, URL)],
        [t.QuickReplyButton.params(callback_data="p", index=0), t.URLButton.params(url_variable="77", index=1)],
    ),
    "flow": (
        "UTILITY",
        [BODY, buttons(FLOW)],
        [t.FlowButton.params(index=0, flow_token="t1", flow_action_data={"name": "Anna"})],
    ),
    "catalogue": (
        "MARKETING",
        [BODY, buttons({"type": "CATALOG", "text": "View"})],
        [t.CatalogButton.params(index=0, thumbnail_product_sku="7")],
    ),
    "several products": (
        "MARKETING",
        [BODY, buttons({"type": "MPM", "text": "View"})],
        [
            t.MPMButton.params(
                index=0, thumbnail_product_sku="1", product_sections=[ProductsSection(title="Borse", skus=["1", "2"])]
            )
        ],
    ),
    "offer": (
        "MARKETING",
        [header("IMAGE", example=SAMPLE), OFFER, BODY, buttons(COUPON, URL)],
        [
            t.HeaderImage.params(image=PICTURE),
            t.LimitedTimeOffer.params(expiration_time=datetime(2030, 1, 1, tzinfo=UTC)),
            t.CopyCodeButton.params(coupon_code="TENOFF", index=0),
            t.URLButton.params(url_variable="77", index=1),
        ],
    ),
    "carousel": (
        "MARKETING",
        [BODY, {"type": "CAROUSEL", "cards": [CARD, CARD]}],
        [t.Carousel.params(cards=[filled_card(0), filled_card(1)])],
    ),
    "code": (
        "AUTHENTICATION",
        [{"type": "BODY"}, buttons(OTP)],
        [t.AuthenticationBody.params(otp="123456"), t.CopyCodeOTPButton.params(otp="123456")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_pywa_fills_in_is_taken(case: str, wa: WhatsApp, graph: Graph) -> None:
    category, parts, params = CASES[case]
    graph.approved("filled", *parts, category=category, parameter_format="NAMED" if case == "names" else "POSITIONAL")
    wa.send_template(to=ANNA, name="filled", language=t.TemplateLanguage.ITALIAN, params=params)


def test_what_pywa_leaves_out_is_missed(wa: WhatsApp, graph: Graph) -> None:
    category, parts, _ = CASES["carousel"]
    graph.approved("filled", *parts, category=category)
    one = [t.Carousel.params(cards=[filled_card(0)])]
    with pytest.raises(WhatsAppError, match=r"number of cards \(1\) does not match the expected number of cards \(2\)"):
        wa.send_template(to=ANNA, name="filled", language=t.TemplateLanguage.ITALIAN, params=one)
