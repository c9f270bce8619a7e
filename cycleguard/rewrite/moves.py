"""What an edit comes down to: names that leave a function, and what binds them instead.

Made by `wanted` and `names`, carried out by `removal`, `uses` and `area`. Inside `rewrite` only:
these values hold syntax nodes.
"""

import ast

from msgspec import Struct

from cycleguard.model.edits import Edit, Refused
from cycleguard.model.placement import Anchor
from cycleguard.rewrite.scopes import Scope
from cycleguard.rewrite.sites import Site
from cycleguard.rewrite.statements import Item, Statement, bound_by


class Object(Struct, frozen=True):
    """What a name stands for: an attribute of a module; the module itself if `name` is empty."""

    module: str
    name: str


class Wanted(Struct, frozen=True):
    """A binding that the module is to have: ``from source import item``, or ``import item``.

    `local` is the name that the function's statement bound; `use` what its uses become.
    """

    local: str
    statement: Statement
    stands_for: Object
    use: str

    @property
    def item(self) -> Item:
        """The one name of the statement."""
        return self.statement.items[0]

    @property
    def bound(self) -> str:
        """The name that the module binds."""
        return bound_by(self.statement, self.item)


class SelfName(Struct, frozen=True):
    """What a name of a self-import stands for: the module's `name`, or the module if it is empty.

    In ``import shop.cart`` the module is not `local` itself but what the `chain` leads to.
    """

    local: str
    name: str = ""
    chain: tuple[str, ...] = ()


class Move(Struct, frozen=True, eq=False):
    """One edit, ready to be made unless the names clash.

    `names` are the bound names that leave the statement at `site`; `wanted` is empty for those that
    need no new binding. `may_share` lets uses take the name under which the file has the same
    object. `is_typing` sends them under ``if TYPE_CHECKING``. `own` is what the names
    of a self-import stand for. `typing_drops` are imports under ``TYPE_CHECKING`` that the move
    makes superfluous, each with a name.
    """

    edit: Edit
    site: Site
    scope: Scope
    statement: Statement
    names: tuple[str, ...]
    wanted: tuple[Wanted, ...] = ()
    anchor: Anchor = Anchor.LAST_IMPORT
    may_rename: bool = False
    may_share: bool = False
    is_typing: bool = False
    own: tuple[SelfName, ...] = ()
    typing_drops: tuple[tuple[ast.stmt, str], ...] = ()

    @property
    def shares(self) -> bool:
        """Whether a use takes another name that the file has."""
        return self.may_share and any(wanted.use != wanted.local for wanted in self.wanted)

    def refused(self, code: str, text: str, *names: str) -> Refused:
        """The edit, refused."""
        return Refused(self.edit, code, text, names)
