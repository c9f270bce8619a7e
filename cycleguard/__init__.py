"""cycleguard: finds circular, function-local and dynamic imports, and says what to do about each.

Nothing heavy is imported here, so that ``import cycleguard.runtime`` stays cheap: the public names
are looked up when they are first used (PEP 562). docs/api.md describes them.
"""

# Without typing, which would be most of what a program pays for the runtime.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from cycleguard.api import Report, analyse

__version__ = "0.1.0"
__all__ = ["Report", "__version__", "analyse"]


def __getattr__(name: str) -> object:
    if name in __all__:
        from cycleguard import api  # noqa: PLC0415

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
