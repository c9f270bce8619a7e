"""What machines read: valid, at the right lines, the same for every job count and hash seed."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from tests.conftest import Project, RunCli
from tests.gate.support import BENIGN, CRASHING, MOVABLE, NEEDED

SCHEMA = Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json"
FORMATS = ("text", "json", "sarif", "github", "gitlab", "junit", "markdown")
COMMANDS = ("scan", "check")


def _renamed(files: dict[str, str], name: str) -> dict[str, str]:
    return {path.replace("shop", name): text.replace("shop", name) for path, text in files.items()}


EVERYTHING = {
    **_renamed(CRASHING, "crash"),
    **_renamed(BENIGN, "benign"),
    **_renamed(MOVABLE, "mövable"),
    **_renamed(NEEDED, "needed"),
    "a b/%25 x.py": "def f():\n    import json  # circular import\n    return json\n",
    "broken.py": "def\n",
    "odd.py": "import importlib\nimportlib.import_module(x + '\x1b]<&\"\\n,:%')\nimport json"
    "  # cycleguard: leave\n",
    "pyproject.toml": "[tool.cycleguard]\nmax = { local-imports = 0 }\n",
}


@pytest.fixture
def everything(project: Project) -> Path:
    return project(EVERYTHING)


# All formats of both commands in one process, which has one seed for its hashes.
EVERY_REPORT = """
import json, sys
from click.testing import CliRunner
from cycleguard.cli import main
found = {}
for line in sys.stdin:
    command, output_format = line.split()
    arguments = [command, "--format", output_format, *sys.argv[1:]]
    answer = CliRunner().invoke(main, arguments, prog_name="cycleguard", catch_exceptions=False)
    found[line.strip()] = [answer.exit_code, answer.stderr, answer.stdout]
