"""WeChat's XML: pushes written, passive replies read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring


def written(fields: Mapping[str, Any]) -> bytes:
    """``<xml>`` of the fields: text as CDATA, numbers bare, mappings nested, lists repeated."""
    return f"<xml>{_elements(fields)}</xml>".encode()


def read(body: bytes) -> Element:
    """The root of a reply. Raises ValueError for what is not XML, or has a DOCTYPE."""
    try:
        return fromstring(body.decode("utf-8"), forbid_dtd=True)  # type: ignore[no-any-return]
    except Exception as error:
        raise ValueError(f"not a reply: {error}") from error


def _elements(fields: Mapping[str, Any]) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return f"<{name}>{_elements(value)}</{name}>"
    if isinstance(value, list):
        return "".join(_element(name, one) for one in value)
    if isinstance(value, int | float):
        return f"<{name}>{value}</{name}>"
    text = str(value).replace("]]>", "]]]]><![CDATA[>")
    return f"<{name}><![CDATA[{text}]]></{name}>"
