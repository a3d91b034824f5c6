"""The benchmark: the arithmetic of its ratios, and what it writes."""

import json
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import compare
import pytest
from compared import attach, growth
from compared.page import filled
from compared.pictures import file_name, pictures
from compared.results import base_of, load, merged, parts_of, suite
from compared.series import BY_HAND, OURS, WITHOUT, Options, Series, Verdict, middle_half, ratio
from compared.tables import machine, shown, tables, tick, verdict_table

COMMAND = Path(__file__).parents[2] / "bench" / "compare.py"
BARE = "requests, basic, bare"
A_PAGE = "# Fast\n" + "".join(
    f"\n<!-- {name} -->\nold\n<!-- /{name} -->\n"
    for name in ("summary", "peers", "machine", "attach", "growth")
)


@pytest.fixture(scope="module")
def measured() -> list[Series]:
    return growth.measure(Options(quick=True))


def series(contender: str, *values: float, setting: str = "in a setting", **more: Any) -> Series:
    return Series(more.pop("measure", "attach"), setting, contender, values, **more)


# Numbers


def test_a_ratio_is_the_median_of_those_of_each_round() -> None:
    one, base = series("one", 2.0, 9.0, 12.0), series("base", 1.0, 3.0, 12.0)

    found = ratio(one, base)

    assert (found.median, found.low, found.high) == (2.0, 1.5, 2.5)


def test_a_ratio_of_series_with_other_rounds_is_that_of_their_medians() -> None:
    found = ratio(series("one", 2.0, 6.0, 7.0), series("base", 1.0, 3.0))

    assert (found.median, found.low, found.high) == (3.0, 3.0, 3.0)


def test_nothing_is_compared_with_nothing() -> None:
    assert base_of([series(BY_HAND, 0.0, 2.0), series(OURS, 2.0, 2.0)]) is None


def test_cold_callers_are_compared_with_one_of_ours() -> None:
    one, many = (
        [series(who, 1.0, setting=f"httpx, {callers}, wall time") for who in (BY_HAND, OURS)]
        for callers in ("1 caller", "20 callers")
    )

    assert base_of(many, [*one, *many]) is one[1]


@pytest.mark.parametrize(
    ("values", "expected"), [((3.0,), (3.0, 3.0)), ((5.0, 1.0, 2.0, 3.0, 4.0), (2.0, 4.0))]
)
def test_the_middle_half_lies_between_the_quartiles(
    values: tuple[float, ...], expected: tuple[float, float]
) -> None:
    assert middle_half(values) == expected


