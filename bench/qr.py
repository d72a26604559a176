"""QR codes drawn and read back: beside plain qrcode with Pillow and beside segno, of the same content and size, on one core.

Each picture, ours and theirs, is decoded and read by zxing-cpp before it counts. Theirs are written as their manuals show. The
batch is the command itself, in processes of its own, against the sandbox. Its memory is the sum over the command and all its
children, as the kernel counts what each holds (pages that they share count in each), looked at twenty times a second.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.crash import children
from bench.servers import environment
from bench.table import Job, Row
from careline.qr.draw import draw
from careline.qr.drawing import Job as Drawing
from careline.qr.drawing import draw_all
from careline.qr.look import Look
from careline.qr.readback import read_back
from careline.sandbox import account
from careline.sandbox.server import run_in_thread

ROUNDS, CODES = 7, 40
BATCH, FEW = 10_000, 600
MODULES, BOX, QUIET = 37, 15, 4  # of a WeChat code with its quiet zone, and the pixels of each
LARGER = 8  # modules more, which the code of the same text has that can bear a logo
PLAIN = Look(size_mm=MODULES * BOX / 300 * 25.4)
CAPTION = "Negozio {}, via Torino"

QRCODE = Job(name="QR code drawn and read back, beside qrcode + Pillow", unit="codes/s", bound=3.0)
SEGNO = Job(name="QR code drawn and read back, beside segno", unit="codes/s", bound=3.0)
LOGO = Job(name="QR code with logo and caption, beside qrcode + Pillow", unit="codes/s", bound=2.0)
CORES = Job(name="codes drawn by all cores, beside one", unit="codes/s", bound=1.3)
MEMORY = Job(name="qr batch of 10,000, memory of all its processes", unit="MiB", bound=300, at_least=False, has_peer=False)
JOBS = (QRCODE, SEGNO, LOGO, CORES, MEMORY)


def measure(quick: bool) -> Iterator[Row]:
    """The rows."""
    rounds, codes = (2, 10) if quick else (ROUNDS, CODES)
    with TemporaryDirectory() as folder:
        logo = Path(folder, "logo.png")
        _draw_logo(logo)
        branded = Look(size_mm=(MODULES + LARGER) * BOX / 300 * 25.4, logo=logo)
        pairs: list[tuple[Job, Callable[[str, int], bytes], Callable[[str, int], bytes]]] = [
            (QRCODE, lambda text, n: draw(text, PLAIN, "png").data, _qrcode),
            (SEGNO, lambda text, n: draw(text, PLAIN, "png").data, _segno),
            (LOGO, lambda text, n: draw(text, _captioned(branded, n), "png").data, lambda text, n: _composed(text, n, logo)),
        ]
        for job, ours, theirs in pairs:
            mine, other = [], []
            for _ in range(rounds):
                mine.append(_speed(ours, codes))
                other.append(_speed(theirs, codes))
            yield job.row(mine, other, quick=quick)
        yield _cores(Path(folder), quick)
    yield _memory(quick)


def _speed(make: Callable[[str, int], bytes], codes: int) -> float:
    texts = [_text(number) for number in range(codes)]
    began = time.process_time()
    for number, text in enumerate(texts):
        read_back(make(text, number), "png", text)
    return codes / (time.process_time() - began)


def _text(number: int) -> str:
    return f"http://weixin.qq.com/q/02Xa1bC9D3eF{number:06}"


def _captioned(look: Look, number: int) -> Look:
    from msgspec.structs import replace

    return replace(look, caption=CAPTION.format(number))


def _qrcode(text: str, number: int) -> bytes:
    import qrcode

    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, box_size=BOX, border=QUIET)
    code.add_data(text)
    code.make()
    written = BytesIO()
    code.make_image().save(written)
    return written.getvalue()


def _segno(text: str, number: int) -> bytes:
    import segno

    written = BytesIO()
    segno.make_qr(text, error="m", boost_error=False).save(written, kind="png", scale=BOX, border=QUIET)
    return written.getvalue()


def _composed(text: str, number: int, logo: Path) -> bytes:
    """With Pillow: the logo in the middle, the caption below."""
    import qrcode
    from PIL import Image, ImageDraw, ImageFont

    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_H, box_size=BOX, border=QUIET)
    code.add_data(text)
    code.make()
    drawn = code.make_image().get_image().convert("RGB")
    image = Image.new("RGB", (drawn.width, drawn.height + drawn.width // 10), "white")
    image.paste(drawn, (0, 0))
    mark = Image.open(logo).convert("RGB")
    mark.thumbnail((drawn.width // 6, drawn.width // 6))
    image.paste(mark, ((drawn.width - mark.width) // 2, (drawn.height - mark.height) // 2))
    font = ImageFont.load_default(drawn.width * 0.06)
    place = (drawn.width / 2, drawn.height + drawn.width * 0.04)
    ImageDraw.Draw(image).text(place, CAPTION.format(number), fill="black", font=font, anchor="mm")
    written = BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def _draw_logo(path: Path) -> None:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (300, 200), "white")
    ImageDraw.Draw(image).ellipse((10, 10, 290, 190), fill=(200, 0, 40))
    image.save(path)


def _cores(folder: Path, quick: bool) -> Row:
    count = FEW if quick else BATCH // 8
    jobs = [Drawing(n, str(folder / f"{n}.png"), "png", ((_text(n), PLAIN),)) for n in range(count)]
    speeds: dict[int, list[float]] = {0: [], 1: []}
    for _ in range(1 if quick else 5):
        for processes, found in speeds.items():
            began = time.perf_counter()
            drawn = [one for part in draw_all(jobs, processes) for one in part]
            found.append(count / (time.perf_counter() - began))
            if any(one.error for one in drawn) or len(drawn) != count:
                raise RuntimeError(f"{len(drawn)} of {count} drawn")
    return CORES.row(speeds[0], speeds[1], quick=quick, note="files are written, synced and read back")


def _memory(quick: bool) -> Row:
    count = FEW if quick else BATCH
    with TemporaryDirectory() as home, run_in_thread(Path(home)) as sandbox:
        exports = {name: value for name, value in sandbox.exports.items() if name != "CARELINE_PUBLIC_URL"}
        env = environment(**exports, CARELINE_HOME=home)
        careline = [sys.executable, "-m", "careline"]
        register = [*careline, "channels", "register", "wechat", "brand-cn", "--app-id", account.WECHAT_APP_ID]
        subprocess.run(register, env=env, check=True, capture_output=True, timeout=60)
        table = Path(home, "stores.csv")
        table.write_text("scene\n" + "".join(f"shop-{number:05}\n" for number in range(count)), "utf-8")
        began = time.perf_counter()
        words = [*careline, "qr", "batch", str(table), "--out", f"{home}/codes", "-o", "ids"]
        batch = subprocess.Popen(words, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        most = 0
        while batch.poll() is None:
            most = max(most, sum(map(_resident, [batch.pid, *children(batch.pid)])))
            time.sleep(0.05)
        took = time.perf_counter() - began
        drawn = len(list(Path(home, "codes").glob("*.png")))
        if batch.returncode != 0 or drawn != count:
            raise RuntimeError(f"qr batch ended with {batch.returncode} after {drawn} pictures")
    return MEMORY.row([most / 2**20], quick=quick, note=f"{count:,} codes asked of the sandbox and drawn in {took:.0f} s")


def _resident(pid: int) -> int:
    """The bytes of memory that a process holds now."""
    with suppress(FileNotFoundError, ProcessLookupError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    return 0
