"""The baseline: it allows what is there, shrinks, and never lies."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cycleguard.errors import BaselineError
from cycleguard.gate.baseline import check_growth, format_baseline, parse_baseline
from tests.conftest import Project, RunCli
from tests.gate.conftest import Checked
from tests.gate.support import BENIGN, CRASHING, MOVABLE, NEEDED

Check = Callable[..., Checked]
FILE = "cycleguard-baseline.json"
EVERY = {**{f"c{p[4:]}": t.replace("shop", "c") for p, t in CRASHING.items()}, **MOVABLE}


def entries(folder: Path) -> dict[str, int]:
    data = json.loads((folder / FILE).read_text())
    assert data.pop("schema_version") == 1
    return dict(data)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_written_and_passed(run_cli: RunCli, check: Check, project: Project) -> None:
    root = project(EVERY)
    assert check().exit_code == 1
    result = run_cli("check", "--write-baseline")
    assert (result.exit_code, result.stdout) == (0, f"{FILE}: 5 entries\n")
    assert entries(root) == {
        "crash: c.cart": 1,
        "crash: c.tax": 1,
        "eager-cycle: c.cart -> c.tax": 1,
        "eager-cycle: c.tax -> c.cart": 1,
        "local-import: shop.cart:total -> shop.tax": 1,
    }
    assert check() == (0, [], 5)


def test_every_line_stands_for_itself(run_cli: RunCli, project: Project) -> None:
    root = project(EVERY)
    run_cli("check", "--write-baseline")
    lines = (root / FILE).read_text().splitlines()
    assert all(line.endswith(",") for line in lines[1:-2])
    assert lines[1:-2] == sorted(lines[1:-2])
    for number in range(1, len(lines) - 2):
        json.loads("\n".join(lines[:number] + lines[number + 1 :]))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("shop/cart.py", "def total", "# moved\n\n\nX = 1\n\n\ndef total"),
        ("shop/cart.py", "import rate", "import rate as rate"),
        ("shop/tax.py", "return 1", "return 2"),
        ("c/cart.py", "from c.tax", "# comment\nfrom c.tax"),
        ("c/cart.py", "import rate", "import rate as rate"),
    ],
)
def test_edits_of_other_lines_change_nothing(
    path: str, old: str, new: str, run_cli: RunCli, check: Check, project: Project
) -> None:
    root = project(EVERY)
    run_cli("check", "--write-baseline")
    edit(root / path, old, new)
    assert check() == (0, [], 5)


def test_one_more_of_the_same_is_new(run_cli: RunCli, check: Check, project: Project) -> None:
    root = project(MOVABLE)
    run_cli("check", "--write-baseline")
    edit(root / "shop/cart.py", "    return", "    from shop.tax import rate as r\n    return r,")
    assert check() == (1, [("move-to-top", "shop/cart.py", 4)], 1)


@pytest.mark.parametrize(
    ("files", "path", "old", "new", "rules"),
    [
        (MOVABLE, "shop/tax.py", "return 1", "import json\n    return json", ["move-to-top"]),
        (BENIGN, "shop/tax.py", "import shop.cart", "import shop.cart, shop.tax", ["eager-cycle"]),
        (BENIGN, "shop/tax.py", "import shop.cart", "from shop.cart import total", ["crash"]),
    ],
    ids=["a local import", "a self-import", "a cycle crashes"],
)
def test_what_is_new_fails(
    files: dict[str, str],
    path: str,
    old: str,
    new: str,
    rules: list[str],
    run_cli: RunCli,
    check: Check,
    project: Project,
) -> None:
    root = project(files)
    run_cli("check", "--write-baseline")
    edit(root / path, old, new)
    checked = check()
    assert checked.exit_code == 1
    assert [rule for rule, _, _ in checked.found] == rules


def test_a_grown_cycle_says_what_is_new(run_cli: RunCli, project: Project) -> None:
    root = project({**BENIGN, "shop/wish.py": "import shop.cart\n"})
    run_cli("check", "--write-baseline")
    edit(root / "shop/tax.py", "import shop.cart", "import shop.cart\nimport shop.wish")
    result = run_cli("check")
    assert result.exit_code == 1
    assert "eager-cycle: a known cycle of 3 modules has 2 more imports within it\n" in result.stdout
    assert (
        "    the way round:\n"
        "      shop/tax.py:2  import shop.wish\n"
        "      shop/wish.py:1  import shop.cart\n"
        "      shop/cart.py:1  import shop.tax\n"
    ) in result.stdout


def test_two_known_cycles_that_become_one_are_new(
    run_cli: RunCli, check: Check, project: Project
) -> None:
    other = {path.replace("shop", "inn"): t.replace("shop", "inn") for path, t in BENIGN.items()}
    root = project({**BENIGN, **other})
    run_cli("check", "--write-baseline")
    assert check() == (0, [], 4)
    edit(root / "inn/cart.py", "import inn.tax", "import inn.tax\nimport shop.cart")
    assert check().found == []
    edit(root / "shop/cart.py", "import shop.tax", "import shop.tax\nimport inn.cart")
    assert [rule for rule, _, _ in check().found] == ["eager-cycle"]


def test_what_is_mended_must_go(run_cli: RunCli, check: Check, project: Project) -> None:
    root = project(EVERY)
    run_cli("check", "--write-baseline")
    (root / "shop/cart.py").write_text("from shop.tax import rate\n")
    assert check() == (1, [("stale-baseline", FILE, 6)], 4)
    text = run_cli("check").stdout
    assert f"{FILE}:6  local-import: shop.cart:total -> shop.tax\n" in text
    assert "no longer holds (it is mended)" in text
    assert "cycleguard check --prune-baseline" in text
    result = run_cli("check", "--prune-baseline")
    assert (result.exit_code, result.stdout) == (0, f"{FILE}: 4 entries, 1 removed\n")
    assert check() == (0, [], 4)
    assert "local-import: shop.cart:total -> shop.tax" not in entries(root)


def test_stale_entries_fail_whatever_the_configuration(check: Check, project: Project) -> None:
    stale = format_baseline({"crash: shop.gone": 1})
    table = "[tool.cycleguard]\nfail-on = []\n"
    project({**MOVABLE, FILE: stale, "pyproject.toml": table})
    assert check().found == [("stale-baseline", FILE, 2)]


def test_one_of_two_is_mended(run_cli: RunCli, check: Check, project: Project) -> None:
    twice = MOVABLE["shop/cart.py"].replace(
        "    return", "    from shop.tax import rate\n    return"
    )
    root = project({**MOVABLE, "shop/cart.py": twice})
    run_cli("check", "--write-baseline")
    assert entries(root) == {"local-import: shop.cart:total -> shop.tax": 2}
    (root / "shop/cart.py").write_text(MOVABLE["shop/cart.py"])
    assert "(1 of 2 left)" in run_cli("check").stdout
    run_cli("check", "--prune-baseline")
    assert entries(root) == {"local-import: shop.cart:total -> shop.tax": 1}
    assert check().exit_code == 0


def test_it_does_not_grow(run_cli: RunCli, project: Project) -> None:
    root = project(MOVABLE)
    run_cli("check", "--write-baseline")
    before = (root / FILE).read_bytes()
    edit(root / "shop/tax.py", "return 1", "import json\n    return json")
    result = run_cli("check", "--write-baseline")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"error: {FILE} would grow (local-import from 1 to 2), and a baseline only shrinks:"
        " mend what is new, or delete the file to begin anew\n"
    )
    assert (root / FILE).read_bytes() == before


def test_a_renamed_module_is_written_anew(run_cli: RunCli, check: Check, project: Project) -> None:
    root = project(MOVABLE)
    run_cli("check", "--write-baseline")
    (root / "shop/cart.py").rename(root / "shop/basket.py")
    assert {rule for rule, _, _ in check().found} == {"move-to-top", "stale-baseline"}
    assert run_cli("check", "--write-baseline").exit_code == 0
    assert entries(root) == {"local-import: shop.basket:total -> shop.tax": 1}


def test_whoever_mends_a_cycle_is_not_held_up(
    run_cli: RunCli, check: Check, project: Project
) -> None:
    """An old local import becomes movable by an edit of another file: it is known already."""
    root = project(NEEDED)
    assert run_cli("check", "--write-baseline").exit_code == 0
    (root / "shop/cart.py").write_text("def total():\n    return 1\n")
    assert check().found == []
    (root / FILE).unlink()
    assert check().found == [("move-to-top", "shop/tax.py", 2)]


def test_only_what_was_looked_at_can_be_stale(
    run_cli: RunCli, check: Check, project: Project
) -> None:
    root = project(EVERY)
    run_cli("check", "--write-baseline")
    (root / "shop/cart.py").write_text("from shop.tax import rate\n")
    (root / "c/tax.py").unlink()
    assert check("shop/tax.py").found == []
    assert check("shop/cart.py").found == [("stale-baseline", FILE, 6)]
    assert check("shop").found == [("stale-baseline", FILE, 6)]
    assert len(check().found) == 5
    run_cli("check", "--prune-baseline", "shop")
    assert len(entries(root)) == 4


def test_a_file_that_cannot_be_read_says_nothing(
    run_cli: RunCli, check: Check, project: Project
) -> None:
    root = project(MOVABLE)
    run_cli("check", "--write-baseline")
    (root / "shop/cart.py").write_text("def\n")
    assert check().found == [("unreadable", "shop/cart.py", 1)]
    run_cli("check", "--prune-baseline")
    assert entries(root) == {"local-import: shop.cart:total -> shop.tax": 1}


def test_the_baseline_lies_beside_the_configuration(
    run_cli: RunCli, check: Check, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = "[tool.cycleguard]\nbaseline = 'ci/known.json'\n"
    root = project({**MOVABLE, "pyproject.toml": table, "ci/x": ""})
    monkeypatch.chdir(root / "shop")
    assert run_cli("check", "--write-baseline").exit_code == 0
    assert (root / "ci/known.json").exists()
    assert check().exit_code == 0
    monkeypatch.chdir(root)
    assert check().exit_code == 0


def test_another_file(run_cli: RunCli, check: Check, project: Project) -> None:
    root = project(MOVABLE)
    assert run_cli("check", "--write-baseline", "--baseline", "known.json").exit_code == 0
    assert not (root / FILE).exists()
    assert check().exit_code == 1
    assert check("--baseline", "known.json").exit_code == 0
    result = run_cli("check", "--baseline", "none.json")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: none.json: no such file: --write-baseline makes one\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[]", f"{FILE}:1: not an entry of a baseline: take the file of the last commit"),
        (b'{\n"crash: a": "x",\n"schema_version": 1\n}', f"{FILE}:2: not an entry of a baseline"),
        (b'{\n"nonsense": 1,\n"schema_version": 1\n}', f"{FILE}:2: not an entry of a baseline"),
        (b"{}", f"{FILE}: not a baseline of this version of cycleguard (schema_version 1)"),
        (b'{\n"schema_version": 2\n}', f"{FILE}: not a baseline of this version"),
        (b"\xff", f"{FILE}: cannot be read: not UTF-8"),
        (b"", f"{FILE}: not a baseline of this version"),
    ],
)
def test_a_damaged_baseline_is_one_line(
    content: bytes, message: str, run_cli: RunCli, project: Project
) -> None:
    project({**MOVABLE, FILE: content})
    for command in (["check"], ["check", "--prune-baseline"], ["check", "--write-baseline"]):
        result = run_cli(*command)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"error: {message}")
        assert result.stderr.count("\n") == 1


def test_windows_line_ends_and_a_bom_are_read(check: Check, project: Project) -> None:
    text = format_baseline({"local-import: shop.cart:total -> shop.tax": 1})
    project({**MOVABLE, FILE: "\ufeff" + text.replace("\n", "\r\n")})
    assert check() == (0, [], 1)


def test_a_conflict_is_solved_by_pruning(run_cli: RunCli, check: Check, project: Project) -> None:
    both = (
        '{\n<<<<<<< HEAD\n  "crash: a": 1,\n=======\n'
        '  "local-import: shop.cart:total -> shop.tax": 1,\n>>>>>>> other\n'
        '  "schema_version": 1\n}\n'
    )
    root = project({**MOVABLE, FILE: both})
    result = run_cli("check")
    assert result.exit_code == 2
    assert "git has left a conflict in it: cycleguard check --prune-baseline" in result.stderr
    assert run_cli("check", "--prune-baseline").exit_code == 0
    assert entries(root) == {"local-import: shop.cart:total -> shop.tax": 1}
    assert check().exit_code == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--write-baseline", "--prune-baseline"],
        ["--since", "HEAD", "--write-baseline"],
        ["--since", "HEAD", "--baseline", "x"],
    ],
)
def test_options_that_exclude_each_other(
    options: list[str], run_cli: RunCli, project: Project
) -> None:
    project(MOVABLE)
    result = run_cli("check", *options)
    assert (result.exit_code, result.stdout) == (2, "")


names = st.text('ab.:<>_ü\\"', min_size=1, max_size=8).map(lambda text: f"crash: a{text}z")


@given(st.dictionaries(names, st.integers(1, 99)))
def test_reading_gives_back_what_was_written(counts: dict[str, int]) -> None:
    legal = {key: n for key, n in counts.items() if ":" not in key[7:] and ">" not in key}
    assert parse_baseline(format_baseline(legal), "b").counts == legal
    assert json.loads(format_baseline(legal)) == {**legal, "schema_version": 1}


def test_numbers_may_fall_and_names_may_change() -> None:
    check_growth({"crash: a": 2, "silent: b": 1}, {"crash: b": 1}, "b")
    with pytest.raises(BaselineError, match=r"b would grow \(silent from 0 to 1\)"):
        check_growth({"crash: a": 2}, {"silent: a": 1}, "b")
