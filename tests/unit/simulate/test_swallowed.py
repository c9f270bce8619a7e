"""A swallowed error is silent where a name is missing for reasons of order, else nothing."""

from cycleguard.model.findings import Outcome
from tests.support.judge import judge
from tests.support.prediction import predict

# A sub-module that covers a function: from here on, values may be others for reasons of order.
COVERED = {
    "pkg/__init__.py": "def early():\n    pass\nimport pkg.early\n",
    "pkg/early.py": "",
}
NOTHING = "fast = None\ntry:\n    best = fast.best\nexcept AttributeError:\n    best = 1\n"


def test_nothing_where_a_library_may_be() -> None:
    files = COVERED | {"pkg/user.py": NOTHING}
    assert predict(files)["pkg.user"].outcome is Outcome.OK


def test_an_object_in_the_place_of_a_module() -> None:
    number = "models = 1\n"
    user = "import pkg\ntry:\n    SIZE = pkg.models.SIZE\nexcept AttributeError:\n    SIZE = 0\n"
    files = {"pkg/__init__.py": number, "pkg/models.py": "SIZE = 1\n", "pkg/user.py": user}
    assert predict(files)["pkg.user"].outcome is Outcome.SILENT
    assert not any(verdict.fault for verdict in judge(files))
