"""Followers, as WeChat tells them."""

from __future__ import annotations

from careline.sandbox.phone import Json
from careline.sandbox.wechat.call import Call, Routes
from careline.sandbox.wechat.errors import WeChatError


def _info(call: Call) -> Json:
    openid = call.query.get("openid", "")
    customer = call.account.customers.get(openid)
    if customer is None:
        raise WeChatError(40003)
    if not customer.following:
        return {"subscribe": 0, "openid": openid}
    return {
        "subscribe": 1,
        "openid": openid,
        "nickname": "",
        "sex": 0,
        "language": "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": customer.subscribed_at // 1_000_000,
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": customer.subscribe_scene,
        "qr_scene": customer.qr_scene,
        "qr_scene_str": customer.qr_scene_str,
    }


ROUTES: Routes = {("GET", "/cgi-bin/user/info"): _info}
