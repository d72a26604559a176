"""WeChat's QR codes: a ticket, and the address that the picture holds.

WeChat: temporary ones live at most 30 days; of permanent ones an account has at most 100,000, numbers from 1 to 100,000 or
texts of 1 to 64 characters, and the same scene again gives the code it has.
"""

from __future__ import annotations

import base64
import string
from typing import Any

from careline.sandbox import chance
from careline.sandbox.asgi import Answer
from careline.sandbox.phone import Json
from careline.sandbox.pictures import jpeg
from careline.sandbox.wechat.call import Call, Routes
from careline.sandbox.wechat.errors import WeChatError
from careline.sandbox.wechat.state import Scene

SECOND = 1_000_000
LONGEST = 2_592_000
MOST = 100_000
_KINDS = {  # action_name: numeric, permanent
    "QR_SCENE": (True, False),
    "QR_STR_SCENE": (False, False),
    "QR_LIMIT_SCENE": (True, True),
    "QR_LIMIT_STR_SCENE": (False, True),
}


def _create(call: Call) -> Json:
    sandbox, sent = call.sandbox, call.sent
    kind = _KINDS.get(str(sent.get("action_name")))
    if kind is None:
        raise WeChatError(40053)
    numeric, permanent = kind
    scene = _scene(sent.get("action_info"), numeric, permanent)
    seconds = None if permanent else _seconds(sent.get("expire_seconds", 60))
    scenes, forever = call.account.scenes, call.account.permanent
    named = f"{'number' if numeric else 'text'} {scene}"
    if permanent and named in forever:
        same = scenes[forever[named]]
        return {"ticket": same.ticket, "url": same.url}
    if permanent and len(forever) >= sandbox.world.settings.wechat_permanent:
        raise WeChatError(40053)
    ticket = "gQ" + base64.b64encode(chance.token_bytes(69)).decode()
    url = "http://weixin.qq.com/q/" + "".join(chance.choice(string.ascii_letters + string.digits) for _ in range(20))
    ends_at = None if seconds is None else sandbox.now() + seconds * SECOND
    scenes[ticket] = Scene(ticket, url, scene, numeric, ends_at)
    if permanent:
        forever[named] = ticket
    answer: Json = {"ticket": ticket}
    if seconds is not None:
        answer["expire_seconds"] = seconds
    return answer | {"url": url}


def _scene(info: Any, numeric: bool, permanent: bool) -> str:
    scene = info.get("scene") if isinstance(info, dict) else None
    value = scene.get("scene_id" if numeric else "scene_str") if isinstance(scene, dict) else None
    if numeric:
        most = MOST if permanent else 2**32 - 1
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise WeChatError(40053)
    elif not isinstance(value, str) or not 1 <= len(value) <= 64:
        raise WeChatError(40053)
    return str(value)


def _seconds(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LONGEST:
        raise WeChatError(40035)
    return value


def _picture(call: Call) -> Answer:
    scene = call.account.scenes.get(call.query.get("ticket", ""))
    if scene is None:
        return Answer(404, b"", {"content-type": "text/html"})
    return Answer(200, jpeg(scene.url), {"content-type": "image/jpg"})


ROUTES: Routes = {("POST", "/cgi-bin/qrcode/create"): _create}
PICTURES: Routes = {("GET", "/cgi-bin/showqrcode"): _picture}
"""Answered without a token."""
