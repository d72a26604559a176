"""The words of the command line, in the order help shows them. Strings only: a module is imported when its word is used.

Private: nothing outside ``cli`` may import from here.
"""

from __future__ import annotations

SECTIONS = {
    "What it is for": {
        "channels": "register WhatsApp and WeChat accounts, and see how they are",
        "templates": "submit message templates, and wait for their approval",
        "qr": "draw QR codes that start a chat",
        "send": "notify a customer, if their window allows it",
        "export": "write conversations and messages to files",
        "queue": "who is waiting, the longest first",
    },
    "Work": {
        "reply": "answer a customer",
        "chats": "read conversations, and close them",
        "windows": "when a customer may be written to, and how often",
        "contacts": "who writes, and who may not",
        "tags": "labels of WeChat followers, from a file",
        "menus": "a WeChat account's menu as a file: check, compare, apply, fetch",
        "outbox": "what was sent, and what became of it",
        "explain": "what a platform's code or a word in an error means",
    },
    "Run": {
        "receive": "take in what the platforms push",
        "inbound": "webhooks as they came; what could not be applied",
        "store": "look after the store",
        "api": "the rest of a platform's API, with the channel's token",
    },
    "Start": {
        "sandbox": "WhatsApp and WeChat on this machine, for trying things out",
        "demo": "the whole story against the sandbox: no account, no network",
        "config": "settings, and where each comes from",
        "completion": "what makes TAB work in your shell",
        "help": "about exit codes, output, times, names, environment, windows",
    },
}

WORDS = {word: says for words in SECTIONS.values() for word, says in words.items()}

DEEDS = frozenset({"send", "export", "reply", "receive", "demo", "completion", "help", "explain", "api"})
