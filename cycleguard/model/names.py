"""Dotted names of modules, and the packages that a name goes through."""


def packages_above(module: str) -> list[str]:
    """The packages that `module` is in, the outermost first: ``a``, ``a.b`` for ``a.b.c``."""
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts))]


def with_packages(module: str) -> list[str]:
    """What importing `module` imports, in its order: the packages above it, and itself."""
    return [*packages_above(module), module]


def is_within(module: str, package: str) -> bool:
    """Whether `module` is `package` or below it."""
    return f"{module}.".startswith(f"{package}.")
