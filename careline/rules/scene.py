"""What a scene is called: in the ledger, in a push, on the command line."""

from __future__ import annotations

PREFIX = "qrscene_"


def plain(scene: str) -> str:
    """The scene itself. WeChat puts ``qrscene_`` before it when somebody follows by its code, so that can be no part of one."""
    scene = scene.strip()
    while scene.startswith(PREFIX):
        scene = scene.removeprefix(PREFIX).strip()
    return scene
