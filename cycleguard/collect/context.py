"""Where the first look is in a file: what an import's facts depend on besides the import itself."""

import ast

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.collect.name_uses import FunctionNode
from cycleguard.model.edges import Timing
from cycleguard.model.imports import MODULE_SCOPE, Guard, GuardKind


class Context(Struct, frozen=True):
    """A place in a file.

    `function` is the innermost function, `outermost` the outermost one, `code` the innermost
    function or lambda. `in_generator` is true where only a generator expression's consumer gets.
    """

    scope: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    function: FunctionNode | None = None
    outermost: FunctionNode | None = None
    outermost_name: str = ""
    code: FunctionNode | ast.Lambda | None = None
    in_class_body: bool = False
    in_generator: bool = False
    is_module_getattr: bool = False
    typing_only: bool = False
    main_only: bool = False

    @property
    def timing(self) -> Timing:
        """When an import here runs, as far as its own place tells."""
        if self.typing_only:
            return Timing.TYPING
        if self.is_module_getattr:
            return Timing.LAZY
        is_later = self.code or self.in_generator or self.main_only
        return Timing.DEFERRED if is_later else Timing.EAGER

    @property
    def dotted_scope(self) -> str:
        """The dotted name of the place."""
        return ".".join(self.scope) or MODULE_SCOPE


def inside_function(node: FunctionNode, context: Context) -> Context:
    """The body of the function `node`."""
    scope = (*context.scope, node.name)
    return replace(
        context,
        scope=scope,
        guards=(),
        function=node,
        outermost=context.outermost or node,
        outermost_name=context.outermost_name or ".".join(scope),
        code=node,
        in_class_body=False,
        in_generator=False,
        is_module_getattr=context.is_module_getattr or scope == ("__getattr__",),
    )


def inside_class(node: ast.ClassDef, context: Context) -> Context:
    """The body of the class `node`."""
    return replace(context, scope=(*context.scope, node.name), in_class_body=True)


def inside_lambda(node: ast.Lambda, context: Context) -> Context:
    """The expression that the lambda `node` gives when it is called."""
    scope = (*context.scope, "<lambda>")
    return replace(context, scope=scope, code=node, in_generator=False, guards=())


def guarded(context: Context, kind: GuardKind, test: str, line: int) -> Context:
    """A block of its own in `context`."""
    return replace(
        context,
        guards=(*context.guards, Guard(kind, test, line)),
        typing_only=context.typing_only or kind is GuardKind.TYPE_CHECKING,
        main_only=context.main_only or kind is GuardKind.MAIN,
    )
