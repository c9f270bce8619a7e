"""What a project's files say of names: which module is ours, which name a module could have.

In: a `Project` and the facts of its files. Read by `causes`, which tells a name that order made
missing from one that was never there.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

from cycleguard.model.imports import ImportStatement, ModuleFacts
from cycleguard.model.modules import ModuleKind, Project
from cycleguard.model.verified import Place
from cycleguard.verify.answers import Frame

_OURS = (ModuleKind.SOURCE, ModuleKind.NAMESPACE)


class ProjectNames:
    """Answers about names.

    Args:
        project: the modules.
        facts: those of every file that could be read, by module.
        bindable: the names that each of these files can bind, however that happens.
    """

    def __init__(
        self,
        project: Project,
        facts: Mapping[str, ModuleFacts],
        bindable: Mapping[str, frozenset[str]],
    ) -> None:
        self._modules = {module.name: module for module in project.modules}
        self._facts = facts
        self._bindable = bindable
        self._tops = {name.partition(".")[0] for name in self._modules}
        self._root = root = Path(project.root)
        self._by_file = {str(root / module.path): module for module in project.modules}

    def is_ours(self, name: str) -> bool:
        """Whether the top-level package of `name` is of the project."""
        return name.partition(".")[0] in self._tops

    def has_source(self, name: str) -> bool:
        """Whether a file or folder that can be read is the module `name`."""
        return name in self._modules and self._modules[name].kind in _OURS

    def is_built(self, name: str) -> bool:
        """Whether `name` is a module of the project that a build makes."""
        return name in self._modules and not self.has_source(name)

    def may_have(self, module: str, name: str) -> bool:
        """Whether any order of imports could give `module` the attribute `name`."""
        if f"{module}.{name}" in self._modules:
            return True
        facts = self._facts.get(module)
        if facts is None:
            # A file that could not be read may bind anything; a folder binds nothing.
            known = self._modules.get(module)
            return known is not None and known.kind is ModuleKind.SOURCE
        is_open = facts.has_getattr or any(map(self._is_foreign_star, facts.imports))
        return is_open or name in self._bindable.get(module, ())

    def is_hidden(self, name: str, found: Collection[str]) -> bool:
        """Whether what was `found` for the top-level package of `name` is somebody else's.

        CPython takes the first on ``sys.path``, but a regular package before any namespace package.
        """
        ours = self._modules[name.partition(".")[0]]
        place = self._root / ours.path
        if ours.kind is ModuleKind.NAMESPACE:
            return bool(found) and str(place) not in found
        # A compiled module may stand beside its source.
        return bool(found) and place.parent not in {Path(each).parent for each in found}

    def is_our_file(self, path: str) -> bool:
        """Whether a file is in the folder of the project."""
        return Path(path).is_relative_to(self._root)

    def place(self, frame: Frame) -> Place | None:
        """Where in the project a frame is; None for other people's code."""
        module = self._by_file.get(frame.file)
        return Place(module.name, module.path, frame.line) if module else None

    def _is_foreign_star(self, statement: ImportStatement) -> bool:
        """Whether nobody knows what this star brings; those of the project are in `bindable`."""
        is_absolute_star = statement.is_star and not statement.level
        return is_absolute_star and not self.is_ours(statement.module or "")
