"""How a simulated import can end other than well."""

from msgspec import Struct


class Frame(Struct, frozen=True):
    """A statement under way: `line` of the file `path` of `module`, in `function` if in one."""

    module: str
    path: str
    line: int
    function: str | None = None


class SimulatedError(Exception):
    """An exception of the simulated program, on its way up.

    `kind` is CPython's exception class, `ancestors` that class and its bases by name. `module` is
    the module that the error names, `missing` the name that was wanted. `is_certain` is false
    where the failure may be ours: nothing in the source says that the name could ever be there.
    `is_plain` is true of an error of a value that only what came before connects with order: who
    swallows it, misses nothing. `is_untaken` is true where a branch that was not taken on a guess
    may have bound the name.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        module: str | None = None,
        missing: str | None = None,
        is_certain: bool = True,
        is_order: bool = True,
        is_guess: bool = False,
        ancestors: tuple[str, ...] = (),
    ) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message
        self.module = module
        self.missing = missing
        self.is_certain = is_certain
        self.is_order = is_order
        self.is_guess = is_guess
        self.ancestors = ancestors or ANCESTORS.get(kind, (kind, "Exception", "BaseException"))
        self.is_plain = False
        self.is_untaken = False
        self.chain: tuple[Frame, ...] = ()

    def with_chain(self, chain: tuple[Frame, ...]) -> "SimulatedError":
        """The same error, raised elsewhere."""
        error = SimulatedError(
            self.kind,
            self.message,
            module=self.module,
            missing=self.missing,
            is_certain=self.is_certain,
            is_order=self.is_order,
            is_guess=self.is_guess,
            ancestors=self.ancestors,
        )
        error.is_plain, error.is_untaken = self.is_plain, self.is_untaken
        error.chain = chain
        return error


class GuessedError(Exception):
    """The program raised by itself, on a way that was only a guess: it is taken not to go there."""


class BudgetError(Exception):
    """A call took too many steps; its value is given up, not the run."""


ANCESTORS = {
    "ImportError": ("ImportError", "Exception", "BaseException"),
    "ModuleNotFoundError": ("ModuleNotFoundError", "ImportError", "Exception", "BaseException"),
    "AttributeError": ("AttributeError", "Exception", "BaseException"),
    "NameError": ("NameError", "Exception", "BaseException"),
    "TypeError": ("TypeError", "Exception", "BaseException"),
    "KeyError": ("KeyError", "LookupError", "Exception", "BaseException"),
    "RecursionError": ("RecursionError", "RuntimeError", "Exception", "BaseException"),
}
