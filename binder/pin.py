"""`python binder/pin.py` writes binder/requirements.txt: every package of the course on Binder, at an exact version.

It asks pip what `wslab[lab,hub]` and its build need today and installs nothing. Run it with the Python that runtime.txt
names, since markers and wheels differ between versions. The project itself is not in the list: postBuild installs it
from the checkout.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

BINDER = Path(__file__).parent
ROOT = BINDER.parent
HEAD = "# Written by `python binder/pin.py`; do not edit by hand.\n"


def main() -> None:
    """Resolve afresh and write the pins."""
    wanted = (BINDER / "runtime.txt").read_text().strip().removeprefix("python-")
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if wanted != running:
        sys.exit(f"Binder runs Python {wanted} (binder/runtime.txt) and this is {running}: run it with that one.")
    lines = pins()
    (BINDER / "requirements.txt").write_text(HEAD + "".join(f"{line}\n" for line in lines))
    print(f"{len(lines)} packages pinned in binder/requirements.txt.")


def pins() -> list[str]:
    """Give `name==version` for all that pip would install for the lab and for building the project, sorted."""
    needs = [f"{ROOT}[lab,hub]", *tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]]
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--report", "-"]
    report = subprocess.run([*command, *needs], stdout=subprocess.PIPE, text=True, check=True).stdout
    found = {item["metadata"]["name"]: item["metadata"]["version"] for item in json.loads(report)["install"]}
    del found["wslab"]
    return sorted((f"{name}=={version}" for name, version in found.items()), key=str.lower)


if __name__ == "__main__":
    main()
