"""`python .readme/picture.py`: the README's pictures, from today's code, light and dark.

The first look is the Timeline of `half-open`. It opens the view's own page in Chromium without its drawer, steps
through it, and writes each scheme twice: its last step as a PNG, for those who want no motion, and all steps as one
animated PNG, which browsers play. The other is a group of views without what one presses: a frame in bits, the key
under its payload, the journey of the handshake's key, and a bench that holds a frame. Run it when one of these changes.
"""

from __future__ import annotations

import asyncio
import struct
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from wslab import FrameInspector, HandshakeStepper, Lab, LinkPanel, MaskingStepper, Timeline, echo, play
from wslab.cli.doctor import find_chromium

HERE = Path(__file__).parent
WIDTH = 853
REST_MS, END_MS = 1100, 4000
ALONE = """.wsl-page main { padding: 0 !important; max-width: none !important }
.wsl-page h1, [data-region=note], [data-region=drawer] { display: none }"""

EACH = 600
GROUP = f"""body {{ margin: 0; display: grid; grid-template-columns: {EACH}px {EACH}px; gap: 16px; }}
section {{ display: grid; gap: 16px; align-content: start; }}
.wsl-tools, [data-region=note], [data-region=inputs], [data-region=table], [data-region=controls]
{{ display: none !important; }}"""


def main() -> None:
    """Write `first-look-light.png` and `views-light.png`, the dark ones, and the first looks that move."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page = Timeline(play("half-open")).save(Path(folder) / "page.html").as_uri()
        views = Path(folder) / "views.html"
        views.write_text(_views(), "utf-8")
        chromium = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            (HERE / f"first-look-{scheme}.png").write_bytes(list(_steps(chromium, page, scheme, 1.5))[-1])
            (HERE / f"first-look-{scheme}-moving.png").write_bytes(animated(list(_steps(chromium, page, scheme, 1))))
            (HERE / f"views-{scheme}.png").write_bytes(_group(chromium, views.as_uri(), scheme))


def _views() -> str:
    """A page with four views in two columns."""
    columns = ((FrameInspector(), MaskingStepper()), (HandshakeStepper(),))
    left, right = ("".join(view._repr_html_() for view in column) for column in columns)
    return f'<!doctype html><meta charset="utf-8"><section>{left}</section><section>{right}{_bench()}</section>'


def _bench() -> str:
    """A link that holds a frame."""

    async def story(lab: Lab) -> str:
        link = await lab.link(await lab.serve(echo))
        client = await lab.connect(link)
        await client.send("Hello")
        await client.recv()
        link.faults = ("gate:of=client",)
        await client.send("Are you there?")
        await asyncio.sleep(0.1)
        return LinkPanel(link)._repr_html_()

    lab = Lab(clock="virtual")
    try:
        return lab.run(story(lab))
    finally:
        lab.run(lab.close())


def _group(chromium: Browser, address: str, scheme: str) -> bytes:
    """The page with the views, on no ground of its own."""
    page = chromium.new_page(
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        device_scale_factor=1.5,
        viewport={"width": 2 * EACH + 16, "height": 400},
    )
    page.goto(address)
    page.add_style_tag(content=f":root {{ color-scheme: {scheme}; }} {GROUP}")
    return page.screenshot(full_page=True, omit_background=True)


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
