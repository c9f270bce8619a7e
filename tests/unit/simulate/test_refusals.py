"""Code that refuses to run before something is set up: whether a hoist is safe depends on that."""

import subprocess
import sys
from pathlib import Path

from cycleguard.model.findings import Applicability, Finding, Outcome
from cycleguard.pipeline import analyse
from tests.conftest import Project

CONF = """
class Registry:
    def __init__(self):
        self.ready = False
    def get(self, name):
        if not self.ready:
            raise RuntimeError("call set_up() first")
        return name

registry = Registry()

def set_up():
    registry.ready = True
"""
VIEWS = """
from app import conf

def show():
    from app.models import User
    return User
"""
HOISTED = VIEWS.replace("conf\n", "conf\nfrom app.models import User\n", 1)
FILES = {"app/__init__.py": "", "app/conf.py": CONF, "app/views.py": VIEWS}


def hoist_in_views(folder: Path) -> Finding:
    (found,) = [f for f in analyse([folder]).findings if f.resolved.path == "app/views.py"]
    return found


def imports(folder: Path, before: str) -> bool:
    """Whether app.views imports in CPython, with the import moved up, after `before` has run."""
    (folder / "app/views.py").write_text(HOISTED)
    code = f"{before}\nimport app.views"
    return subprocess.run([sys.executable, "-c", code], cwd=folder, check=False).returncode == 0


def test_a_registry_that_is_read_at_import_time(project: Project) -> None:
    models = 'from app.conf import registry\nUser = registry.get("user")\n'
    folder = project(FILES | {"app/models.py": models})
    finding = hoist_in_views(folder)
    assert finding.hoist.outcome is Outcome.UNKNOWN
    assert finding.hoist.message is not None
    assert "not set up" in finding.hoist.message
    assert finding.applicability is Applicability.DISPLAY_ONLY
    assert not imports(folder, before="")
    assert imports(folder, before="from app.conf import set_up; set_up()")


def test_a_refusal_that_is_caught(project: Project) -> None:
    read = 'try:\n    User = registry.get("user")\nexcept RuntimeError:\n    User = None\n'
    folder = project(FILES | {"app/models.py": f"from app.conf import registry\n{read}"})
    assert hoist_in_views(folder).hoist.outcome is Outcome.OK
    assert imports(folder, before="")


def test_a_registry_that_is_read_when_called(project: Project) -> None:
    models = 'from app.conf import registry\ndef User():\n    return registry.get("user")\n'
    folder = project(FILES | {"app/models.py": models})
    assert hoist_in_views(folder).hoist.outcome is Outcome.OK
    assert imports(folder, before="")


def test_a_library_that_may_be_missing(project: Project) -> None:
    """Whether the system has it is not in the source; a module that is there may ask for it."""
    text = (
        "from ctypes.util import find_library\n"
        "if find_library('no-such-library') is None:\n"
        "    raise RuntimeError('install it first')\n"
        "User = 1\n"
    )
    folder = project(FILES | {"app/models.py": text})
    finding = hoist_in_views(folder)
    assert finding.hoist.outcome is Outcome.UNKNOWN
    assert "outside the source" in (finding.hoist.message or "")
    assert not imports(folder, before="")


def test_a_metaclass_that_looks_through_the_body(project: Project) -> None:
    """``hasattr`` of a function is false or anything at all, not the end of what is followed."""
    text = (
        "from app.conf import registry\n"
        "class Meta(type):\n"
        "    def __new__(mcs, name, bases, names):\n"
        "        for each in names.values():\n"
        "            if hasattr(each, 'contribute'):\n"
        "                each.contribute(name)\n"
        "        registry.get(name)\n"
        "        return super().__new__(mcs, name, bases, names)\n"
        "class User(metaclass=Meta):\n"
        "    def show(self):\n"
        "        return 1\n"
    )
    folder = project(FILES | {"app/models.py": text})
    finding = hoist_in_views(folder)
    assert finding.hoist.outcome is Outcome.UNKNOWN
    assert not imports(folder, before="")
    assert imports(folder, before="from app.conf import set_up; set_up()")


TABLE = """
options = {}

def register(name, value):
    table = options
    table[name] = value
"""
MODELS = """
from app.conf import options

SIZE = options["size"]

class User:
    pass
"""


def test_a_table_that_is_filled_later(project: Project) -> None:
    """The machine does not see who fills it: CPython raises KeyError if nobody has."""
    files = FILES | {"app/conf.py": TABLE, "app/models.py": MODELS}
    found = hoist_in_views(project(files))
    assert found.hoist is not None
    assert found.hoist.outcome is Outcome.UNKNOWN
    folder = project(files | {"app/views.py": HOISTED})
    command = [sys.executable, "-c", "import app.views"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert "KeyError: 'size'" in done.stderr


def test_an_import_of_a_computed_name(project: Project) -> None:
    """What it loads may be half-way."""
    text = (
        "import importlib, os\n"
        "importlib.import_module(os.environ.get('PART', 'app.views'))\n"
        "User = 1\n"
    )
    folder = project(FILES | {"app/models.py": text})
    finding = hoist_in_views(folder)
    assert finding.hoist.outcome is Outcome.UNKNOWN
    assert "computed" in (finding.hoist.message or "")