json.dump(found, sys.stdout)
"""


def test_runs_are_alike(everything: Path) -> None:
    """Whatever the number of jobs, the seed of the hashes, and what the cache holds."""
    asked = "".join(f"{command} {name}\n" for command in COMMANDS for name in FORMATS)
    answers: list[dict[str, tuple[int, str, str]]] = []
    for seed, options in enumerate((["--jobs=1", "--no-cache"], ["--jobs=2"], ["--jobs=2"])):
        process = subprocess.run(
            [sys.executable, "-c", EVERY_REPORT, *options],
            env={**os.environ, "PYTHONHASHSEED": str(seed)},
            input=asked.encode(),
            capture_output=True,
            check=True,
        )
        answers.append(json.loads(process.stdout))
    for command in COMMANDS:
        for name in FORMATS:
            first, *others = (each[f"{command} {name}"] for each in answers)
            assert others == [first, first], (command, name)
            exit_code, stderr, stdout = first
            assert (exit_code, stderr) == (command == "check", "")
            assert stdout
            assert str(everything) not in stdout


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("output_format", FORMATS)
def test_output_is_what_standard_output_would_be(
    command: str, output_format: str, everything: Path, run_cli: RunCli
) -> None:
    shown = run_cli(command, "--format", output_format)
    written = run_cli(command, "--format", output_format, "-o", "../report")
    assert (written.exit_code, written.stdout) == (shown.exit_code, "")
    assert Path("../report").read_text(encoding="utf-8") == shown.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_sarif_is_valid(command: str, everything: Path, run_cli: RunCli) -> None:
    log = json.loads(run_cli(command, "--format", "sarif").stdout)
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    jsonschema.Draft4Validator(schema, format_checker=checker).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    prints = [result["partialFingerprints"]["cycleguard/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)
    assert all(rule["help"]["text"] and rule["help"]["markdown"] for rule in rules)


def test_sarif_shows_the_way_round(everything: Path, run_cli: RunCli) -> None:
    log = json.loads(run_cli("check", "--format", "sarif").stdout)
    cycles = [r for r in log["runs"][0]["results"] if r["ruleId"] == "eager-cycle"]
    flows = [
        [
            (at["location"]["physicalLocation"]["artifactLocation"]["uri"], at["executionOrder"])
            for at in cycle["codeFlows"][0]["threadFlows"][0]["locations"]
        ]
        for cycle in cycles
    ]
    assert flows == [
        [("benign/tax.py", 1), ("benign/cart.py", 2)],
        [("crash/tax.py", 1), ("crash/cart.py", 2)],
    ]


def test_sarif_fixes_do_what_they_say(everything: Path, run_cli: RunCli) -> None:
    log = json.loads(run_cli("check", "--format", "sarif").stdout)
    fixes = [fix for r in log["runs"][0]["results"] for fix in r.get("fixes", ())]
    assert len(fixes) == 2
    for fix in fixes:
        (change,) = fix["artifactChanges"]
        path = everything / _path(change["artifactLocation"]["uri"])
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        for replacement in reversed(change["replacements"]):
            region = replacement["deletedRegion"]
            text = replacement["insertedContent"]["text"]
            lines[region["startLine"] - 1 : region["endLine"] - 1] = [text]
        path.write_text("".join(lines), encoding="utf-8")
    assert (everything / "mövable/cart.py").read_text(encoding="utf-8") == (
        "from mövable.tax import rate\n\n\ndef total():\n    return rate()\n"
    )
    assert json.loads(run_cli("check", "--format", "sarif").stdout) != log
    assert "move-to-top" not in run_cli("check").stdout


def _path(uri: str) -> str:
    return re.sub("(?:%[0-9A-F]{2})+", lambda m: bytes.fromhex(m[0].replace("%", "")).decode(), uri)


def test_fingerprints_do_not_change_with_the_lines(everything: Path, run_cli: RunCli) -> None:
    def found() -> dict[tuple[str, str], int]:
        log = json.loads(run_cli("check", "--format", "json").stdout)
        return {(f["path"], f["fingerprint"]): f["line"] for f in log["findings"]}

    before = found()
    path = everything / "mövable/cart.py"
    path.write_text("#\n#\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    after = found()
    assert before.keys() == after.keys()
    assert before != after


def test_github_commands(everything: Path, run_cli: RunCli) -> None:
    text = run_cli("check", "--format", "github").stdout
    commands = text.splitlines()
    form = r"::(error|warning|notice) file=[^,:]+,line=\d+,endLine=\d+,col=\d+,title=[^,:]+::.+"
    assert commands
    assert all(re.fullmatch(form, command) for command in commands)
    odd = next(command for command in commands if "a b/" in command)
    assert odd.startswith("::warning file=a b/%2525 x.py,line=2,endLine=2,col=5,title=")
    assert "%0A" in odd


def test_gitlab_report(everything: Path, run_cli: RunCli) -> None:
    """The keys that GitLab requires: docs.gitlab.com, "Code Quality report format"."""
    entries = json.loads(run_cli("check", "--format", "gitlab").stdout)
    for entry in entries:
        assert set(entry) == {
            "description",
            "check_name",
            "fingerprint",
            "severity",
            "location",
        }
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert not entry["location"]["path"].startswith(("/", "./"))
        assert entry["location"]["lines"]["begin"] >= 1
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)


def test_junit_report(everything: Path, run_cli: RunCli) -> None:
    root = ET.fromstring(run_cli("check", "--format", "junit").stdout)
    findings = json.loads(run_cli("check", "--format", "json").stdout)["findings"]
    cases = root.findall("./testsuite/testcase")
    assert len(cases) == len(root.findall("./testsuite/testcase/failure")) == len(findings)
    assert root.get("failures") == root.get("tests") == str(len(findings))
    assert sum(int(suite.get("tests", "")) for suite in root) == len(findings)


def test_reports_of_nothing(project: Project, run_cli: RunCli) -> None:
    project({"m.py": "import json\n"})
    assert json.loads(run_cli("check", "--format", "gitlab").stdout) == []
    assert run_cli("check", "--format", "github").stdout == ""
    root = ET.fromstring(run_cli("check", "--format", "junit").stdout)
    assert (root.get("tests"), root.get("failures")) == ("1", "0")
    assert "no findings" in run_cli("check", "--format", "markdown").stdout
    log = json.loads(run_cli("check", "--format", "sarif").stdout)
    assert log["runs"][0]["results"] == []


@pytest.mark.parametrize("output_format", ["text", "markdown"])
def test_text_for_people(
    output_format: str, project: Project, run_cli: RunCli, golden: Callable[[str, str], None]
) -> None:
    project({path: text for path, text in EVERYTHING.items() if path != "odd.py"})
    text = run_cli("check", "--format", output_format).stdout
    # broken.py is not read, and the report says by which Python.
    golden(f"check.{output_format}", re.sub(r"Python 3\.\d+", "Python 3.11", text))


@pytest.mark.parametrize("width", [60, 80])
def test_text_on_a_terminal(
    width: int,
    project: Project,
    run_pty: Callable[..., str],
    golden: Callable[[str, str], None],
) -> None:
    project({**_renamed(CRASHING, "crash"), **_renamed(MOVABLE, "movable")})
    text = re.sub(r"\x1b\[[0-9;]*m", "", run_pty("check", "--no-progress", columns=width))
    assert max(map(len, text.splitlines())) <= width
    golden(f"check-{width}.txt", text)


def test_a_scan_shows_more_than_a_check(everything: Path, run_cli: RunCli) -> None:
    def rules(command: str) -> set[str]:
        log = json.loads(run_cli(command, "--format", "sarif").stdout)
        return {result["ruleId"] for result in log["runs"][0]["results"]}

    assert rules("scan") > rules("check")
    assert {"deferred-cycle", "relocate-to-utils", "dynamic-import"} <= rules("scan")


def test_the_warm_path_loads_no_analysis(project: Project) -> None:
    project(MOVABLE)
    code = (
        "import sys; from cycleguard.cli import main; main(['check'], standalone_mode=False); "
        "print([m for m in ('libcst', 'networkx', 'cycleguard.pipeline') if m in sys.modules])"
    )
    ends = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in ("cold", "warm")
    ]
    assert [end.stdout.splitlines()[-1] == "[]" for end in ends] == [False, True]
