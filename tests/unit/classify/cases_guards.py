"""Cases of imports that may fail, or that stand in a branch."""

from tests.unit.classify.cases import Case, inside

GUARDS = (
    Case(
        "optional-dependency",
        "an undeclared package",
        inside("try:", "    import six  #!", "except ImportError:", "    six = None", "six"),
    ),
    Case("optional-dependency", "an extra", inside("import matplotlib  #!", "matplotlib")),
    Case(
        "optional-dependency",
        "an extra that a module of the project imports",
        inside("from shop import plot  #!", "plot"),
        files={"shop/plot.py": "import matplotlib\n"},
    ),
    Case(
        "optional-dependency",
        "the same, and it is loaded by then",
        inside("from shop import plot  #!", "plot", before="import matplotlib\n"),
        "no-eager-cycle",
        files={"shop/plot.py": "import matplotlib\n"},
    ),
    Case(
        "optional-dependency",
        "the module of the project does without",
        inside("from shop import plot  #!", "plot"),
        "no-eager-cycle",
        files={"shop/plot.py": "try:\n    import matplotlib\nexcept ImportError:\n    pass\n"},
    ),
    Case(
        "undeclared-dependency",
        "the module of the project says more kindly that it cannot do without",
        inside("from shop import plot  #!", "plot"),
        files={"shop/plot.py": "try:\n    import six\nexcept ImportError:\n    raise OSError\n"},
    ),
    Case(
        "undeclared-dependency",
        "a module that is loaded with it needs it",
        inside("from shop import plot  #!", "plot"),
        files={"shop/plot.py": "from shop import axes\n", "shop/axes.py": "import six\n"},
    ),
    Case(
        "platform-module",
        "a module of the project imports it",
        inside("from shop import lock  #!", "lock"),
        files={"shop/lock.py": "import fcntl\n"},
    ),
    Case(
        "optional-dependency",
        "the module is ready for the same to fail",
        inside(
            "import requests  #!",
            "requests",
            before="try:\n    import requests\nexcept ImportError:\n    requests = None\n",
        ),
    ),
    Case(
        "optional-dependency",
        "a handler for something else",
        inside("try:", "    import requests  #!", "except KeyError:", "    x = 1", "requests"),
        "declared-dependency",
    ),
    Case(
        "optional-dependency",
        "in the handler itself",
        inside(
            "try:",
            "    import six",
            "except ImportError:",
            "    import requests  #!",
            "    requests",
        ),
        "declared-dependency",
    ),
    Case(
        "environment-probe",
        "a module of the project",
        inside("try:", "    from shop import api  #!", "except ImportError:", "    return", "api"),
    ),
    Case(
        "environment-probe",
        "suppressed",
        inside("with suppress(KeyError, ImportError):", "    from shop import api  #!", "    api"),
    ),
    Case(
        "environment-probe",
        "a test that it cannot be imported",
        inside("with pytest.raises(ImportError):", "    from shop import base  #!"),
    ),
    Case(
        "environment-probe",
        "something else is suppressed",
        inside("with suppress(KeyError):", "    from shop import base  #!", "    base"),
        "no-eager-cycle",
    ),
    Case(
        "environment-probe",
        "a broad handler around a module of the project",
        inside(
            "try:", "    from shop import base  #!", "    base()", "except Exception:", "    pass"
        ),
        "no-eager-cycle",
    ),
    Case("undeclared-dependency", "nobody declares it", inside("import pandas  #!", "pandas")),
    Case(
        "undeclared-dependency",
        "declared",
        inside("import requests  #!", "requests"),
        "declared-dependency",
    ),
    Case("platform-module", "fcntl", inside("import fcntl  #!", "fcntl")),
    Case(
        "platform-module",
        "the top imports it anyway",
        inside("from fcntl import flock  #!", "flock", before="import fcntl\n"),
        "stdlib-module",
    ),
    Case(
        "platform-module",
        "a name that the module has on Windows only",
        inside("from subprocess import PIPE, STARTUPINFO  #!", "STARTUPINFO"),
    ),
    Case(
        "platform-module",
        "a name that it has everywhere",
        inside("from subprocess import PIPE, Popen  #!", "PIPE", "Popen"),
        "stdlib-module",
    ),
    Case("extension-module", "a compiled file", inside("from shop import _native  #!", "_native")),
    Case(
        "extension-module",
        "a source file of that name wins",
        inside("from shop import fast  #!", "fast"),
        "no-eager-cycle",
        {"shop/fast.py": ""},
    ),
    Case(
        "generated-module",
        "named by the configuration",
        inside("from shop._version import v  #!", "v"),
    ),
    Case(
        "generated-module",
        "its file is there",
        inside("from shop._version import v  #!", "v"),
        "no-eager-cycle",
        {"shop/_version.py": "v = 1\n"},
    ),
    Case("missing-module", "no file", inside("from shop.removed import gone  #!", "gone")),
    Case(
        "missing-module",
        "a name of the package is no module",
        inside("from shop import gone  #!", "gone"),
        "no-eager-cycle",
        {"shop/__init__.py": "gone = 1\n"},
    ),
    Case(
        "version-branch",
        "sys.version_info",
        inside("if sys.version_info >= (3, 12):", "    import json  #!", "    json"),
    ),
    Case(
        "version-branch",
        "its else",
        inside(
            "if sys.version_info >= (3, 12):", "    x", "else:", "    import json  #!", "    json"
        ),
    ),
    Case(
        "version-branch",
        "after the branch",
        inside("if sys.version_info >= (3, 12):", "    x", "import json  #!", "json"),
        "stdlib-module",
    ),
    Case(
        "version-branch",
        "another version",
        inside("if arg.version >= (3, 12):", "    import json  #!", "    json"),
        "stdlib-module",
    ),
    Case(
        "platform-branch",
        "sys.platform",
        inside("if sys.platform == 'win32':", "    import json  #!", "    json"),
    ),
    Case(
        "platform-branch",
        "a word that only holds one",
        inside("if arg == 'window':", "    import json  #!", "    json"),
        "stdlib-module",
    ),
    Case(
        "feature-branch",
        "nothing else loads it",
        inside("if arg:", "    from shop import base  #!", "    base"),
    ),
    Case(
        "feature-branch",
        "the top loads it anyway",
        inside(
            "if arg:",
            "    from shop.base import Page  #!",
            "    Page",
            before="from shop.base import send\n",
        ),
        "no-eager-cycle",
    ),
    Case(
        "feature-branch",
        "the standard library",
        inside("if arg:", "    import json  #!", "    json"),
        "stdlib-module",
    ),
    Case(
        "feature-branch",
        "a loop is no branch",
        inside("for y in arg:", "    from shop import base  #!", "    base"),
        "no-eager-cycle",
    ),
    Case(
        "main-guard",
        "in a function",
        inside("if __name__ == '__main__':", "    import json  #!", "    json"),
    ),
    Case(
        "main-guard",
        "a function called under it",
        inside("import json  #!", "json") + "if __name__ == '__main__':\n    f()\n",
        "stdlib-module",
    ),
    Case(
        "type-checking-block",
        "TYPE_CHECKING",
        inside("if TYPE_CHECKING:", "    from shop import api  #!", "    api"),
    ),
    Case(
        "type-checking-block", "a constant", inside("if False:", "    import json  #!", "    json")
    ),
    Case(
        "type-checking-block",
        "its else",
        inside("if TYPE_CHECKING:", "    x", "else:", "    import json  #!", "    json"),
        "stdlib-module",
    ),
)
