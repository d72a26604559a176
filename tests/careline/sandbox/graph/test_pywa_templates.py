"""pywa builds every kind of template it knows, and the sandbox takes, lists, changes and deletes it as Graph does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pywa import WhatsApp
from pywa.errors import WhatsAppError
from pywa.types import templates as t

from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import ANNA

DAY = 24 * 3600 * 1_000_000
PNG = b"\x89PNG\r\n\x1a\n" + bytes(2000)


@pytest.fixture
def wa(sandbox: Running) -> Iterator[WhatsApp]:
    with httpx.Client(trust_env=False) as session:
        client = WhatsApp(
            phone_id=account.PHONE_NUMBER_ID,
            token=account.ACCESS_TOKEN,
            waba_id=account.BUSINESS_ACCOUNT_ID,
            app_id=int(account.APP_ID),
            server=None,
            session=session,
        )
        session.base_url = httpx.URL(f"{sandbox.url}/v23.0")
        yield client


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "shop.png"
    path.write_bytes(PNG)
    return path


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "shop.mp4"
    path.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(500))
    return path


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "ticket.pdf"
    path.write_bytes(b"%PDF-1.7\n" + bytes(500))
    return path


def body() -> t.BodyText:
    return t.BodyText("Ciao {{1}}, il tuo pacco è partito questa mattina.", "Anna")


def template(name: str, *components: Any, category: str = "MARKETING", **more: Any) -> t.Template:
    return t.Template(
        name=name,
        language=t.TemplateLanguage.ITALIAN,
        category=t.TemplateCategory(category),
        components=list(components),
        **more,
    )


def card(picture: Path) -> t.CarouselCard:
    button = t.Buttons(buttons=[t.QuickReplyButton(text="Voglio questo")])
    return t.CarouselCard(components=[t.HeaderImage(example=picture), button])


BUTTONS: dict[str, Any] = {
    "quick reply": t.QuickReplyButton(text="Grazie"),
    "url": t.URLButton(text="Segui", url="https://shop.example/t/{{1}}", example="https://shop.example/t/9"),
    "phone": t.PhoneNumberButton(text="Chiama", phone_number="+390212345678"),
    "copy code": t.CopyCodeButton(example="ESTATE25"),
    "flow": t.FlowButton(text="Prenota", flow_id="123456", flow_action=t.FlowActionType.NAVIGATE, navigate_screen="START"),
    "catalog": t.CatalogButton(text="Catalogo"),
    "several products": t.MPMButton(text="Guarda"),
    "one product": t.SPMButton(text="Guarda"),
    "voice call": t.VoiceCallButton(text="Chiamaci"),
    "call permission": t.CallPermissionRequestButton(),
    "contact": t.ContactInfoRequestButton(),
}


@pytest.mark.parametrize("kind", list(BUTTONS))
def test_every_button_pywa_knows_is_taken_and_listed(wa: WhatsApp, kind: str) -> None:
    created = wa.create_template(template("with_button", body(), t.Buttons(buttons=[BUTTONS[kind]])))
    (shown,) = [one for one in created.get().components if isinstance(one, t.Buttons)]
    (button,) = shown.buttons
    assert type(button) is type(BUTTONS[kind])


@pytest.mark.parametrize(
    ("kind", "fixture"),
    [(t.HeaderImage, "picture"), (t.HeaderVideo, "film"), (t.HeaderDocument, "paper"), (t.HeaderGIF, "film")],
)
def test_a_media_header_is_uploaded_first_and_listed_as_an_address(
    wa: WhatsApp, request: pytest.FixtureRequest, kind: Any, fixture: str
) -> None:
    file: Path = request.getfixturevalue(fixture)
    created = wa.create_template(template("with_sample", kind(example=file), body()))
    header = created.get().components[0]
    assert type(header) is kind
    with httpx.Client(trust_env=False) as plain:
        assert plain.get(header.example).content == file.read_bytes()


def test_an_upload_goes_on_where_it_broke_off(wa: WhatsApp) -> None:
    session = wa.api.create_upload_session(account.APP_ID, "a.png", len(PNG), "image/png")["id"]
    wa.api.upload_file(session, PNG[:700])
    assert wa.api.get_upload_session(session)["file_offset"] == 700
    assert wa.api.upload_file(session, PNG[700:], 700)["h"].startswith("4::")
    with pytest.raises(WhatsAppError, match="file_offset"):
        wa.api.upload_file(session, PNG[700:], 5)


def test_headers_without_a_sample(wa: WhatsApp) -> None:
    wa.create_template(template("place", t.HeaderLocation(), body(), category="UTILITY"))
    wa.create_template(template("thing", t.HeaderProduct(), body(), t.Buttons(buttons=[t.SPMButton(text="Guarda")])))
    assert {one.name for one in wa.get_templates()} == {"place", "thing"}


def test_a_limited_time_offer_and_a_carousel(wa: WhatsApp, picture: Path) -> None:
    offer = t.LimitedTimeOffer(text="Scade presto", has_expiration=True)
    buttons = t.Buttons(
        buttons=[t.CopyCodeButton(example="ESTATE25"), t.URLButton(text="Compra", url="https://shop.example/estate")]
    )
    wa.create_template(template("offer", t.HeaderImage(example=picture), offer, body(), buttons))
    wa.create_template(template("cards", body(), t.Carousel(cards=[card(picture), card(picture)])))
    found = {one.name: one for one in wa.get_templates()}
    assert isinstance(found["offer"].components[1], t.LimitedTimeOffer)
    (carousel,) = [one for one in found["cards"].components if isinstance(one, t.Carousel)]
    assert len(carousel.cards) == 2
    with pytest.raises(WhatsAppError, match="2 to 10 cards"):
        wa.create_template(template("lonely", body(), t.Carousel(cards=[card(picture)])))


APP = t.OTPSupportedApp(package_name="com.example.shop", signature_hash="K8a/AINcGX7")


@pytest.mark.parametrize(
    "button",
    [
        t.CopyCodeOTPButton(text="Copia"),
        t.OneTapOTPButton(text="Copia", autofill_text="Inserisci", supported_apps=[APP]),
        t.ZeroTapOTPButton(text="Copia", autofill_text="Inserisci", zero_tap_terms_accepted=True, supported_apps=[APP]),
    ],
    ids=["copy", "one tap", "zero tap"],
)
def test_a_code_in_each_way_it_can_be_taken(sandbox: Running, wa: WhatsApp, button: Any) -> None:
    parts = (t.AuthenticationBody(add_security_recommendation=True), t.AuthenticationFooter(code_expiration_minutes=10))
    created = wa.create_template(template("code", *parts, t.Buttons(buttons=[button]), category="AUTHENTICATION"))
    sandbox.control.advance(DAY)
    assert created.get().status == t.TemplateStatus.APPROVED


def test_one_code_in_three_languages_created_and_then_changed(sandbox: Running, wa: WhatsApp) -> None:
    languages = [t.TemplateLanguage.ITALIAN, t.TemplateLanguage.ENGLISH_US, t.TemplateLanguage.FRENCH]
    first = wa.upsert_authentication_template(
        name="code", languages=languages, otp_button=t.CopyCodeOTPButton(), code_expiration_minutes=5
    )
    sandbox.control.advance(DAY)
    again = wa.upsert_authentication_template(
        name="code", languages=languages, otp_button=t.CopyCodeOTPButton(), code_expiration_minutes=9
    )
    assert [one.id for one in first] == [one.id for one in again]
    footers = {one.components[1].code_expiration_minutes for one in wa.get_templates(name="code")}
    assert footers == {9}


def test_a_library_template_is_created_with_our_address(wa: WhatsApp) -> None:
    made = t.LibraryTemplate(
        name="nostro_pacco",
        library_template_name="parcel_on_its_way",
        category=t.TemplateCategory.UTILITY,
        language=t.TemplateLanguage.ENGLISH_US,
        library_template_button_inputs=[
            {"type": "URL", "url": {"base_url": "https://shop.example/{{1}}", "url_suffix_example": "A17"}}  # type: ignore[list-item]
        ],
    )
    shown = wa.create_template(made).get()
    (buttons,) = [one for one in shown.components if isinstance(one, t.Buttons)]
    assert (shown.name, buttons.buttons[0].url) == ("nostro_pacco", "https://shop.example/{{1}}")


def test_an_edit_is_reviewed_again(sandbox: Running, wa: WhatsApp) -> None:
    created = wa.create_template(template("order_update", body(), category="UTILITY"))
    sandbox.control.advance(DAY)
    words = t.BodyText("Ciao {{1}}, il tuo pacco arriva oggi pomeriggio.", "Anna")
    updated = wa.update_template(created.id, new_components=[words])
    assert (updated.success, updated.name, created.get().status) == (True, "order_update", t.TemplateStatus.PENDING)
    sandbox.control.advance(DAY)
    assert created.get().components[0].text == words.text


def test_a_duplicate_and_a_deletion(wa: WhatsApp) -> None:
    created = wa.create_template(template("order_update", body(), category="UTILITY"))
    created.get().duplicate(name="order_update_2")
    assert wa.delete_template("order_update", template_id=created.id)
    assert [one.name for one in wa.get_templates()] == ["order_update_2"]


def test_what_pacing_paused_is_unpaused_after_five_minutes(sandbox: Running, wa: WhatsApp) -> None:
    created = wa.create_template(template("news", body()))
    sandbox.control.review("news", "approve")
    assert "not paused by pacing" in str(wa.unpause_template(created.id).reason)
    sandbox.control.slow_down("news")
    assert created.get().status == t.TemplateStatus.PAUSED
    assert not wa.unpause_template(created.id)
    sandbox.control.advance(DAY // 24 // 12)
    assert wa.unpause_template(created.id)
    assert created.get().status == t.TemplateStatus.APPROVED


def test_two_templates_are_compared_by_how_often_they_were_sent(sandbox: Running, wa: WhatsApp) -> None:
    ids = [wa.create_template(template(name, body(), category="UTILITY")).id for name in ("first", "second")]
    for name in ("first", "second"):
        sandbox.control.review(name, "approve")
    wa.send_template(to=ANNA, name="second", language=t.TemplateLanguage.ITALIAN, params=[body().params("Anna")])
    found = wa.compare_templates(ids[0], ids[1], start=datetime.now(UTC), end=datetime.now(UTC))
    assert found.times_sent == {ids[0]: 0, ids[1]: 1}
    assert found.block_rate == ids


def test_there_is_no_second_account_to_migrate_from(wa: WhatsApp) -> None:
    with pytest.raises(WhatsAppError, match="does not exist"):
        wa.migrate_templates(source_waba_id="999")
