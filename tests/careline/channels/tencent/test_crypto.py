from __future__ import annotations

import base64
import secrets
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from careline.channels.tencent.crypto import (
    BizMsgCrypt,
    Unopenable,
    UnusableKey,
    is_signed,
    new_encoding_aes_key,
    new_token,
    signature,
)
from tests.careline.channels.wechat.pushes import (
    APP_ID,
    KEY,
    NONCE,
    OTHER_KEY,
    TIMESTAMP,
    TOKEN,
    ciphered,
    encrypted,
    framed,
    padded,
    sha1,
)

PAD_EDGE = (
    "2bXGrpVORPsrcQGcaaxkkpOmkAfyOru+i8Ux/7M7IMp7GuThvlyRWUbdxT65XPwN"
    "lXrTUxWqTXNGEkrn4I2/gz7MO3I4O1+bcA0tqTgiIBUgUs9E4QKk2oioCjHIH0LE"
)
ECHO = "4ZYs7XLdEXAB7BrVzB1oKHr1bfbpEBMxiGbcJLbZ/Iz3+QXmJ2nXiflaJU9F3SixJrSfw4AJtTHQ1UjOuoBc+A=="


def opened(encrypt: str, *, keys: tuple[str, ...] = (KEY,), app_id: str = APP_ID, msg_signature: str | None = None) -> bytes:
    signed = sha1(TOKEN, TIMESTAMP, NONCE, encrypt) if msg_signature is None else msg_signature
    return BizMsgCrypt(TOKEN, keys, app_id).open(encrypt, signed, TIMESTAMP, NONCE)


def test_the_signature_of_a_plain_push_is_the_known_one() -> None:
    assert signature(TOKEN, TIMESTAMP, NONCE) == "4df66ab7e9045adea36941c22856c7e8f94ec409"


@pytest.mark.parametrize("key", [KEY, KEY[:-1] + "B"])
@pytest.mark.parametrize(
    ("encrypt", "msg_signature", "app_id", "message"),
    [
        (PAD_EDGE, "8543b3dc2420e1eb0512ebd28911d262c9190357", APP_ID, b"x" * 26),
        (ECHO, "2201c7627387dc5cccb45fc2eccaffddb6f07d9a", "wwTESTCORP", b"4811223344556677"),
    ],
)
def test_known_envelopes_open_whatever_bits_the_key_leaves_over(
    key: str, encrypt: str, msg_signature: str, app_id: str, message: bytes
) -> None:
    crypt = BizMsgCrypt(TOKEN, [key], app_id)
    assert crypt.open(encrypt, msg_signature, TIMESTAMP, NONCE) == message


@pytest.mark.parametrize(
    ("timestamp", "nonce"), [("1790000001", NONCE), (TIMESTAMP, "nonce43"), ("", ""), (NONCE, TIMESTAMP + "0")]
)
def test_another_time_or_nonce_does_not_fit_the_signature(timestamp: str, nonce: str) -> None:
    crypt = BizMsgCrypt(TOKEN, [KEY], APP_ID)
    with pytest.raises(Unopenable):
        crypt.open(PAD_EDGE, "8543b3dc2420e1eb0512ebd28911d262c9190357", timestamp, nonce)


@given(place=st.integers(0, len(PAD_EDGE) - 1), letter=st.sampled_from(string.ascii_letters + string.digits + "+/="))
def test_any_changed_byte_of_a_signed_envelope_is_noticed(place: int, letter: str) -> None:
    changed = PAD_EDGE[:place] + letter + PAD_EDGE[place + 1 :]
    if changed == PAD_EDGE:
        return
    with pytest.raises(Unopenable):
        opened(changed, msg_signature=sha1(TOKEN, TIMESTAMP, NONCE, PAD_EDGE))


@given(message=st.binary(max_size=200), app_id=st.text(string.ascii_letters, min_size=1, max_size=40))
def test_whatever_was_encrypted_comes_out(message: bytes, app_id: str) -> None:
    assert opened(encrypted(message, app_id=app_id), app_id=app_id) == message


HELLO = b"<xml>hello</xml>"


