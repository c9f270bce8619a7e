"""Which names that a file has from outside the project may be modules: by the way it uses them."""

import re

from cycleguard.files import decode
from cycleguard.pipeline import Resolved
from cycleguard.plan.tree import content_of


class OutsideUses:
    """Answers for the files of one project."""

    def __init__(self, resolved: Resolved) -> None:
        self._resolved = resolved
        self._paths = {module.name: module.path for module in resolved.project.modules}
        self._texts: dict[str, str] = {}

    def is_module(self, importer: str, name: str) -> bool:
        """Whether the file takes attributes of `name` and does nothing else that a module cannot.

        ``reactor.run()`` and ``plt.figure()`` are so used; ``cached_property`` is called, or is a
        decorator.
        """
        text = self._text(importer)
        escaped = re.escape(name)
        is_called = re.search(rf"(?<![.\w]){escaped}[ \t]*\(|@{escaped}\b", text)
        return not is_called and re.search(rf"(?<![.\w]){escaped}\.\w", text) is not None

    def _text(self, module: str) -> str:
        if module not in self._texts:
            try:
                self._texts[module] = decode(content_of(self._resolved, self._paths[module]))
            except SyntaxError:
                self._texts[module] = ""
        return self._texts[module]
