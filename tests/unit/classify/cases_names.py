"""Cases of what functions do with names, of comments, and of calls that import."""

from tests.unit.classify.cases import Case, inside

NAMES = (
    Case(
        "reimport-on-purpose",
        "sys.modules",
        inside("sys.modules.pop('shop.base')", "import shop.base  #!", "shop.base"),
    ),
    Case(
        "reimport-on-purpose",
        "reload",
        inside("from shop import base  #!", "importlib.reload(base)"),
    ),
    Case(
        "reimport-on-purpose",
        "reads sys.modules only",
        inside("import json  #!", "json, 'x' in sys.modules and sys.modules['x']"),
        "stdlib-module",
    ),
    Case(
        "reimport-on-purpose",
        "loops over sys.modules",
        inside("import json  #!", "for n in sys.modules:", "    json, [n for n in sys.modules]"),
        "stdlib-module",
    ),
    Case(
        "reimport-on-purpose",
        "hands sys.modules on",
        inside("with patch.dict(sys.modules, json=None):", "    import json  #!", "    json"),
    ),
    Case(
        "patched-name",
        "mock.patch",
        inside("from shop.base import send  #!", "send()"),
        files={"tests/test_a.py": "@mock.patch('shop.base.send')\ndef test_a(send): ...\n"},
    ),
    Case(
        "patched-name",
        "another name of the module",
        inside("from shop.base import send  #!", "send()"),
        "no-eager-cycle",
        {"tests/test_a.py": "@mock.patch('shop.base.jobs')\ndef test_a(send): ...\n"},
    ),
    Case(
        "patched-name",
        "read through the module",
        inside("from shop import base  #!", "base.send()"),
        "no-eager-cycle",
        {"tests/test_a.py": "@mock.patch('shop.base.send')\ndef test_a(send): ...\n"},
    ),
    Case(
        "name-shadowed",
        "a function of the module",
        inside("from shop.base import send  #!", "send", before="def send(): ...\n"),
    ),
    Case(
        "name-shadowed",
        "the same thing, for annotations",
        inside(
            "from shop.base import send  #!",
            "send",
            before="if TYPE_CHECKING:\n    from shop.base import send\n",
        ),
        "no-eager-cycle",
    ),
    Case(
        "name-shadowed",
        "another for type checkers",
        inside(
            "from shop.base import send  #!",
            "send()",
            before="if TYPE_CHECKING:\n    from shop.api import call as send\n",
        ),
    ),
    Case(
        "name-shadowed",
        "one of the names is imported at the top",
        inside(
            "from shop.base import jobs, send  #!",
            "send(jobs)",
            before="from shop.base import send\n",
        ),
        "no-eager-cycle",
    ),
    Case("name-shadowed", "a builtin", inside("from shop.base import names as list  #!", "list")),
    Case(
        "name-shadowed",
        "a name of another function",
        inside("from shop.base import send  #!", "send", before="def g():\n    send = 1\n"),
        "no-eager-cycle",
    ),
    Case(
        "name-rebound",
        "assigned too",
        inside("from shop.base import send  #!", "if arg:", "    send = None", "send"),
    ),
    Case("name-rebound", "a parameter", inside("from shop.base import jobs as arg  #!", "arg")),
    Case(
        "name-rebound",
        "imported in two branches",
        inside(
            "if arg:",
            "    from shop.base import send",
            "else:",
            "    from shop.api import call as send  #!",
            "send",
        ),
    ),
    Case(
        "name-rebound",
        "the same import in two branches",
        inside(
            "if arg:",
            "    import json",
            "else:",
            "    import json  #!",
            "json",
        ),
        "stdlib-module",
    ),
    Case(
        "name-rebound",
        "an attribute of it is assigned",
        inside("from shop.base import send  #!", "send.x = None"),
        "no-eager-cycle",
    ),
    Case("global-declaration", "global", inside("global json", "import json  #!", "json")),
    Case(
        "global-declaration",
        "of another name",
        inside("global csv", "import json  #!", "json"),
        "stdlib-module",
    ),
    Case(
        "class-attribute", "in a class body", inside("class A:", "    import json  #!", "    json")
    ),
    Case(
        "class-attribute",
        "in a method of it",
        inside("class A:", "    def g(self):", "        import json  #!", "        json"),
        "stdlib-module",
    ),
    Case("eval-only-name", "eval", inside("import json  #!", "return eval(arg)")),
    Case(
        "eval-only-name",
        "read too",
        inside("import json  #!", "return eval(json)"),
        "stdlib-module",
    ),
    Case("side-effect-import", "never read", inside("import shop.base  #!")),
    Case(
        "side-effect-import",
        "read by a nested function",
        inside("import json  #!", "return lambda: json"),
        "stdlib-module",
    ),
    Case("linter-pragma", "noqa", inside("import json  # noqa: PLC0415  #!", "json")),
    Case(
        "linter-pragma",
        "pylint",
        inside("import json  # pylint: disable=import-outside-toplevel  #!", "json"),
    ),
    Case(
        "linter-pragma",
        "noqa of another rule",
        inside("import json  # noqa: F401  #!", "json"),
        "stdlib-module",
    ),
    Case(
        "linter-pragma", "a bare noqa", inside("import json  # noqa  #!", "json"), "stdlib-module"
    ),
    Case(
        "vouched-for", "with a reason", inside("import json  # cycleguard: leave[slow]  #!", "json")
    ),
    Case(
        "vouched-for",
        "in the line above",
        inside("# cycleguard: leave[slow]", "import json  #!", "json"),
    ),
    Case(
        "vouched-for",
        "on another import",
        inside("import csv  # cycleguard: leave[slow]", "import json  #!", "csv, json"),
        "stdlib-module",
    ),
    Case(
        "vouched-for",
        "in a string",
        inside("import json  #!", "json, '# cycleguard: leave[slow]'"),
        "stdlib-module",
    ),
    Case(
        "generated-file",
        "its head says so",
        inside("import json  #!", "json", before="# Generated by protoc. DO NOT EDIT!\n"),
    ),
    Case(
        "generated-file",
        "a comment far below",
        inside("import json  #!", "json", before="x = 1\n" * 20 + "# generated by hand\n"),
        "stdlib-module",
    ),
    Case(
        "module-getattr",
        "of the module",
        "def __getattr__(name):\n    from shop import api  #!\n    return api\n",
    ),
    Case(
        "module-getattr",
        "of a class",
        "class A:\n    def __getattr__(self, _):\n        import json  #!\n        json\n",
        "stdlib-module",
    ),
    Case(
        "lazy-loader",
        "attach",
        "import lazy_loader\n__getattr__, _, _ = lazy_loader.attach(__name__, ['api'])  #!\n",
    ),
    Case(
        "dynamic-name",
        "a computed name",
        "import importlib\nimportlib.import_module(f'shop.{x}')  #!\n",
    ),
    Case(
        "dynamic-literal",
        "a literal name",
        "import importlib\nimportlib.import_module('shop.base')  #!\n",
    ),
    Case("dynamic-literal", "__import__", inside("__import__('shop.base')  #!")),
    Case(
        "dynamic-literal",
        "in a try",
        inside("try:", "    __import__('shop.base')  #!", "except ImportError:", "    x"),
        "environment-probe",
    ),
    Case("code-string", "exec", "exec('import shop')  #!\n"),
)
