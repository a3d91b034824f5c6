"""The benchmark's page: its summary, its short tables, and judging anew what was measured."""

import json
from pathlib import Path
from typing import Any

import compare
import pytest
from compared.attach import verdicts as judged_attach
from compared.page import judged, peers_list, times
from compared.results import suite
from compared.series import BY_HAND, OURS, Series, Verdict
from compared.summary import summary

SETTING = "requests, header key, per request"
PEER = "requests_auth 8.0.0"
MARKS = "".join(f"<!-- {m} -->\n<!-- /{m} -->\n" for m in ("summary", "peers", "machine", "attach"))


def series(contender: str, value: float, setting: str = SETTING, **more: Any) -> Series:
    return Series(more.pop("measure", "attach"), setting, contender, (value,), **more)


def attach(ours: float) -> list[Series]:
    return [series(BY_HAND, 1.0), series(OURS, ours), series(PEER, 1.02)]


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.split("|")[1:-1]]


# Tables


def test_a_setting_of_attach_has_one_row_and_what_is_missed_is_in_bold() -> None:
    row = judged("attach", judged_attach(attach(1.05))).splitlines()[-1]

    assert cells(row) == [SETTING, "1.050 (1.10)", f"**1.029**, {PEER}", "**no**"]


def test_what_is_asked_stands_above_the_settings_it_is_asked_of() -> None:
    verdicts = [
        Verdict("a", "first", "at most 1", "1", holds=True),
        Verdict("a", "second", "at most 2", "1", holds=True),
        Verdict("a", "third", "at most 1", "2", holds=False),
    ]

    lines = judged("growth", verdicts).splitlines()
    asked = [line for line in lines if line.startswith("Asked")]
    rows = [cells(line)[0] for line in lines if line.startswith("| ") and "---" not in line]
    assert asked == ["Asked: at most 1.", "Asked: at most 2."]
    assert rows == ["setting", "first", "third", "setting", "second"]


def test_where_more_than_one_thing_was_measured_each_is_named() -> None:
    verdicts = [Verdict(measure, "s", "below 1", "0", holds=True) for measure in ("one", "two")]

    assert "Two, asked: below 1." in judged("memory", verdicts)


def test_peers_are_listed_with_their_versions() -> None:
    basic = "httpx.Client, basic, per request"
    measured = [*attach(1.0), series("BasicAuth of httpx 0.28.1", 1.0, basic)]

    assert peers_list(measured).splitlines() == [
        "- httpx 0.28.1 (BasicAuth): basic, in httpx",
        f"- {PEER}: header key, in requests",
    ]


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ([4], "Measured 4 times each."),
        ([5, 3, 5], "Measured 3 or 5 times each."),
        ([1], "Measured once."),
    ],
)
def test_the_page_tells_how_often_each_was_measured(counts: list[int], text: str) -> None:
    assert times([Series("m", "s", OURS, (1.0,) * count) for count in counts]) == text


# Summary


@pytest.mark.parametrize(
    ("ours", "row"),
    [(1.0, ["1.00", "in 1 of 1 settings", ""]), (1.122, ["1.12", "in 0 of 1 settings", "10 %"])],
)
def test_the_summary_tells_how_each_client_stands(ours: float, row: list[str]) -> None:
    parts = {"attach": attach(ours)}
    lines = summary(parts, {"attach": judged_attach(parts["attach"])}).splitlines()

    assert cells(next(line for line in lines if line.startswith("| requests")))[1:] == row


def test_the_summary_tells_of_cold_callers_and_of_the_slowest_peer() -> None:
    wall, asked = (f"requests, 20 callers, {what}" for what in ("wall time", "token requests"))
    values = [
        *(series(who, took, wall) for who, took in ((BY_HAND, 9.0), (OURS, 0.2), (PEER, 4.0))),
        *(series(who, count, asked, unit="integer") for who, count in ((OURS, 1), (PEER, 20))),
    ]

    written = " ".join(summary({"cold_start": values}, {}).split())
    assert "1 token request and 200 ms" in written
    assert f"{PEER} in requests, makes 20 and takes 4.00 s" in written


def test_the_summary_tells_of_renewals_beside_those_of_peers() -> None:
    across, far = (f"requests, 8 threads, {what}" for what in ("across a renewal", "far from one"))
    values = [
        *(series(who, took, across) for who, took in ((OURS, 0.03), (PEER, 1.0))),
        *(series(who, 0.02, far) for who in (OURS, PEER)),
    ]

    written = " ".join(summary({"renewal": values}, {}).split())
    assert "across a renewal: 30.0 ms" in written
    assert f"{PEER} in requests 1.00 s (20.0 ms far from one)" in written


def test_the_summary_counts_the_bounds_that_are_missed() -> None:
    verdicts = [Verdict("m", "s", "at most 1", "1", holds=holds) for holds in (True, False, False)]

    assert summary({}, {"cold_start": verdicts}) == "- Of 3 bounds 2 are missed: 2 of cold start."


# Anew


def test_what_was_measured_is_judged_and_drawn_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, values = tmp_path / "page.md", tmp_path / "page.json"
    page.write_text(MARKS)
    suite({"attach": attach(1.2)}).dump(str(values))
    before = json.loads(values.read_text())["benchmarks"]

    status = compare.main(["--redraw", "--output", str(tmp_path / "page")])

    assert status == 1
    assert f"missed: attach, {SETTING}" in capsys.readouterr().out
    assert "**1.200** (1.10)" in page.read_text()
    assert (tmp_path / "page-attach.svg").exists()
    assert json.loads(values.read_text())["benchmarks"] == before


def test_nothing_is_drawn_anew_that_was_not_measured(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as left:
        compare.main(["--redraw", "--output", str(tmp_path / "page")])

    assert left.value.code == 2
