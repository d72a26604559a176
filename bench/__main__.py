"""``python -m bench NAME [--quick] [-o text|json|markdown]`` prints a row for each promise; alone it lists the names."""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib import import_module

from bench.table import Row, as_records, as_text, machine

GROUPS = {
    "receive": "WhatsApp webhooks, beside pywa and bare uvicorn",
    "wechat": "encrypted WeChat pushes, beside wechatpy",
    "apply": "from raw bytes to journal and projections, beside the same statements alone",
    "postgres": "the same promises on PostgreSQL, beside psycopg",
    "tail": "from an insert to the line in `queue tail`, and what waiting costs",
    "lock": "a 200 while a command holds the write lock",
    "queue": "a page of a queue of 100,000 chats",
    "start": "from the command to listening",
    "templates_lint": "6,000 template files checked",
    "templates_plan": "6,000 template files compared with an account of as many",
    "qr": "QR codes drawn and read back, beside qrcode and segno, and a batch of 10,000",
}
NAMES = GROUPS | {
    "ingest": "all of them: the table in the README",
    "fuzz": "a million spoiled webhooks: nothing thrown, nothing forged believed, nothing lost",
}


def main(words: list[str]) -> int:
    """Print what was asked for. 0, or 1 when a promise was not held."""
    parser = argparse.ArgumentParser("python -m bench", description="How fast careline is, each figure beside its peer.")
    parser.add_argument(
        "name", nargs="?", choices=list(NAMES), metavar="NAME", help="which rows; without it, the names are listed"
    )
    parser.add_argument("--quick", action="store_true", help="within 45 s, and without a verdict: short runs are noisy")
    parser.add_argument("-o", "--output", choices=("text", "json", "markdown"), default="text")
    asked = parser.parse_args(words)
    if asked.name is None:
        print("\n".join(f"{name:14} {says}" for name, says in NAMES.items()))
        return 0
    on = machine()
    rows: list[Row] = []
    for group in GROUPS if asked.name == "ingest" else [asked.name]:
        began = time.perf_counter()
        rows += import_module(f"bench.{group}").measure(asked.quick)
        print(f"{group}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    if asked.output == "json":
        print(on, file=sys.stderr)
        print(json.dumps(as_records(rows), indent=2, ensure_ascii=False))
    else:
        print(f"{as_text(rows, markdown=asked.output == 'markdown')}\n\n{on}")
    return int(any(row.held == "no" for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
