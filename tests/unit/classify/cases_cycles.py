"""Cases of reasons to move an import, or to move what it wants."""

from cycleguard.model.findings import Outcome
from tests.unit.classify.cases import PYPROJECT, Case, inside

BIG = "from shop import cart\n\n\nclass Big:\n" + "    x = 1\n" * 80

CYCLES = (
    Case("self-import", "its own name", inside("from shop.cart import Item  #!", "Item")),
    Case("self-import", "as a module", inside("import shop.cart as c  #!", "c.x")),
    Case("self-as-object", "looked into", inside("import shop.cart as c  #!", "dir(c), c.x")),
    Case("self-as-object", "one name", inside("import shop.cart as c  #!", "c.x"), "self-import"),
    Case(
        "self-import",
        "a near namesake",
        inside("from shop.carts import Item  #!", "Item"),
        "no-eager-cycle",
        {"shop/carts.py": "Item = 1\n"},
    ),
    Case("self-as-object", "handed on", inside("import shop.cart as c  #!", "dir(c)")),
    Case(
        "self-as-object",
        "one of its names too",
        inside("from shop.cart import Item  #!", "dir(Item)"),
        "self-import",
    ),
    Case(
        "duplicate-import",
        "the same statement",
        inside("import json  #!", "json.x", before="import json\n"),
    ),
    Case(
        "duplicate-import",
        "the same thing by another form",
        inside("import shop.base as base  #!", "base", before="from shop import base\n"),
    ),
    Case(
        "duplicate-import",
        "another thing under the same name",
        inside("from shop.base import json  #!", "json", before="import json\n"),
        "name-shadowed",
    ),
    Case(
        "duplicate-import",
        "the top binds it in one case only",
        inside("import json  #!", "json", before="if x:\n    import json\n"),
        "feature-branch",
    ),
    Case(
        "duplicate-import",
        "the top binds it anew later",
        inside("import json  #!", "json", before="import json\njson = 1\n"),
        "name-shadowed",
    ),
    Case(
        "duplicate-import",
        "the top imports the module under another name",
        inside("import json  #!", "json", before="import json as j\n"),
        "stdlib-module",
    ),
    Case(
        "duplicate-import",
        "the top imports the parent only",
        inside("import os.path  #!", "os.path", before="import os\n"),
        "stdlib-module",
    ),
    Case("stdlib-module", "hashlib", inside("import hashlib  #!", "hashlib")),
    Case("stdlib-module", "not everywhere", inside("import fcntl  #!", "fcntl"), "platform-module"),
    Case(
        "stdlib-module",
        "a project's module of that name is the project's",
        inside("from shop import json  #!", "json"),
        "no-eager-cycle",
        {"shop/json.py": ""},
    ),
    Case("declared-dependency", "required", inside("import requests  #!", "requests")),
    Case(
        "declared-dependency",
        "imported at the top anyway",
        inside("from numpy import array  #!", "array([])", before="import numpy\n"),
    ),
    Case(
        "declared-dependency",
        "imported by a module that the file imports",
        inside("import requests.adapters  #!", "requests", before="import shop.net\n"),
        files={"shop/net.py": "from requests.adapters import HTTPAdapter\n"},
    ),
    Case(
        "declared-dependency",
        "a part that is called like a required distribution",
        inside("from requests import plus  #!", "plus.x"),
        files={"pyproject.toml": PYPROJECT.replace("'requests'", "'requests', 'requests-plus'")},
    ),
    Case(
        "unloaded-submodule",
        "the package is imported, not the part",
        inside("import requests.adapters  #!", "requests", before="import requests\n"),
    ),
    Case(
        "unloaded-submodule",
        "a name that may be a part",
        inside("from requests import adapters  #!", "adapters", before="import requests.api\n"),
    ),
    Case(
        "unloaded-submodule",
        "another function of the project calls it",
        inside("from requests import get  #!", "get", before="import requests\n"),
        "declared-dependency",
        {"shop/net.py": inside("from requests import get as g", "g()")},
    ),
    Case(
        "unloaded-submodule",
        "a class is no module",
        inside("from requests import Session  #!", "Session", before="import requests\n"),
        "declared-dependency",
    ),
    Case(
        "unloaded-submodule",
        "imported by a module that this file does not import",
        inside("import requests.adapters  #!", "requests", before="import requests\n"),
        files={"shop/net.py": "from requests.adapters import HTTPAdapter\n"},
    ),
    Case(
        "declared-dependency",
        "an extra",
        inside("import matplotlib  #!", "matplotlib"),
        "optional-dependency",
    ),
    Case(
        "declared-dependency",
        "at the top of another file",
        inside("import numpy  #!", "numpy"),
        "undeclared-dependency",
        {"shop/other.py": "import numpy\n"},
    ),
    Case(
        "declared-dependency",
        "at the top, in a try",
        inside(
            "import numpy.linalg as la  #!",
            "la",
            before="try:\n    import numpy\nexcept ImportError:\n    pass\n",
        ),
        "undeclared-dependency",
    ),
    Case("no-eager-cycle", "nothing leads back", inside("from shop.base import Page  #!", "Page")),
    Case(
        "no-eager-cycle",
        "what leads back is in a function too",
        inside("from shop.late import x  #!", "x"),
        files={"shop/late.py": "x = 1\n\n\ndef g():\n    from shop import cart\n"},
    ),
    Case(
        "no-eager-cycle",
        "what leads back is for type checkers",
        inside("from shop.late import x  #!", "x"),
        files={
            "shop/late.py": "from typing import TYPE_CHECKING\n\n"
            "if TYPE_CHECKING:\n    from shop import cart\nx = 1\n"
        },
    ),
    Case(
        "no-eager-cycle",
        "what leads back is run at import time",
        inside("from shop.late import x  #!", "x"),
        "cycle-small-definitions",
        {"shop/late.py": "x = 1\n\n\ndef g():\n    from shop import cart\n\n\ng()\n"},
    ),
    Case(
        "no-eager-cycle",
        "the package above leads back",
        inside("from shop.sub.leaf import x  #!", "x"),
        "cycle-small-definitions",
        {"shop/sub/__init__.py": "from shop import cart\n", "shop/sub/leaf.py": "x = 1\n"},
    ),
    Case(
        "order-allows",
        "simulated",
        inside("from shop.api import RATES  #!", "RATES"),
        hoist=Outcome.OK,
    ),
    Case(
        "order-allows",
        "simulated to fail",
        inside("from shop.api import RATES  #!", "RATES"),
        "cycle-small-definitions",
        hoist=Outcome.CRASH,
    ),
    Case(
        "order-allows",
        "no entry reaches it",
        inside("from shop.api import RATES  #!", "RATES"),
        "cycle-small-definitions",
        hoist=Outcome.UNTESTED,
    ),
    Case(
        "redirect-to-definition",
        "passed on by a package",
        inside("from shop.front import Page  #!", "Page"),
        files={"shop/front.py": "from shop import cart\nfrom shop.base import Page\n"},
    ),
    Case(
        "redirect-to-definition",
        "the definition leads back too",
        inside("from shop.front import RATES  #!", "RATES"),
        "cycle-small-definitions",
        {"shop/front.py": "from shop import cart\nfrom shop.api import RATES\n"},
    ),
    Case(
        "redirect-to-definition",
        "one name of two is defined there",
        inside("from shop.front import Page, own  #!", "Page, own"),
        "cycle-small-definitions",
        {"shop/front.py": "from shop import cart\nfrom shop.base import Page\nown = 1\n"},
    ),
    Case(
        "annotation-only",
        "a local variable's type",
        inside("from shop.api import RATES  #!", "y: RATES = arg"),
    ),
    Case(
        "annotation-only",
        "a nested function's parameter",
        inside("from shop.api import RATES  #!", "def g(y: RATES): pass"),
    ),
    Case(
        "annotation-only",
        "read elsewhere too",
        inside("from shop.api import RATES  #!", "y: RATES = RATES"),
        "cycle-small-definitions",
    ),
    Case(
        "cycle-small-definitions",
        "one constant",
        inside("from shop.api import RATES  #!", "RATES"),
    ),
    Case(
        "cycle-small-definitions",
        "the whole module",
        inside("from shop import api  #!", "api.RATES"),
        "cycle-needs-split",
    ),
    Case(
        "cycle-large-definitions",
        "a big class",
        inside("from shop.big import Big  #!", "Big"),
        files={"shop/big.py": BIG},
    ),
    Case(
        "cycle-large-definitions",
        "a small one beside it",
        inside("from shop.big import small  #!", "small"),
        "cycle-small-definitions",
        {"shop/big.py": BIG + "small = 1\n"},
    ),
    Case("cycle-needs-split", "the module", inside("import shop.api  #!", "shop.api.RATES")),
    Case(
        "cycle-needs-split",
        "bound in two branches",
        inside("from shop.two import x  #!", "x"),
        files={"shop/two.py": "import shop.cart\nif shop:\n    x = 1\nelse:\n    x = 2\n"},
    ),
)
