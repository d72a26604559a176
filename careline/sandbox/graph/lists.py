"""The shapes in which Graph's edges write a list. Most write it plainly; a client must read them all."""

from __future__ import annotations

from typing import Any


def shaped(found: Any, shape: str) -> Any:
    """The answer with its list so: items wrapped (``nodes``), paging inside paging (``nested``), no cursors (``links``)."""
    if not isinstance(found, dict) or not isinstance(found.get("data"), list) or "paging" not in found:
        return found
    items, paging = found["data"], found["paging"]
    match shape:
        case "nodes":
            return found | {"data": [{"cursor": f"c{index}", "node": item} for index, item in enumerate(items)]}
        case "nested":
            return found | {"paging": {"paging": paging}}
        case "links":
            return found | {"paging": {name: link for name, link in paging.items() if name != "cursors"}}
    return found
