"""A report as data."""

from __future__ import annotations

import json

from tests.conformance.careless import careless
from wslab.conformance.runner import grade_server


async def test_the_data_of_a_report_is_json() -> None:
    async with careless("no-pong") as url:
        report = await grade_server(url, cases=["2.1", "2.5"])
    data = json.loads(json.dumps(report.as_data()))
    assert (data["role"], data["passed"], data["counts"]["failed"]) == ("server", False, 1)
    assert data["cases"][0]["lesson"]["section"] == "5.5.2"
    assert data["cases"][0]["sent"]["hex"].startswith("8980")
