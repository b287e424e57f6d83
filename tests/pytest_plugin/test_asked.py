"""Seeds and clocks: by the marker, by the command line, and what is said of those that cannot be."""

from __future__ import annotations

import pytest

from .conftest import Play

SEEDED = """
import pytest


def test_free(wslab_virtual, wslab_seed):
    print(f"free {wslab_seed} {wslab_virtual.random.random()}")


def test_lab_apart(wslab_lab, wslab_link):
    pass


@pytest.mark.wslab(seed=7)
class TestMarked:
    def test_own(self, wslab_seed):
        assert wslab_seed == 7

    @pytest.mark.wslab(seed=8)
    def test_nearer(self, wslab_seed):
        assert wslab_seed == 8


@pytest.mark.parametrize("wslab_seed", [1, 2], indirect=True)
def test_parameters(wslab_seed):
    assert wslab_seed in (1, 2)


def test_no_lab():
    pass
"""


def test_a_run_has_the_seed_of_the_command_line_and_none_repeats_another(play: Play) -> None:
    said = [play({"test_it": SEEDED}, "-s", *more).outlines for more in ((), (), ("--wslab-seed", "5"))]
    drawn = [next(line for line in lines if "free" in line).rpartition("free ")[2] for lines in said]
    assert drawn[0] == drawn[1] != drawn[2]
    assert [each.split()[0] for each in drawn] == ["0", "0", "5"]


def test_several_seeds_run_each_test_that_has_none_of_its_own(play: Play) -> None:
    result = play({"test_it": SEEDED}, "--wslab-seed", "5", "--wslab-seeds", "3", "-v")
    result.assert_outcomes(passed=2 * 3 + 2 + 2 + 1)
    result.stdout.fnmatch_lines(
        ["*::test_free?seed=5? PASSED*", "*::test_free?seed=7? PASSED*", "*::test_no_lab PASSED*"]
    )


@pytest.mark.parametrize(
    ("mark", "fixtures", "said"),
    [
        ("7", "wslab_virtual", "The marker wslab takes clock= and seed=, by name; this has 7."),
        ("sed=7", "wslab_virtual", "The marker wslab takes clock= and seed=, by name; this has sed."),
        ("clock='sand'", "wslab_server", "The marker wslab has a clock of 'real' or 'virtual'; this is 'sand'."),
        ("seed='x'", "wslab_seed", "The marker wslab has a seed that is a whole number; this is 'x'."),
        (
            "clock='real'",
            "wslab_virtual, wslab_link",
            "The marker wslab says clock='real', and the test has the lab on*",
        ),
        (
            "seed=1",
            "wslab_virtual, wslab_lab, wslab_link",
            "The marker wslab is missing: this test has a lab on either*",
        ),
    ],
)
def test_a_marker_that_cannot_be_meant_fails_its_test_in_one_sentence(
    play: Play, mark: str, fixtures: str, said: str
) -> None:
    result = play({"test_it": f"import pytest\n@pytest.mark.wslab({mark})\ndef test_it({fixtures}): pass"})
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said])
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.parametrize("arguments", [("--wslab-seeds", "0"), ("--wslab-seeds", "many"), ("--wslab-seed", "x")])
def test_an_option_that_cannot_be_is_refused(play: Play, arguments: tuple[str, ...]) -> None:
    result = play({"test_it": SEEDED}, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*error: argument {arguments[0]}: *{arguments[1]}*"])


def test_the_marker_is_registered(play: Play) -> None:
    play({"test_it": SEEDED}, "--strict-markers").assert_outcomes(passed=7)
