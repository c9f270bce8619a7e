"""A GraphModule of real torch that compiles its code when it is looked at, built on `Materialised`.

Imported by tests that need torch. `use_ours` puts it in the place of torch's own lazy class.
"""

from typing import TYPE_CHECKING, Any

import pytest

from cycleguard.runtime import Materialised, force, is_late

if TYPE_CHECKING:
    GraphModule: Any = object
    graph_module: Any = None
    original: Any = None
    torch: Any = None
else:
    import torch
    from torch.fx import GraphModule, graph_module
    from torch.fx import _lazy_graph_module as original


class LazyGraphModule(
    GraphModule,  # type: ignore[misc]
    Materialised,
    observers=("forward", "__call__", "code", "__str__", "__prepare_scriptable__"),
):
    """Like torch's own: to recompile is to mark, and the first look does the work."""

    compiled = 0

    def recompile(self) -> None:
        self.mark_dirty()

    def materialise(self) -> None:
        # GraphModule puts its code into the class of what it compiles, which must be the clean one.
        self.__dict__["compiled"] = self.compiled + 1
        submodules = {"_recompile_submodules": lambda _: GraphModule._recompile_submodules(self)}
        kind: Any = type("Shadow", (), submodules)
        shadow = kind()
        shadow._graph = self._graph
        GraphModule.recompile(shadow)
        self.__dict__.update({n: v for n, v in vars(shadow).items() if n != "_graph"})
        clean: Any = type(self)._clean_class
        clean.forward = kind.forward
        if "_wrapped_call" not in vars(clean):
            clean._wrapped_call = graph_module._WrappedCall(clean, None)
            clean.__call__ = kind.__call__

    @staticmethod
    def force_recompile(module: Any) -> None:
        """What torch calls before it looks into the class of a module."""
        if isinstance(module, LazyGraphModule):
            force(module)

    def __prepare_scriptable__(self) -> Any:
        """What `torch.jit.script` calls first: it looks into the class, too."""
        return self

    def __reduce_package__(self, exporter: Any) -> Any:
        force(self)
        plain = GraphModule(self, self.graph, class_name=type(self).__name__)
        return plain.__reduce_package__(exporter)

    def __reduce__(self) -> Any:
        body = {n: v for n, v in self.__dict__.items() if n != "_graph"}
        block = graph_module._format_import_block(
            GraphModule.recompile(self).globals, graph_module.sys_importer
        )
        return _load, (body, block)


def _load(body: Any, block: str) -> LazyGraphModule:
    plain = graph_module.reduce_graph_module(body, block)
    return LazyGraphModule(plain, plain.graph)


def to_cosine(module: Any) -> None:
    """Let a graph compute the cosine where it computed the sine; the code stays as it was."""
    for node in module.graph.nodes:
        if node.target in (torch.sin, "sin"):
            node.target = torch.cos if node.target is torch.sin else "cos"


def use_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let torch make and force our class wherever it makes and forces its own."""
    monkeypatch.setattr(original, "_LazyGraphModule", LazyGraphModule)
    monkeypatch.setattr(
        original,
        "_get_graph_module_cls",
        lambda: LazyGraphModule if is_late(False) else GraphModule,
    )
