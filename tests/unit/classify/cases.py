"""What a case for the rules is: a small project, an import in it, and the reason it must get.

The import in question is the one in the line that holds `#!`, which is taken out before the text
is written.
"""

from msgspec import Struct

from cycleguard.model.findings import Outcome

PYPROJECT = (
    "[project]\nname = 'shop'\nversion = '0'\ndependencies = ['requests']\n"
    "optional-dependencies = {plot = ['matplotlib']}\n"
    "[tool.cycleguard]\ngenerated = ['shop._version']\n"
)
# A project that every case adds to: `api` imports `cart`, so `cart` cannot import `api` at its top.
SHOP = {
    "pyproject.toml": PYPROJECT,
    "shop/__init__.py": "",
    "shop/api.py": "from shop import cart\n\nRATES = {}\n\n\ndef call():\n    return cart\n",
    "shop/base.py": "class Page: ...\n\n\njobs = names = json = None\n\n\ndef send(): ...\n",
    "shop/cart.py": "",
    "shop/_native.so": "",
}


class Case(Struct, frozen=True):
    """`cart` is the text of shop/cart.py; `gets` is the code that it gets, if not `code`."""

    code: str
    title: str
    cart: str
    gets: str = ""
    files: dict[str, str] = {}
    hoist: Outcome = Outcome.UNKNOWN

    @property
    def expected(self) -> str:
        """The code that the import in question must get."""
        return self.gets or self.code


def inside(*lines: str, before: str = "") -> str:
    """A function of these lines, with a parameter."""
    return before + "def f(arg=0):\n" + "".join(f"    {line}\n" for line in lines)