@pytest.mark.parametrize(
    "encrypt",
    [
        encrypted(HELLO, app_id="wxSOMEBODYELSE0001"),
        encrypted(HELLO, app_id=""),
        encrypted(HELLO, app_id=APP_ID + "x"),
        encrypted(HELLO, key=OTHER_KEY),
        ciphered(padded(framed(HELLO))[:-32]),
        ciphered(padded(framed(HELLO))[:-1] + b"\x00"),
        ciphered(padded(framed(HELLO))[:-1] + b"\x21"),
        ciphered(framed(b"x" * 26) + b"\x1f" * 31 + b"\x20"),
        ciphered(framed(b"x" * 26) + b"\x30" * 48),
        ciphered(padded(framed(HELLO, length=len(HELLO) - 1))),
        ciphered(padded(framed(HELLO, length=2**31))),
        ciphered(padded(framed(HELLO, length=2**32 - 1))),
        ciphered(b"\x20" * 32),
        ciphered(b"\x10" * 16),
        "",
        "AAAA",
        "no base64!",
        encrypted(HELLO)[:-4],
        encrypted(HELLO) + "\n",
        "é" * 64,
    ],
)
def test_a_signed_envelope_that_is_not_for_us_or_damaged_never_opens(encrypt: str) -> None:
    with pytest.raises(Unopenable):
        opened(encrypt)


def test_an_account_without_an_appid_opens_nothing() -> None:
    for encrypt in (encrypted(HELLO, app_id=""), ciphered(b"\x00" * 32), ciphered(b"\x20" * 32)):
        with pytest.raises(Unopenable):
            opened(encrypt, app_id="")


def test_while_the_key_is_changed_pushes_under_either_open() -> None:
    for key in (KEY, OTHER_KEY):
        assert opened(encrypted(HELLO, key=key), keys=(KEY, OTHER_KEY)) == HELLO
    with pytest.raises(Unopenable):
        opened(encrypted(HELLO, key=KEY), keys=(OTHER_KEY,))


@pytest.mark.parametrize("key", ["", KEY[:-1], KEY + "A", KEY + "=", KEY[:-1] + "-", KEY[:-1] + "\n", "é" * 43])
def test_a_key_that_is_none_is_said_to_be_that_and_not_repeated(key: str) -> None:
    with pytest.raises(UnusableKey) as caught:
        BizMsgCrypt(TOKEN, [key], APP_ID)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("given", ["", "4df66ab7", "4DF66AB7E9045ADEA36941C22856C7E8F94EC409", "é", "\udcff", "0" * 40])
def test_a_signature_must_be_the_same_to_the_letter(given: str) -> None:
    assert not is_signed(given, TOKEN, TIMESTAMP, NONCE)


def test_made_tokens_and_keys_are_what_the_console_takes_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(50)}
    keys = {new_encoding_aes_key() for _ in range(50)}
    assert len(tokens) == len(keys) == 50
    assert all(3 <= len(token) <= 32 and token.isascii() and token.isalnum() for token in tokens)
    assert all(len(key) == 43 and key.isascii() and key.isalnum() for key in keys)
    assert all(base64.b64encode(base64.b64decode(key + "=")).decode() == key + "=" for key in keys)


@pytest.mark.parametrize(
    ("random", "app_id", "message", "encrypt", "msg_signature"),
    [
        (b"0123456789abcdef", APP_ID, b"x" * 26, PAD_EDGE, "8543b3dc2420e1eb0512ebd28911d262c9190357"),
        (b"fedcba9876543210", "wwTESTCORP", b"4811223344556677", ECHO, "2201c7627387dc5cccb45fc2eccaffddb6f07d9a"),
    ],
)
def test_the_same_random_bytes_seal_to_the_known_envelopes(
    monkeypatch: pytest.MonkeyPatch, random: bytes, app_id: str, message: bytes, encrypt: str, msg_signature: str
) -> None:
    monkeypatch.setattr(secrets, "token_bytes", lambda count: random[:count])
    assert BizMsgCrypt(TOKEN, [KEY], app_id).seal(message, TIMESTAMP, NONCE) == (encrypt, msg_signature)


@given(message=st.binary(max_size=300))
def test_what_is_sealed_opens_and_is_never_sealed_the_same_twice(message: bytes) -> None:
    crypt = BizMsgCrypt(TOKEN, [KEY, OTHER_KEY], APP_ID)
    for place, key in enumerate((KEY, OTHER_KEY)):
        one, other = (crypt.seal(message, TIMESTAMP, NONCE, place) for _ in range(2))
        assert one != other
        assert crypt.opened(*one, TIMESTAMP, NONCE).key == place
        assert BizMsgCrypt(TOKEN, [key], APP_ID).open(*other, TIMESTAMP, NONCE) == message
