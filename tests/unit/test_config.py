"""`[tool.cycleguard]`: where it is found, what is valid, and what the messages say."""

import pickle
from pathlib import Path

import pytest

from cycleguard.config import Config, load_config
from cycleguard.errors import ConfigError, CycleguardError, TargetError
from cycleguard.model.cycles import Verdict
from cycleguard.model.policy import Budgets, Override


def load(base: Path, target: str = ".") -> Config:
    return load_config([Path(target)], base)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def test_every_key(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    write(
        tmp_path / "pyproject.toml",
        "[tool.cycleguard]\r\nsource-roots = ['src']\r\nexclude = ['gen']\r\n"
        "namespace-packages = ['ns']\r\ngenerated = ['*_pb2']\r\n"
        "dependency-modules = {yaml = 'PyYAML'}\r\n",
    )
    assert load(tmp_path) == Config(
        ("src",), ("gen",), ("ns",), ("*_pb2",), {"yaml": "PyYAML"}, folder=str(tmp_path)
    )


def test_every_key_of_the_gate(tmp_path: Path) -> None:
    write(
        tmp_path / "pyproject.toml",
        "[tool.cycleguard]\nfail-on = ['crash']\ncycle-verdicts = ['crash']\n"
        "allow-local = ['torch']\nlayers = [['cli'], ['core', 'io']]\nbaseline = 'b.json'\n"
        "max = {eager-cycles = 0, cycle-modules = 5}\n"
        "[[tool.cycleguard.overrides]]\npaths = ['tests/']\nallow-local = ['*']\n",
    )
    config = load(tmp_path)
    assert config.fail_on == ("crash",)
    assert config.cycle_verdicts == (Verdict.CRASH,)
    assert config.layers == (("cli",), ("core", "io"))
    assert config.max == Budgets(eager_cycles=0, cycle_modules=5)
    assert config.overrides == (Override(("tests/",), allow_local=("*",)),)
    assert (config.allow_local, config.baseline) == (("torch",), "b.json")


def test_the_nearest_table_counts(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.cycleguard]\nexclude = ['top']")
    write(tmp_path / "a" / "pyproject.toml", "[tool.cycleguard]\nexclude = ['a']")
    write(tmp_path / "b" / "pyproject.toml", "[tool.other]")
    write(tmp_path / "c" / ".git" / "HEAD", "")
    assert load(tmp_path, "a/deep").exclude == ("a",)
    assert load(tmp_path, "b").exclude == ("top",)
    assert load(tmp_path, "c/deep") == Config()
    assert load_config([tmp_path / "a" / "x.py", tmp_path], Path("/")).exclude == ("a",)


def test_no_target_means_the_current_folder(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.cycleguard]\nexclude = ['top']")
    assert load_config([], tmp_path).exclude == ("top",)


VALID = (
    "valid keys: allow-local, baseline, cycle-verdicts, dependency-modules, exclude, fail-on,"
    " generated, layers, max, namespace-packages, overrides, source-roots"
)
WRONG = {
    "a misspelt key": ("exlude = []", f"has no key 'exlude': did you mean 'exclude'? {VALID}"),
    "a key that is like none": ("zzz = 1", f"has no key 'zzz': {VALID}"),
    "the field that is no key": ("folder = 'x'", f"has no key 'folder': {VALID}"),
    "underscores": ("source_roots = []", "did you mean 'source-roots'?"),
    "text for a list": ("exclude = 'x'", "exclude: expected list, got str"),
    "a number in a list": ("exclude = ['x', 1]", "exclude[1]: expected str, got int"),
    "a list for a table": (
        "dependency-modules = []",
        "dependency-modules: expected table, got list",
    ),
    "a rule that there is not": (
        "fail-on = ['crush']",
        "fail-on: no rule is called 'crush': did you mean 'crash'? valid names: ",
    ),
    "a rule in an override": (
        "[[tool.cycleguard.overrides]]\npaths = ['a']\nfail-on = ['x']",
        "fail-on: no rule is called 'x'",
    ),
    "a key of an override": (
        "[[tool.cycleguard.overrides]]\npaths = ['a']\nlayers = []",
        "override 1 has no key 'layers': valid keys: allow-local, cycle-verdicts, fail-on, paths",
    ),
    "an override without paths": (
        "[[tool.cycleguard.overrides]]\nfail-on = []",
        "missing required field paths",
    ),
    "a limit that there is not": (
        "max = {cycles = 1}",
        "max has no key 'cycles': ",
    ),
    "a limit that is no number": ("max = {eager-cycles = 'x'}", "max.eager-cycles: expected int"),
    "a verdict that there is not": (
        "cycle-verdicts = ['bad']",
        "cycle-verdicts[0]: invalid enum value 'bad'",
    ),
    "layers in one list": ("layers = ['a']", "layers[0]: expected list, got str"),
    "a root that does not exist": ("source-roots = ['no']", "source-roots: no such folder: no"),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_table(tmp_path: Path, text: str, message: str) -> None:
    write(tmp_path / "pyproject.toml", f"[tool.cycleguard]\n{text}")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert str(caught.value).startswith("pyproject.toml: [tool.cycleguard] ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_that_is_none(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool]\ncycleguard = 1")
    with pytest.raises(ConfigError, match=r"tool\.cycleguard must be a table"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[tool.cycleguard", r"pyproject\.toml: not valid TOML: Expected"),
        (b"x = '\xff'", r"pyproject\.toml: not UTF-8 \(byte 5\)"),
    ],
    ids=["broken TOML", "not UTF-8"],
)
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        load(tmp_path)


def test_a_file_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "pyproject.toml", "")

    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ConfigError, match=r"pyproject\.toml: cannot be read: Permission denied"):
        load(tmp_path)


@pytest.mark.parametrize("error", [CycleguardError("x"), ConfigError("x"), TargetError("x")])
def test_errors_travel_between_processes(error: CycleguardError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == "x"
    assert copy.exit_code == 2
