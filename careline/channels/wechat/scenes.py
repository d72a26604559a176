"""What a scene of a code may look like on WeChat."""

from __future__ import annotations

from careline.channels.wechat import policy
from careline.errors import Usage


def check_scene(scene: str, numeric: bool, permanent: bool) -> None:
    """Raises Usage for a scene that WeChat would refuse by its form."""
    if not numeric:
        if not 1 <= len(scene) <= policy.SCENE_CHARACTERS or not scene.isprintable() or scene != scene.strip():
            raise Usage(f"A scene is 1 to {policy.SCENE_CHARACTERS} printable characters, without a space at either end.")
        return
    most = policy.PERMANENT_SCENES if permanent else policy.TEMPORARY_SCENES
    if not scene.isascii() or not scene.isdigit() or scene.startswith("0") or len(scene) > 10 or int(scene) > most:
        raise Usage(f"A numeric scene of a {'permanent' if permanent else 'temporary'} code is a number from 1 to {most:,}.")
