"""Small projects with one kind of trouble each, and a git repository to put them in."""

import os
import subprocess
from pathlib import Path

CRASHING = {
    "shop/__init__.py": "",
    "shop/cart.py": "from shop.tax import rate\n\n\ndef total():\n    return rate()\n",
    "shop/tax.py": "from shop.cart import total\n\n\ndef rate():\n    return total\n",
}
# Both import the other as a module, and use it later: a cycle that works.
BENIGN = {
    "shop/__init__.py": "",
    "shop/cart.py": "import shop.tax\n\n\ndef total():\n    return shop.tax.rate()\n",
    "shop/tax.py": "import shop.cart\n\n\ndef rate():\n    return shop.cart.total()\n",
}
MOVABLE = {
    "shop/__init__.py": "",
    "shop/cart.py": "def total():\n    from shop.tax import rate\n\n    return rate()\n",
    "shop/tax.py": "def rate():\n    return 1\n",
}
# The import in the function keeps a cycle from crashing.
NEEDED = {
    "shop/__init__.py": "",
    "shop/cart.py": "from shop.tax import rate\n\n\ndef total():\n    return rate()\n",
    "shop/tax.py": "def rate():\n    from shop.cart import total\n\n    return total\n",
}


def git(folder: Path, *arguments: str) -> str:
    """Run git without the user's settings; give its standard output."""
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("GIT_")},
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
    }
    settings = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.autocrlf=false")
    command = ["git", "-C", str(folder), *settings, *arguments]
    answer = subprocess.run(command, capture_output=True, check=False, env=environment)
    assert answer.returncode == 0, answer.stderr.decode() + answer.stdout.decode()
    return answer.stdout.decode()


def commit(folder: Path, message: str = "x") -> None:
    """Commit everything in a folder, which becomes a repository."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
