"""The accounts that the sandbox plays, the same at every start: test values of nobody, so exports stay valid.

Whoever needs an id of a customer gets it derived from the name, so that a story told twice has the same people in it.
"""
# ruff: noqa: S105 - the sandbox's own test values, given to everybody

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

APP_ID = "107000000000003"
BUSINESS_ID = "106000000000005"  # the business portfolio that the account belongs to
BUSINESS_ACCOUNT_ID = "108000000000002"
PHONE_NUMBER_ID = "109000000000001"
ACCESS_TOKEN = "EAAsandboxAccessToken0000000000000000000000000000"
APP_SECRET = "facade00000000000000000000000001"
APP_TOKEN = f"{APP_ID}|{APP_SECRET}"
VERIFY_TOKEN = "sandbox-verify-token"
SYSTEM_USER_ID = "122000000000004"
COUNTRY_CODE = "39"
PHONE = "390212345678"
DISPLAY_PHONE = "+39 02 1234 5678"
VERIFIED_NAME = "Sandbox Shop"
PIN = "246810"  # two-step verification of the number that is there from the start

WECHAT_APP_ID = "wxsandbox000000001"
WECHAT_SECRET = "facade00000000000000000000000002"
WECHAT_USERNAME = "gh_sandbox00001"
WECHAT_TOKEN = "sandboxToken"
WECHAT_AES_KEY = "sandboxEncodingAESKeyOfCareline00000000000A"

WECOM_CORP_ID = "wwsandbox00000001"
WECOM_SECRET = "facade00000000000000000000000003"
WECOM_ACCOUNT = "wkSandboxAccount0000000000000001"
WECOM_TOKEN = "sandboxToken"
WECOM_AES_KEY = "sandboxEncodingAESKeyOfWeCom000000000000000"

_EXTERNAL = re.compile(r"wm[A-Za-z0-9_-]{30}\Z")
_OPENID = re.compile(r"o[A-Za-z0-9_-]{27}\Z")
_PHONE = re.compile(r"\+?[0-9][0-9 ().-]{5,20}\Z")


def exports(url: str, home: Path) -> dict[str, str]:
    """The environment that points careline at a sandbox listening on ``url``."""
    return {
        "CARELINE_PROFILE": "sandbox",
        "CARELINE_CLOCK": str(home.absolute() / "sandbox" / "clock"),
        "CARELINE_WHATSAPP_API_URL": url,
        "CARELINE_WECHAT_API_URL": url,
        "CARELINE_PUBLIC_URL": "http://127.0.0.1:8080",
        "CARELINE_SECRET_WHATSAPP_ACCESS_TOKEN": ACCESS_TOKEN,
        "CARELINE_SECRET_WHATSAPP_APP_SECRET": APP_SECRET,
        "CARELINE_SECRET_WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
        "CARELINE_SECRET_WHATSAPP_PIN": PIN,
        "CARELINE_SECRET_WECHAT_APP_SECRET": WECHAT_SECRET,
        "CARELINE_SECRET_WECHAT_TOKEN": WECHAT_TOKEN,
        "CARELINE_SECRET_WECHAT_ENCODING_AES_KEY": WECHAT_AES_KEY,
        "CARELINE_SANDBOX_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
        "CARELINE_SANDBOX_BUSINESS_ACCOUNT_ID": BUSINESS_ACCOUNT_ID,
        "CARELINE_SANDBOX_APP_ID": APP_ID,
        "CARELINE_SANDBOX_WECHAT_APP_ID": WECHAT_APP_ID,
        "CARELINE_WECOM_API_URL": f"{url}/qyapi",
        "CARELINE_SECRET_WECOM_CORP_SECRET": WECOM_SECRET,
        "CARELINE_SECRET_WECOM_TOKEN": WECOM_TOKEN,
        "CARELINE_SECRET_WECOM_ENCODING_AES_KEY": WECOM_AES_KEY,
        "CARELINE_SANDBOX_WECOM_CORP_ID": WECOM_CORP_ID,
        "CARELINE_SANDBOX_URL": url,
    }


def openid_of(who: str) -> str:
    """The OpenID of a WeChat customer: ``who`` itself if it is one, else ``o`` and 27 characters derived from the name."""
    if _OPENID.match(who):
        return who
    digest = hashlib.sha256(f"{WECHAT_APP_ID}/{who}".encode()).digest()
    return "o" + base64.urlsafe_b64encode(digest).decode()[:27]


def unionid_of(who: str) -> str:
    """The id that one person has with all accounts of a company, on WeChat and WeCom."""
    digest = hashlib.sha256(f"union/{who}".encode()).digest()
    return "oU" + base64.urlsafe_b64encode(digest).decode()[:26]


def external_userid_of(who: str) -> str:
    """The external_userid of a WeCom customer: ``who`` itself if it is one, else ``wm`` and 30 characters from the name."""
    if _EXTERNAL.match(who):
        return who
    digest = hashlib.sha256(f"{WECOM_CORP_ID}/{who}".encode()).digest()
    return "wm" + base64.urlsafe_b64encode(digest).decode()[:30]


def user_id_of(who: str, country: str) -> str:
    """The business-scoped user id of a WhatsApp customer: country, point, twenty digits derived from the name."""
    number = int.from_bytes(hashlib.sha256(f"{BUSINESS_ACCOUNT_ID}/{who}".encode()).digest()[:12], "big")
    return f"{country}.{number % 10**20:020d}"


def looks_like_phone(who: str) -> bool:
    """True for what a person would write as a phone number: digits, perhaps a plus and separators."""
    return _PHONE.match(who) is not None


def wa_id_of(digits: str) -> str:
    """The WhatsApp id of an international number: two countries write it otherwise than it is dialled.

    Brazil drops the 9 before eight digits outside the first area codes; Mexico keeps the old 1 after its country code.
    """
    if re.match(r"55[3-9][0-9]9[0-9]{8}\Z", digits):
        return digits[:4] + digits[5:]
    if re.match(r"52[2-9][0-9]{9}\Z", digits):
        return "521" + digits[2:]
    return digits


def country_of(wa_id: str) -> str:
    """The country of a number as two letters, ``ZZ`` where it belongs to none."""
    import phonenumbers

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse("+" + wa_id)) or "ZZ"
    except phonenumbers.NumberParseException:
        return "ZZ"
