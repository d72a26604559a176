"""Servicers and customers: kf/servicer/… with a result a row, and kf/customer/batchget."""

from __future__ import annotations

from typing import Any

from careline.sandbox import account as ids
from careline.sandbox.phone import Json
from careline.sandbox.wecom.call import OK, Call, Routes, account_of
from careline.sandbox.wecom.errors import TEXTS, WeComError

DEPARTMENTS = (1, 2, 3)


def _add(call: Call) -> Json:
    account = call.account()

    def user(id: str) -> int:
        if id not in call.company.members:
            return 40003
        if id in account.servicers:
            return -2
        account.servicers[id] = True
        return 0

    def department(id: int) -> int:
        if id not in DEPARTMENTS:
            return 40035
        if id in account.departments:
            return -2
        account.departments.append(id)
        return 0

    return _each(call, user, department)


def _del(call: Call) -> Json:
    account = call.account()

    def user(id: str) -> int:
        return 0 if account.servicers.pop(id, None) is not None else 95014

    def department(id: int) -> int:
        if id not in account.departments:
            return 95014
        account.departments.remove(id)
        return 0

    return _each(call, user, department)


def _each(call: Call, user: Any, department: Any) -> Json:
    users, departments = call.sent.get("userid_list", []), call.sent.get("department_id_list", [])
    if not isinstance(users, list) or not isinstance(departments, list) or not (users or departments):
        raise WeComError(40058)
    if len(users) > 100 or len(departments) > 20:
        raise WeComError(40058, "list exceed max length")
    rows = [{"userid": one} | _told(user(str(one))) for one in users]
    rows += [{"department_id": one} | _told(department(one)) for one in departments]
    return OK | {"result_list": rows}


def _told(code: int) -> Json:
    """How a row says what became of it: what was so already is ignored, and no error."""
    if code == -2:
        return {"errcode": 0, "errmsg": "ignored"}
    return {"errcode": code, "errmsg": TEXTS[code] if code else "success"}


def _list(call: Call) -> Json:
    account = account_of(call.company, call.query.get("open_kfid"))
    rows: list[Json] = [
        {"userid": id, "status": 0 if receiving else 1} | ({} if receiving else {"stop_type": 0})
        for id, receiving in account.servicers.items()
    ]
    return OK | {"servicer_list": rows + [{"department_id": id} for id in account.departments]}


def _customers(call: Call) -> Json:
    asked, context = call.sent.get("external_userid_list"), call.sent.get("need_enter_session_context", 0)
    if not isinstance(asked, list) or not 1 <= len(asked) <= 100:
        raise WeComError(40058)
    talks = {talk.user: talk for one in call.company.accounts.values() for talk in one.talks.values()}
    rows = []
    for id in asked:
        if talk := talks.get(str(id)):
            row: Json = {"external_userid": talk.user, "nickname": talk.name, "avatar": "", "gender": 0}
            row["unionid"] = ids.unionid_of(talk.name)
            rows.append(row | ({"enter_session_context": talk.entered} if context and talk.entered else {}))
    return OK | {"customer_list": rows, "invalid_external_userid": [id for id in asked if str(id) not in talks]}


ROUTES: Routes = {
    ("POST", "/cgi-bin/kf/servicer/add"): _add,
    ("POST", "/cgi-bin/kf/servicer/del"): _del,
    ("GET", "/cgi-bin/kf/servicer/list"): _list,
    ("POST", "/cgi-bin/kf/customer/batchget"): _customers,
}
