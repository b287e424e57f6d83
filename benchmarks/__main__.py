"""`python -m benchmarks [NAME...]`: measure all, or some; a whole run goes into the README beside this file."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import click
from rich.console import Console
from rich.table import Table

from benchmarks import codec, echo, kernel, light, relays, report, tapes, virtual, widgets
from benchmarks.harness import Measurement, Progress

GROUPS: dict[str, Callable[[Progress], Iterator[Measurement]]] = {
    "codec": codec.measure,
    "echo": echo.measure,
    "kernel": kernel.measure,
    "relays": relays.measure,
    "virtual": virtual.measure,
    "tapes": tapes.measure,
    "widgets": widgets.measure,
    "light": light.measure,
}


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(tuple(GROUPS)))
def main(names: tuple[str, ...]) -> None:
    """Measure every group, or those that are NAMED, each beside its peers in the same run."""
    console = Console()
    measurements = []
    with console.status("") as status:
        for name in names or GROUPS:
            for found in GROUPS[name](status.update):
                measurements.append(found)
                console.print(report.table(found))
    console.print(_targets(measurements))
    if not names:
        report.write(measurements)
        console.print("benchmarks/README.md and benchmarks/last-run.svg are written.")


def _targets(measurements: list[Measurement]) -> Table:
    shown = Table("what", "against", "times better", "wanted", "", title="Targets", title_justify="left")
    for each in report.verdicts(measurements):
        shown.add_row(
            each.what, each.against, f"{each.ratio:.2f}", f"{each.target:.2f}", "met" if each.met else "missed"
        )
    return shown


if __name__ == "__main__":
    main()
