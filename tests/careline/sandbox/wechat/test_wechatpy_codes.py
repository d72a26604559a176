"""wechatpy's QR client works against the sandbox as against WeChat."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
import requests
import wechatpy.client.api.qrcode
import zxingcpp
from PIL import Image
from wechatpy import parse_message
from wechatpy.exceptions import WeChatClientException

from careline.sandbox.server import Running
from tests.careline.sandbox.receiver import Receiver
from tests.careline.sandbox.wechat.test_wechatpy import Client, client, paste

__all__ = ["client"]  # a fixture


class Turned:
    """``requests`` as wechatpy's module uses it, with the address of the pictures turned to the sandbox."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, url: str, **options: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            return session.get(url.replace("https://mp.weixin.qq.com", self.url), **options)


def wanted(kind: str, scene: str | int, **more: Any) -> dict[str, Any]:
    key = "scene_str" if "STR" in kind else "scene_id"
    return {"action_name": kind, "action_info": {"scene": {key: scene}}} | more


@pytest.mark.parametrize(
    ("kind", "scene", "permanent"),
    [("QR_SCENE", 7, False), ("QR_STR_SCENE", "door", False), ("QR_LIMIT_SCENE", 7, True), ("QR_LIMIT_STR_SCENE", "7", True)],
)
def test_a_code_of_each_kind_is_made_shown_scanned_and_parsed(
    sandbox: Running,
    client: Client,
    receiver: Receiver,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    scene: Any,
    permanent: bool,
) -> None:
    paste(sandbox, receiver, "plain")
    made = client.qrcode.create(wanted(kind, scene) if permanent else wanted(kind, scene, expire_seconds=1800))
    assert ("expire_seconds" in made) is not permanent
    monkeypatch.setattr(wechatpy.client.api.qrcode, "requests", Turned(sandbox.url))
    picture = client.qrcode.show(made)
    assert picture.headers["content-type"] == "image/jpg"
    read = zxingcpp.read_barcode(Image.open(BytesIO(picture.content)))
    assert read is not None
    assert read.text == made["url"]
    sandbox.control.scan("mei", made["ticket"])
    sandbox.control.scan("mei", made["ticket"])
    follow, scan = (parse_message(push.body) for push in receiver.posts())
    assert (follow.event, follow.scene_id, follow.ticket) == ("subscribe_scan", str(scene), made["ticket"])
    assert (scan.event, scan.scene_id, scan.ticket) == ("scan", str(scene), made["ticket"])


def test_what_wechat_refuses_wechatpy_raises(sandbox: Running, client: Client) -> None:
    for asked, code in (
        (wanted("QR_LIMIT_SCENE", 100_001), 40053),
        (wanted("QR_STR_SCENE", "x", expire_seconds=2_592_001), 40035),
    ):
        with pytest.raises(WeChatClientException) as refused:
            client.qrcode.create(asked)
        assert refused.value.errcode == code
