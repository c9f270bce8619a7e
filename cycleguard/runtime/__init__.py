"""What programs use at run time: lazy imports, plugins, aliases, late work, native proxies.

Each part is loaded when one of its names is first asked for. The standard library is all that is
needed; `cycleguard vendor` writes chosen parts as one file into a package that must do without
cycleguard.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cycleguard.runtime._declared import (
        LazyCheckError,
        LazyImportCycleError,
        LazyImportError,
        LazyModuleNotFoundError,
        check_all,
    )
    from cycleguard.runtime._imports import ImportCycleError
    from cycleguard.runtime._native_fields import (
        native_field,
        native_list,
        native_method,
        native_property,
    )
    from cycleguard.runtime._once import MaterialiseCycleError, force, is_dirty
    from cycleguard.runtime._registry import PluginError
    from cycleguard.runtime.aliases import (
        AliasError,
        bootstrap_default_aliases,
        inject_module_alias,
        inject_module_aliases_batch,
        remove_alias,
    )
    from cycleguard.runtime.attached import attach
    from cycleguard.runtime.backend import NativeProxy, NativeUnavailableError, at_most_one
    from cycleguard.runtime.lazy_imports import (
        is_lazy,
        lazy,
        lazy_attribute,
        lazy_module,
        resolve_lazy,
    )
    from cycleguard.runtime.materialise import (
        Materialised,
        is_late,
        materialise_at_once,
        materialise_late,
    )
    from cycleguard.runtime.plugins import (
        configure_plugins,
        explain_plugin,
        original,
        plugin_implementation,
        plugin_method,
        register_plugin,
        reset_plugins,
        resolve_plugin,
        unmatched_plugins,
    )

_HOMES = {
    "AliasError": "aliases",
    "ImportCycleError": "_imports",
    "LazyCheckError": "_declared",
    "LazyImportCycleError": "_declared",
    "LazyImportError": "_declared",
    "LazyModuleNotFoundError": "_declared",
    "MaterialiseCycleError": "_once",
    "Materialised": "materialise",
    "NativeProxy": "backend",
    "NativeUnavailableError": "backend",
    "PluginError": "_registry",
    "at_most_one": "backend",
    "attach": "attached",
    "bootstrap_default_aliases": "aliases",
    "check_all": "_declared",
    "configure_plugins": "plugins",
    "explain_plugin": "plugins",
    "force": "_once",
    "inject_module_alias": "aliases",
    "inject_module_aliases_batch": "aliases",
    "is_dirty": "_once",
    "is_late": "materialise",
    "is_lazy": "lazy_imports",
    "lazy": "lazy_imports",
    "lazy_attribute": "lazy_imports",
    "lazy_module": "lazy_imports",
    "materialise_at_once": "materialise",
    "materialise_late": "materialise",
    "native_field": "_native_fields",
    "native_list": "_native_fields",
    "native_method": "_native_fields",
    "native_property": "_native_fields",
    "original": "plugins",
    "plugin_implementation": "plugins",
    "plugin_method": "plugins",
    "register_plugin": "plugins",
    "remove_alias": "aliases",
    "reset_plugins": "plugins",
    "resolve_lazy": "lazy_imports",
    "resolve_plugin": "plugins",
    "unmatched_plugins": "plugins",
}

__all__ = [
    "AliasError",
    "ImportCycleError",
    "LazyCheckError",
    "LazyImportCycleError",
    "LazyImportError",
    "LazyModuleNotFoundError",
    "MaterialiseCycleError",
    "Materialised",
    "NativeProxy",
    "NativeUnavailableError",
    "PluginError",
    "at_most_one",
    "attach",
    "bootstrap_default_aliases",
    "check_all",
    "configure_plugins",
    "explain_plugin",
    "force",
    "inject_module_alias",
    "inject_module_aliases_batch",
    "is_dirty",
    "is_late",
    "is_lazy",
    "lazy",
    "lazy_attribute",
    "lazy_module",
    "materialise_at_once",
    "materialise_late",
    "native_field",
    "native_list",
    "native_method",
    "native_property",
    "original",
    "plugin_implementation",
    "plugin_method",
    "register_plugin",
    "remove_alias",
    "reset_plugins",
    "resolve_lazy",
    "resolve_plugin",
    "unmatched_plugins",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = f"{__name__}.{_HOMES[name]}"
    __import__(home)
    value = getattr(sys.modules[home], name)
    globals()[name] = value
    return value


def __dir__() -> "list[str]":
    return sorted({*globals(), *__all__})
