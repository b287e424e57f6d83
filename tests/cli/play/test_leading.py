"""What leads to a scenario besides its name: a code, a symptom, a setting."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from wslab.cli.main import main
from wslab.cli.play.leading import leads, scenarios_for
from wslab.scenarios import SCENARIOS


@pytest.mark.parametrize(
    ("word", "first"),
    [("1006", "cut"), ("1002", "rsv1-unasked"), ("ghosts", "zombie-user"), ("proxy_read_timeout", "idle-proxy")],
)
def test_a_word_leads_to_a_scenario_and_says_which(word: str, first: str) -> None:
    result = CliRunner().invoke(main, ["play", word, "--json"])
    assert result.exit_code == 0
    assert f'"scenario": "{first}"' in result.stdout.splitlines()[0]
    assert result.stderr.startswith(f"{word} leads to {first}.")


def test_every_word_leads_somewhere_and_no_scenario_is_hidden() -> None:
    assert [word for word in leads() if not set(scenarios_for(word)) & set(SCENARIOS)] == []
    assert not set(leads()) & set(SCENARIOS)
    assert scenarios_for("no-such-word") == scenarios_for("99999999999999") == []
