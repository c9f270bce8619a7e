"""What `resolve` makes of an import statement: the modules it means, or an honest other answer."""

from msgspec import Struct

from cycleguard.model.edges import TargetKind
from cycleguard.model.imports import ImportStatement


class Target(Struct, frozen=True, order=True):
    """One module that a statement imports, and the names that it takes from it.

    `module` is empty for a computed name. `names` is empty where the module itself is imported.
    `alias` is the name by which it is imported, where that is the alias of another module; `above`
    are the packages of the project above the alias.
    """

    kind: TargetKind
    module: str
    names: tuple[str, ...] = ()
    alias: str = ""
    above: tuple[str, ...] = ()


class ResolvedImport(Struct, frozen=True):
    """An import statement of the module `importer` in the file `path`, with its targets."""

    importer: str
    path: str
    statement: ImportStatement
    targets: tuple[Target, ...]

    @property
    def kind(self) -> TargetKind:
        """The kind of the whole statement: that of its most specific target."""
        return min((target.kind for target in self.targets), key=list(TargetKind).index)

    @property
    def internal(self) -> tuple[Target, ...]:
        """The targets inside the project."""
        return tuple(t for t in self.targets if t.kind is TargetKind.INTERNAL)
