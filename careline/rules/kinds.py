"""The kinds of channels: what is true of every channel of a kind, whatever it is asked to do."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Kind(Struct, frozen=True):
    """``people`` is the kind of id that names a person there. ``credential`` is the secret that gives access to the platform's
    API, ``proving`` those that prove its pushes, of which the ``lasting`` one still counts for a while after it was changed.

    ``console`` is the web page where a person pastes what proves a push; empty where a call tells the platform. ``captions``:
    a file goes out with a text. ``fleeting``: the platform keeps what customers send for three days.
    """

    people: str
    credential: str
    proving: tuple[str, ...]
    lasting: str
    more: tuple[str, ...] = ()
    console: str = ""
    captions: bool = True
    fleeting: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        """All that a person may give."""
        return (self.credential, *self.proving, *self.more)

    @property
    def before(self) -> str:
        """The name under which the ``lasting`` one of before is kept."""
        return f"{self.lasting}_previous"


KINDS: Mapping[str, Kind] = {
    "whatsapp": Kind("wa_bsuid", "access_token", ("app_secret", "verify_token"), "app_secret", more=("pin",)),
    "wechat": Kind(
        "wechat_openid",
        "app_secret",
        ("token", "encoding_aes_key"),
        "encoding_aes_key",
        console="WeChat's console",
        captions=False,
        fleeting=True,
    ),
    "wecom": Kind(
        "wecom_external",
        "corp_secret",
        ("token", "encoding_aes_key"),
        "encoding_aes_key",
        console="WeCom's page of the app",
        captions=False,
        fleeting=True,
    ),
}
