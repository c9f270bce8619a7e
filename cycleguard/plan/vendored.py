"""Which runtime a module imports: the copy that its package holds, or `cycleguard.runtime`."""

from collections.abc import Collection

from cycleguard.collect.runtime_names import RUNTIME, VENDORED


def runtime_of(importer: str, modules: Collection[str]) -> str:
    """The name of the module that holds the runtime for `importer`, of a project's `modules`."""
    copy = f"{importer.partition('.')[0]}.{VENDORED}"
    return copy if copy in modules else RUNTIME
