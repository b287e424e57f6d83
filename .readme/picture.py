"""`python .readme/picture.py`: the README's pictures, from today's code: the Timeline of `half-open`, light and dark.

It opens the view's own page in Chromium without its drawer, steps through it, and writes each scheme twice: its last
step as a PNG, for those who want no motion, and all steps as one animated PNG, which browsers play. Run it when the
Timeline changes.
"""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from wslab import Timeline, play
from wslab.cli.doctor import find_chromium

HERE = Path(__file__).parent
WIDTH = 853
REST_MS, END_MS = 1100, 4000
ALONE = """.wsl-page main { padding: 0 !important; max-width: none !important }
.wsl-page h1, [data-region=note], [data-region=drawer] { display: none }"""


def main() -> None:
    """Write `first-look-light.png`, `first-look-dark.png` and the two that move."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Timeline(play("half-open")).save(Path(folder) / "page.html").as_uri()
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            (HERE / f"first-look-{scheme}.png").write_bytes(list(_steps(chromium, page, scheme, 1.5))[-1])
            (HERE / f"first-look-{scheme}-moving.png").write_bytes(animated(list(_steps(chromium, page, scheme, 1))))


def _steps(chromium: Browser, address: str, scheme: str, scale: float) -> Iterator[bytes]:
    """A picture of each step, of one size."""
    page = chromium.new_page(
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        device_scale_factor=scale,
        viewport={"width": WIDTH, "height": 820},
    )
    page.goto(address)
    page.add_style_tag(content=ALONE)
    view = page.locator(".wsl")
    page.locator("[data-jump=first]").click()
    page.mouse.move(0, 0)
    while True:
        page.evaluate("document.activeElement.blur()")
        yield view.screenshot()
        if page.locator("[data-jump=forward]").get_attribute("aria-disabled"):
            return
        page.locator("[data-jump=forward]").click()
        page.mouse.move(0, 0)


def animated(pictures: Sequence[bytes]) -> bytes:
    """PNGs of one size as one animated PNG (W3C PNG, third edition, §11.3.6)."""
    header = dict(_chunks(pictures[0]))[b"IHDR"]
    parts = [b"\x89PNG\r\n\x1a\n", _chunk(b"IHDR", header), _chunk(b"acTL", struct.pack(">II", len(pictures), 0))]
    number = 0
    for at, picture in enumerate(pictures):
        if dict(_chunks(picture))[b"IHDR"] != header:
            raise ValueError(f"Step {at} has another size than the first: {picture[16:24].hex()}")
        rest = END_MS if at == len(pictures) - 1 else REST_MS
        control = struct.pack(">I8sIIHHBB", number, header[:8], 0, 0, rest, 1000, 0, 0)
        data = b"".join(body for name, body in _chunks(picture) if name == b"IDAT")
        data = zlib.compress(zlib.decompress(data), 9)
        parts.append(_chunk(b"fcTL", control))
        number += 1
        if at == 0:
            parts.append(_chunk(b"IDAT", data))
        else:
            parts.append(_chunk(b"fdAT", struct.pack(">I", number) + data))
            number += 1
    return b"".join([*parts, _chunk(b"IEND", b"")])


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at < len(png):
        size = int.from_bytes(png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        at += 12 + size


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


if __name__ == "__main__":
    main()
