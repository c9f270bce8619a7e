"""Where the walk of `prescan` stands: scopes, guards, and when code there runs."""

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.collect.name_uses import FunctionNode
from cycleguard.collect.nodes import first_line
from cycleguard.model.edges import Timing
from cycleguard.model.imports import MODULE_SCOPE, Guard, GuardKind


class Position(Struct, frozen=True):
    """Everything that a statement's facts depend on besides itself.

    `function` is the innermost function around, `outermost` the outermost one.
    """

    scope: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    function: FunctionNode | None = None
    outermost: FunctionNode | None = None
    outermost_name: str = ""
    in_class_body: bool = False
    in_lambda: bool = False
    is_module_getattr: bool = False
    typing_only: bool = False
    main_only: bool = False

    @property
    def scope_name(self) -> str:
        """The dotted scope, as reports show it."""
        return ".".join(self.scope) or MODULE_SCOPE

    @property
    def function_name(self) -> str:
        """The dotted name of the innermost function: the scope without classes that it holds."""
        scope = self.scope
        while self.function and scope and scope[-1] != self.function.name:
            scope = scope[:-1]
        return ".".join(scope)

    @property
    def outermost_line(self) -> int:
        """Where the outermost function starts; 0 outside functions."""
        return first_line(self.outermost) if self.outermost else 0

    @property
    def timing(self) -> Timing:
        """When code here runs, before it is known which functions the module itself calls."""
        if self.typing_only:
            return Timing.TYPING
        if self.is_module_getattr:
            return Timing.LAZY
        is_later = self.function or self.in_lambda or self.main_only
        return Timing.DEFERRED if is_later else Timing.EAGER

    def in_function(self, node: FunctionNode) -> "Position":
        """The position in the body of the function `node` that stands here."""
        scope = (*self.scope, node.name)
        return replace(
            self,
            scope=scope,
            guards=(),
            function=node,
            outermost=self.outermost or node,
            outermost_name=self.outermost_name or ".".join(scope),
            in_class_body=False,
            is_module_getattr=self.is_module_getattr or scope == ("__getattr__",),
        )

    def in_class(self, name: str) -> "Position":
        """The position in the body of the class `name` that stands here."""
        return replace(self, scope=(*self.scope, name), in_class_body=True)

    def in_lambda_body(self) -> "Position":
        """The position in the body of a lambda that stands here."""
        return replace(self, scope=(*self.scope, "<lambda>"), in_lambda=True, guards=())

    def guarded(self, kind: GuardKind, test: str, line: int) -> "Position":
        """The position behind one more condition."""
        return replace(
            self,
            guards=(*self.guards, Guard(kind, test, line)),
            typing_only=self.typing_only or kind is GuardKind.TYPE_CHECKING,
            main_only=self.main_only or kind is GuardKind.MAIN,
        )
