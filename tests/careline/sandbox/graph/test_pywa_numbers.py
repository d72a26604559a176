"""pywa's calls for numbers, profile, codes, block lists, automation and callbacks work against the sandbox as against Graph."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from pywa import WhatsApp, types
from pywa.errors import WhatsAppError

from careline.sandbox import account
from careline.sandbox.server import Running
from tests.careline.sandbox.calls import ANNA
from tests.careline.sandbox.receiver import Receiver

NUMBER = account.PHONE_NUMBER_ID


@pytest.fixture
def wa(sandbox: Running) -> Iterator[WhatsApp]:
    with httpx.Client(trust_env=False) as session:
        client = WhatsApp(
            phone_id=NUMBER,
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


def test_pywa_brings_a_number_into_service(sandbox: Running, wa: WhatsApp) -> None:
    created = wa.create_phone_number(country_calling_code="39", phone_number="0299887766", verified_name="Negozio Milano")
    assert wa.request_verification_code(phone_id=created.id, code_method="SMS", language_code="it")
    assert wa.verify_phone_number(phone_id=created.id, code=sandbox.control.code(created.id))
    assert wa.register_phone_number(phone_id=created.id, pin="135791")
    shown = wa.get_business_phone_number(phone_id=created.id)
    assert (shown.status, shown.code_verification_status, shown.is_pin_enabled) == ("CONNECTED", "VERIFIED", True)
    assert wa.deregister_phone_number(phone_id=created.id)
    assert wa.get_business_phone_number(phone_id=created.id).platform_type == "NOT_APPLICABLE"


def test_pywa_lists_numbers_in_pages(wa: WhatsApp) -> None:
    for last in range(3):
        wa.create_phone_number(country_calling_code="39", phone_number=f"029988770{last}", verified_name="Negozio")
    page = wa.get_business_phone_numbers(pagination=types.others.Pagination(limit=3))
    assert (len(page), page.has_next) == (3, True)
    rest = wa.get_business_phone_numbers(pagination=types.others.Pagination(limit=3, after=page.after))
    assert (len(rest), rest.has_next) == (1, False)


def test_pywa_learns_why_a_pin_is_refused(wa: WhatsApp) -> None:
    with pytest.raises(WhatsAppError) as refused:
        wa.register_phone_number(pin="999999")
    assert refused.value.code == 133005


def test_pywa_reads_and_changes_the_account(wa: WhatsApp) -> None:
    shown = wa.get_business_account()
    assert (shown.id, shown.account_review_status, shown.is_enabled_for_insights) == (
        account.BUSINESS_ACCOUNT_ID,
        "APPROVED",
        False,
    )
    wa.update_business_account_settings(disable_marketing_messages_on_cloud_api=True)


def test_pywa_changes_the_display_name(wa: WhatsApp) -> None:
    assert wa.update_display_name("Bottega Rossi")
    assert wa.get_business_phone_number().new_name_status == "PENDING_REVIEW"


def test_pywa_writes_the_profile_and_reads_it_back(wa: WhatsApp) -> None:
    assert wa.update_business_profile(
        about="Aperto",
        email="ciao@shop.example",
        industry=types.others.Industry.RETAIL,
        websites=("https://shop.example",),
    )
    shown = wa.get_business_profile()
    assert (shown.about, shown.industry, tuple(shown.websites or ())) == (
        "Aperto",
        types.others.Industry.RETAIL,
        ("https://shop.example",),
    )


def test_pywa_sets_ice_breakers_and_commands(wa: WhatsApp) -> None:
    command = types.others.Command(name="stato", description="Lo stato di un ordine")
    assert wa.update_conversational_automation(ice_breakers=("Orari?",), commands=(command,))
    held = wa.get_business_phone_number().conversational_automation
    assert held is not None
    assert (tuple(held.ice_breakers or ()), [one.name for one in held.commands or ()]) == (("Orari?",), ["stato"])


def test_pywa_changes_settings_and_commerce(wa: WhatsApp) -> None:
    assert wa.update_commerce_settings(is_catalog_visible=True, is_cart_enabled=False)
    shown = wa.get_commerce_settings()
    assert (shown.is_catalog_visible, shown.is_cart_enabled) == (True, False)
    held = wa.get_business_phone_number_settings()
    assert held.user_identity_change is not None


def test_pywa_blocks_and_unblocks(sandbox: Running, wa: WhatsApp, connected: Receiver) -> None:
    sandbox.control.say(ANNA, "ciao")
    done = wa.block_users([ANNA])
    assert [one.wa_id for one in done.added_users] == [ANNA[1:]]
    assert [one.wa_id for one in wa.get_blocked_users()] == [ANNA[1:]]
    assert [one.wa_id for one in wa.unblock_users([ANNA]).removed_users] == [ANNA[1:]]
    assert list(wa.get_blocked_users()) == []


def test_pywa_changes_and_deletes_codes(wa: WhatsApp) -> None:
    code = wa.create_qr_code(prefilled_message="Ciao", image_type=types.others.QRCodeImageType.PNG)
    assert wa.update_qr_code(code=code.code, prefilled_message="Salve").prefilled_message == "Salve"
    found = wa.get_qr_code(code=code.code)
    assert found is not None
    assert found.prefilled_message == "Salve"
    assert wa.delete_qr_code(code=code.code)
    assert list(wa.get_qr_codes()) == []


def test_pywa_overrides_callbacks_and_takes_them_back(sandbox: Running, wa: WhatsApp, receiver: Receiver) -> None:
    assert wa.override_waba_callback_url(callback_url=receiver.url, verify_token=account.VERIFY_TOKEN)
    assert wa.override_phone_callback_url(callback_url=receiver.url, verify_token=account.VERIFY_TOKEN)
    held = wa.get_business_phone_number().webhook_configuration
    assert held == {"phone_number": receiver.url, "whatsapp_business_account": receiver.url}
    assert wa.delete_phone_callback_url()
    assert wa.delete_waba_callback_url()
    assert wa.get_business_phone_number().webhook_configuration is None


def test_pywa_sets_the_apps_own_callback(sandbox: Running, wa: WhatsApp, receiver: Receiver) -> None:
    token = wa.get_app_access_token(app_id=int(account.APP_ID), app_secret=account.APP_SECRET)
    assert wa.set_app_callback_url(
        app_id=int(account.APP_ID),
        app_access_token=token,
        callback_url=receiver.url,
        verify_token=account.VERIFY_TOKEN,
        fields=("messages", "account_update"),
    )
    assert receiver.got[0].query["hub.verify_token"] == account.VERIFY_TOKEN
