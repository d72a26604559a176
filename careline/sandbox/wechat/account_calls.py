"""What WeChat tells of the account and of itself."""

from __future__ import annotations

from careline.sandbox.phone import Json
from careline.sandbox.wechat.call import Call, Routes


def _addresses(call: Call) -> Json:
    return {"ip_list": ["127.0.0.1"]}


ROUTES: Routes = {
    ("GET", "/cgi-bin/get_api_domain_ip"): _addresses,
    ("GET", "/cgi-bin/getcallbackip"): _addresses,
}
