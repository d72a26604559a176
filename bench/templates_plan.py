"""A folder of 6,000 template files beside an account that has them all: from the command to its plan, which is empty.

The account is the sandbox's, in this process; the command is a process of its own, as a person starts it.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from bench.servers import environment
from bench.table import Job, Row
from careline.sandbox import account
from careline.sandbox.server import Running, run_in_thread
from careline.templates import file

FILES, FEW = 6000, 600
AT_ONCE = 20
CATEGORIES = ("utility", "marketing", "authentication")

PLAN = Job(name="plan of 6,000 templates", unit="s", bound=10.0, at_least=False, has_peer=False)
JOBS = (PLAN,)


def measure(quick: bool) -> Iterator[Row]:
    """The row. What the command says besides (its progress) goes to the terminal."""
    count = FEW if quick else FILES
    with TemporaryDirectory() as home, run_in_thread(Path(home)) as sandbox:
        folder = Path(home, "templates")
        folder.mkdir()
        sandbox.control.settings(verified=True, creations=2 * FILES, calls_an_hour=100 * FILES, review_s=0)
        asyncio.run(_fill(sandbox, _files(folder, count)))
        exports = {name: value for name, value in sandbox.exports.items() if name != "CARELINE_PUBLIC_URL"}  # nobody listens
        env = environment(**exports, CARELINE_HOME=home)
        _careline(
            env,
            *("channels", "register", "whatsapp", "shop", "--app-id", account.APP_ID),
            *("--phone-number-id", account.PHONE_NUMBER_ID, "--business-account-id", account.BUSINESS_ACCOUNT_ID),
        )
        took = []
        for _ in range(1 if quick else 3):
            began = time.perf_counter()
            _careline(env, "templates", "plan", str(folder), "--exit-code")
            took.append(time.perf_counter() - began)
        yield PLAN.row(took, quick=quick, note=f"{count:,} templates")


def _careline(env: dict[str, str], *words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "careline", *words], env=env, stdout=subprocess.PIPE, timeout=300)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words[:2])} ended with {done.returncode}")


def _files(folder: Path, count: int) -> list[Path]:
    """So many files, in three categories."""
    paths = []
    for number in range(count):
        category = CATEGORIES[number % 3]
        code = 'add_security_recommendation = true\n[[buttons]]\ntype = "otp"\notp_type = "copy_code"\n'
        words = f'body = "Ciao {{{{1}}}}, il tuo ordine numero {number} è pronto in negozio."\nexamples = ["Anna"]\n'
        lines = f'name = "order_{number}"\nlanguage = "it"\ncategory = "{category}"\n'
        path = folder / f"order_{number}.it.toml"
        path.write_text(lines + (code if category == "authentication" else words), "utf-8")
        paths.append(path)
    return paths


async def _fill(sandbox: Running, paths: list[Path]) -> None:
    """Submit them all."""
    free = asyncio.Semaphore(AT_ONCE)
    headers = {"authorization": f"Bearer {account.ACCESS_TOKEN}"}
    async with httpx.AsyncClient(base_url=sandbox.url, headers=headers, trust_env=False, timeout=60) as http:

        async def submit(path: Path) -> None:
            async with free:
                answer = await http.post(
                    f"/v23.0/{account.BUSINESS_ACCOUNT_ID}/message_templates", json=file.read(path).request()
                )
                answer.raise_for_status()

        await asyncio.gather(*map(submit, paths))
