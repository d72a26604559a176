"""pywa, which knows nothing of us, works against the sandbox as against Graph."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from pywa import WhatsApp, types
from pywa.errors import WhatsAppError
from pywa.types.templates import (
    BodyText,
    Buttons,
    HeaderText,
    QuickReplyButton,
    Template,
    TemplateCategory,
    TemplateLanguage,
    TemplateStatus,
    URLButton,
)
from pywa.utils import webhook_updates_validator

from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import ANNA
from tests.careline.sandbox.receiver import Receiver

WEEK = 7 * 24 * 3600 * 1_000_000


@pytest.fixture
def wa(sandbox: Running) -> Iterator[WhatsApp]:
    with httpx.Client(trust_env=False) as session:
        client = WhatsApp(
            phone_id=account.PHONE_NUMBER_ID,
            token=account.ACCESS_TOKEN,
            waba_id=account.BUSINESS_ACCOUNT_ID,
            app_id=int(account.APP_ID),
            app_secret=account.APP_SECRET,
            verify_token=account.VERIFY_TOKEN,
            server=None,
            session=session,
        )
        session.base_url = httpx.URL(f"{sandbox.url}/v23.0")
        yield client


def order_update() -> Template:
    header, body = HeaderText("Ordine {{number}}", number="A17"), BodyText("Ciao {{name}}, il pacco è partito.", name="Anna")
    buttons = Buttons(
        buttons=[QuickReplyButton(text="Grazie"), URLButton(text="Segui", url="https://shop.example/t/{{1}}", example="9")]
    )
    return Template(
        name="order_update",
        language=TemplateLanguage.ITALIAN,
        category=TemplateCategory.UTILITY,
        parameter_format=types.templates.ParamFormat.NAMED,
        components=[header, body, buttons],
    )


def test_pywa_sends_a_text_inside_the_window(sandbox: Running, wa: WhatsApp, connected: Receiver) -> None:
    sandbox.control.say(ANNA, "C'è qualcuno?")
    sent = wa.send_message(to=ANNA, text="Sì, eccoci.", tracker="m7")
    shown = sandbox.control.customer(ANNA)["messages"][-1]
    assert (shown["id"], shown["text"], shown["ours"]) == (sent.id, "Sì, eccoci.", "m7")


def test_pywa_submits_a_template_waits_for_it_and_sends_it(sandbox: Running, wa: WhatsApp) -> None:
    created = wa.create_template(order_update())
    assert created.status == TemplateStatus.PENDING
    sandbox.control.advance(WEEK)
    (listed,) = wa.get_templates(name="order_update")
    assert (listed.id, listed.status, listed.language) == (created.id, TemplateStatus.APPROVED, TemplateLanguage.ITALIAN)

    template = order_update()
    header, body, buttons = template.components
    wa.send_template(
        to=ANNA,
        name="order_update",
        language=TemplateLanguage.ITALIAN,
        params=[
            header.params(number="B2"),
            body.params(name="Anna"),
            buttons.buttons[1].params(index=1, url_variable="42"),
        ],
    )
    shown = sandbox.control.customer(ANNA)["messages"][-1]
    assert shown["text"] == "Ordine B2\nCiao Anna, il pacco è partito."
    assert [one["payload"] for one in shown["buttons"]] == ["Grazie", "https://shop.example/t/42"]


def test_pywa_pages_through_templates(sandbox: Running, wa: WhatsApp) -> None:
    body = BodyText("Il tuo pacco arriva oggi, grazie della pazienza.")
    for number in range(5):
        wa.create_template(
            Template(name=f"t{number}", language=TemplateLanguage.ITALIAN, category=TemplateCategory.UTILITY, components=[body])
        )
    names: list[str] = []
    page = wa.get_templates(pagination=types.others.Pagination(limit=2))
    names += [one.name for one in page]
    while page.has_next:
        page = wa.get_templates(pagination=types.others.Pagination(limit=2, after=page.after))
        names += [one.name for one in page]
    assert page.total_count == 5
    assert sorted(names) == ["t0", "t1", "t2", "t3", "t4"]


def test_pywa_learns_why_a_template_is_refused(wa: WhatsApp) -> None:
    wa.create_template(order_update())
    with pytest.raises(WhatsAppError) as refused:
        wa.create_template(order_update())
    assert refused.value.subcode == 2388024


def test_pywa_creates_a_qr_code_that_starts_a_chat(sandbox: Running, wa: WhatsApp, connected: Receiver) -> None:
    code = wa.create_qr_code(prefilled_message="Ciao, vorrei prenotare")
    assert code.deep_link_url == f"https://wa.me/message/{code.code}"
    assert [one.code for one in wa.get_qr_codes()] == [code.code]
    sandbox.control.scan(ANNA, code.code)
    assert sandbox.control.customer(ANNA)["messages"][-1]["text"] == "Ciao, vorrei prenotare"


def test_pywa_accepts_the_signature_of_our_pushes_and_reads_them(sandbox: Running, wa: WhatsApp, connected: Receiver) -> None:
    heard: list[object] = []
    wa.add_handlers(
        *(handler(lambda _, update: heard.append(update)) for handler in _handlers()),
    )
    sandbox.control.say(ANNA, "C'è il pacco? 📦", name="Anna Rossi")
    wa.send_message(to=ANNA, text="Sì.", tracker="m8")
    sandbox.control.settle()
    for push in connected.posts():
        signature = push.headers["x-hub-signature-256"]
        assert webhook_updates_validator(account.APP_SECRET, push.body, signature)
        assert wa.webhook_update_validator(push.body, signature) is None
        assert wa.webhook_update_validator(push.body + b" ", signature) is not None
        assert wa.webhook_update_handler(push.body) == ("ok", 200)
    message, sent, delivered = heard
    assert isinstance(message, types.Message)
    assert (message.text, message.from_user.name, message.from_user.wa_id) == ("C'è il pacco? 📦", "Anna Rossi", "393331234567")
    assert isinstance(sent, types.MessageStatus)
    assert isinstance(delivered, types.MessageStatus)
    assert (sent.status, delivered.status) == (types.MessageStatusType.SENT, types.MessageStatusType.DELIVERED)
    assert (sent.tracker, sent.pricing.billable) == ("m8", False)


def test_pywa_answers_the_handshake_of_the_app_callback(sandbox: Running, wa: WhatsApp, connected: Receiver) -> None:
    token = wa.api.get_app_access_token(client_id=int(account.APP_ID), client_secret=account.APP_SECRET)["access_token"]
    done = wa.api.set_app_callback_url(
        app_id=int(account.APP_ID),
        access_token=token,
        callback_url=connected.url,
        verify_token=account.VERIFY_TOKEN,
        fields=("messages", "message_template_status_update"),
    )
    assert done == {"success": True}
    wa.create_template(order_update())
    sandbox.control.advance(WEEK)
    sandbox.control.settle()
    heard: list[types.templates.TemplateStatusUpdate] = []
    wa.add_handlers(_template_handler()(lambda _, update: heard.append(update)))
    wa.webhook_update_handler(connected.posts()[-1].body)
    assert [(one.template_name, one.new_status) for one in heard] == [("order_update", TemplateStatus.APPROVED)]


def _handlers() -> tuple[type, ...]:
    from pywa import handlers

    return handlers.MessageHandler, handlers.MessageStatusHandler


def _template_handler() -> type:
    from pywa import handlers

    return handlers.TemplateStatusUpdateHandler