@pytest.mark.parametrize(
    ("names", "base"),
    [
        ([WITHOUT, BY_HAND, OURS], BY_HAND),
        ([OURS, WITHOUT], WITHOUT),
        (["10 identities", "1 identity"], "1 identity"),
        ([OURS], None),
    ],
)
def test_what_others_are_compared_with(names: list[str], base: str | None) -> None:
    found = base_of([series(name, 1.0) for name in names])

    assert (found and found.contender) == base


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0000012345, "second", "1.23 µs"),
        (0.25, "second", "250 ms"),
        (61.25, "second", "61.2 s"),
        (0.0, "second", "0.00 ns"),
        (2_048, "byte", "2.05 kB"),
        (17, "byte", "17 B"),
        (0.105, "byte", "0.10 B"),
        (0, "byte", "none"),
        (1_000, "integer", "1,000"),
        (2.5, "integer", "2.50"),
    ],
)
def test_values_are_written_with_a_unit_that_fits(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


@pytest.mark.parametrize(
    ("value", "text"), [(10_000, "10 kB"), (1e6, "1 MB"), (1_500, "1.5 kB"), (0.5, "0.5 B")]
)
def test_values_at_an_axis_are_short(value: float, text: str) -> None:
    assert tick(value, "byte") == text


# What is written


def test_what_is_written_as_json_is_read_again(tmp_path: Path, measured: list[Series]) -> None:
    nothing = series(OURS, 0, 3, measure="memory", unit="byte")
    all_parts = {"growth": measured, "memory": [nothing]}
    file = tmp_path / "results.json"
    suite(all_parts).dump(str(file))

    results = load(file)
    assert results is not None
    assert parts_of(results) == all_parts


def test_a_part_that_is_measured_anew_replaces_itself_alone() -> None:
    old = suite({"attach": [series(OURS, 1.0)], "growth": [series(OURS, 2.0, measure="growth")]})
    new = suite({"attach": [series(OURS, 3.0)]})

    found = parts_of(merged(new, old, ["attach", "growth"]))
    values = {part: each[0].values for part, each in found.items()}
    assert values == {"attach": (3.0,), "growth": (2.0,)}
    assert list(found) == ["attach", "growth"]


def test_the_json_tells_of_the_machine_and_names_neither_it_nor_its_directories(
    tmp_path: Path,
) -> None:
    file = tmp_path / "results.json"
    suite({"attach": [series(OURS, 1.0)]}).dump(str(file))
    about = json.loads(file.read_text())["metadata"]

    assert {"cpu_count", "python_version", "versions"} <= set(about)
    assert not {"hostname", "boot_time", "python_executable", "python_config_args"} & set(about)
    assert platform.node() not in about.values()
    assert sys.prefix not in file.read_text()


def test_tables_have_a_line_for_each_series(measured: list[Series]) -> None:
    written = tables(measured)

    lines = [line for line in written.splitlines() if re.match(r"\| (requests|httpx)", line)]
    assert len(lines) == len(measured)
    # Its one measure is what the part is called.
    assert written.startswith("| setting ")


def test_a_line_of_a_table_has_median_spread_and_ratio() -> None:
    written = tables([series(BY_HAND, 1e-6, 2e-6, 3e-6), series(OURS, 2e-6, 3e-6, 9e-6)])

    cells = [[c.strip() for c in line.split("|")[1:-1]] for line in written.splitlines()[-2:]]
    assert cells == [
        ["in a setting", BY_HAND, "2.00 µs", "1.50 µs to 2.50 µs", "", ""],
        ["in a setting", OURS, "3.00 µs", "2.50 µs to 6.00 µs", "2.000", "1.750 to 2.500"],
    ]


def test_a_verdict_that_is_missed_stands_out() -> None:
    written = verdict_table([Verdict("m", "s", "at most 1", f"{n}", holds=n < 2) for n in (1, 2)])

    assert [line.split("|")[-2].strip() for line in written.splitlines()[2:]] == ["yes", "**no**"]


def test_only_what_is_between_its_marks_is_replaced_in_a_page() -> None:
    page = filled(A_PAGE, {"growth": "new"})

    assert page == A_PAGE.replace("growth -->\nold\n", "growth -->\n\nnew\n\n")
    assert filled(page, {"growth": "new"}) == page
    with pytest.raises(LookupError, match="no place for memory"):
        filled(A_PAGE, {"memory": "new"})


def test_a_picture_is_the_same_each_time_with_its_text_as_text(measured: list[Series]) -> None:
    first, second = pictures("growth", measured), pictures("growth", measured)

    assert first == second
    assert [file_name(title) for title in first] == ["growth"]
    for each in measured:
        assert f">{each.contender}</text>" in first["growth"]
        assert f">{each.setting}</text>" in first["growth"]
    assert "<dc:date>" not in first["growth"]


def test_what_is_too_long_for_a_picture_is_cut_by_client_and_bare_objects_are_left_out() -> None:
    clients = ("requests", "httpx.Client")
    settings = [
        f"{c}, {n}, {w}" for n in range(40) for c in clients for w in ("bare", "per request")
    ]

    drawn = pictures("attach", [series(OURS, 1.0, setting=each) for each in settings])

    assert [file_name(title) for title in drawn] == ["attach-requests", "attach-httpx-client"]
    assert not any(", bare<" in picture for picture in drawn.values())


def test_a_picture_without_anything_to_compare_with_shows_the_values() -> None:
    values = [series(OURS, 900.0, 1_100.0, measure="memory", unit="byte")]

    (picture,) = pictures("memory", values).values()
    assert ">1.00 kB</text>" in picture
    assert ">ratio</text>" not in picture


def test_a_picture_compares_nothing_with_nothing() -> None:
    given_back = [series(who, 0.0, measure="memory", unit="byte") for who in (BY_HAND, OURS)]

    (picture,) = pictures("memory", given_back).values()
    assert picture.count(">none</text>") == 2
    assert ">ratio</text>" not in picture


def test_times_and_numbers_of_a_measure_have_a_picture_each() -> None:
    values = [
        series(OURS, 1.0, setting="wall time"),
        series(OURS, 1.0, setting="token requests", unit="integer"),
    ]

    assert list(pictures("cold_start", values)) == ["attach", "attach, numbers"]


def test_a_run_that_is_broken_off_leaves_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(options: Options) -> list[Series]:
        raise ZeroDivisionError

    monkeypatch.setattr(attach, "measure", lambda options: [series(OURS, 1.0, setting=BARE)])
    monkeypatch.setattr(growth, "measure", fail)
    with pytest.raises(ZeroDivisionError):
        compare.main(["--quick", "--only", "attach,growth", "--output", str(tmp_path / "page")])

    results = load(tmp_path / "page.json")
    assert results is not None
    assert list(parts_of(results)) == ["attach"]
    assert "## Attach" in (tmp_path / "page-table.md").read_text()
    said = capsys.readouterr()
    assert "## Attach" in said.out
    assert re.fullmatch(
        r" +0:\d\d measuring attach, 1 of 2\n +0:\d\d measuring growth, 2 of 2\n", said.err
    )


def test_the_command_measures_what_it_is_asked_for_and_fills_the_page(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(A_PAGE)
    command = [sys.executable, str(COMMAND), "--quick", "--only", "growth"]
    done = subprocess.run(
        [*command, "--output", str(tmp_path / "performance")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    # At so few calls any verdict can come out either way.
    assert re.search(r"^missed: ", done.stdout, re.MULTILINE), done.stdout + done.stderr
    assert done.returncode == (0 if "\nmissed: nothing" in done.stdout else 1)
    written = page.read_text()
    assert "(performance-growth.svg)" in written
    results = load(tmp_path / "performance.json")
    assert results is not None
    assert machine(results) in written
    assert (tmp_path / "performance-growth.svg").read_text().startswith("<?xml")
    assert "## Growth" in (tmp_path / "performance-table.md").read_text()
