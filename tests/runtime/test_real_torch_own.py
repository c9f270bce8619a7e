"""What torch tests of its lazy graph module, asked of ours in the place of that.

The sixteen behaviours of ``test/fx/test_lazy_graph_module.py``, each by the name of its test there
(`TORCHS`), with torch itself making and forcing our class. In our own words.
"""

import importlib
import importlib.util
import io
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cycleguard.runtime import force, is_dirty, materialise_at_once, materialise_late
from tests.runtime.conftest import Tree

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs torch"),
]

if TYPE_CHECKING:
    LazyGraphModule: Any = object
    PackageExporter: Any = None
    PackageImporter: Any = None
    fx: Any = None
    innermost_fn: Any = None
    make_fx: Any = None
    original: Any = None
    to_cosine: Any = None
    torch: Any = None
    use_ours: Any = None
elif importlib.util.find_spec("torch") is not None:
    import torch
    import torch._inductor
    from torch import fx
    from torch._dynamo.eval_frame import innermost_fn
    from torch.fx import _lazy_graph_module as original
    from torch.fx.experimental.proxy_tensor import make_fx
    from torch.package import PackageExporter, PackageImporter

    from tests.runtime.lazy_graph_module import LazyGraphModule, to_cosine, use_ours


# Without annotations: torch copies them into the code that it makes.
def sine(x):  # type: ignore[no-untyped-def]
    return x.sin()


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    """All of torch that these tests load: what one test loads is unloaded after it, else."""
    torch.compile(lambda x: x + 1, backend="eager")(torch.ones(1))


@pytest.fixture(autouse=True)
def _ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    use_ours(monkeypatch)
    with materialise_late():
        yield


@pytest.fixture
def lazy() -> Any:
    made = fx.symbolic_trace(sine)
    assert isinstance(made, LazyGraphModule)
    assert is_dirty(made)
    return made


@pytest.fixture
def x() -> Any:
    return torch.rand(2, 3)


def changed(lazy: Any) -> Any:
    to_cosine(lazy)
    lazy.recompile()
    return lazy


def replaces_an_operation(lazy: Any, x: Any) -> None:
    assert torch.equal(changed(lazy)(x), x.cos())
    assert "cos()" in lazy.print_readable(False)


def calls_forward(lazy: Any, x: Any) -> None:
    assert torch.equal(changed(lazy).forward(x), x.cos())


def is_clean_after_a_call(lazy: Any, x: Any) -> None:
    lazy(x)
    assert not is_dirty(lazy)


def is_dirty_only_after_recompile(lazy: Any, x: Any) -> None:
    assert torch.equal(lazy(x), x.sin())
    to_cosine(lazy)
    assert not is_dirty(lazy)
    lazy.recompile()
    assert is_dirty(lazy)
    assert torch.equal(lazy(x), x.cos())
    assert not is_dirty(lazy)


def code_compiles(lazy: Any, x: Any) -> None:
    assert "sin" in lazy.code
    assert not is_dirty(lazy)


def text_has_the_code(lazy: Any, x: Any) -> None:
    assert "sin" in str(lazy)


def make_fx_captures_it(lazy: Any, x: Any) -> None:
    again = make_fx(lazy)(x)
    assert isinstance(again, LazyGraphModule)
    assert (is_dirty(again), is_dirty(lazy)) == (True, False)
    assert torch.equal(again(x), x.sin())


def symbolic_trace_captures_it(lazy: Any, x: Any) -> None:
    again = fx.symbolic_trace(lazy)
    assert (is_dirty(again), is_dirty(lazy)) == (True, False)
    assert torch.equal(again(x), x.sin())


def dynamo_captures_it(lazy: Any, x: Any) -> None:
    assert torch.allclose(torch.compile(lazy, backend="eager")(x), x.sin())
    assert not is_dirty(lazy)


def a_saved_forward_compiles_once(lazy: Any, x: Any) -> None:
    saved = lazy.forward
    assert all(torch.equal(saved(x), x.sin()) for _ in range(10))
    assert lazy.compiled == 1


def a_pickle_is_lazy(lazy: Any, x: Any) -> None:
    again = pickle.loads(pickle.dumps(lazy))
    assert isinstance(again, LazyGraphModule)
    assert "sin" in again.code


def the_class_is_chosen(lazy: Any, x: Any) -> None:
    named = original._make_graph_module(
        lazy, lazy.graph, class_name="Named", graph_module_cls=fx.GraphModule
    )
    assert (type(named).__name__, isinstance(named, LazyGraphModule)) == ("Named", False)
    assert isinstance(original._make_graph_module(lazy, lazy.graph), LazyGraphModule)
    with materialise_at_once():
        assert not isinstance(original._make_graph_module(lazy, lazy.graph), LazyGraphModule)


def a_package_holds_it(lazy: Any, x: Any) -> None:
    file = io.BytesIO()
    with PackageExporter(file) as exporter:
        exporter.save_pickle("res", "module.pkl", changed(lazy))
    file.seek(0)
    again = PackageImporter(file).load_pickle("res", "module.pkl")
    assert isinstance(again, LazyGraphModule)
    assert torch.equal(again(x), x.cos())


def dynamo_takes_a_saved_forward(lazy: Any, x: Any) -> None:
    saved = lazy.forward
    assert innermost_fn(saved) == saved
    assert torch.allclose(torch.compile(saved, backend="eager")(x), x.sin())


def small() -> Any:
    class Small(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.linear = torch.nn.Linear(3, 3)

        def forward(self, x):  # type: ignore[no-untyped-def]
            return self.linear(x).sin()

    return Small()


def _written(module: Any, x: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lazy = fx.symbolic_trace(module)
    assert is_dirty(lazy)
    lazy.to_folder(folder / "written", "Written")
    monkeypatch.syspath_prepend(str(folder))
    written = importlib.import_module("written")
    assert torch.allclose(written.Written()(x), module(x))


TORCHS = {
    "test_replace_sin_with_cos": replaces_an_operation,
    "test_call_forward_directly": calls_forward,
    "test_needs_recompile": is_clean_after_a_call,
    "test_multi_recompile": is_dirty_only_after_recompile,
    "test_accessing_code_cause_recompiling": code_compiles,
    "test_graph_module_str": text_has_the_code,
    "test_recapture_with_make_fx": make_fx_captures_it,
    "test_recapture_with_symbolic_trace": symbolic_trace_captures_it,
    "test_recapture_with_dynamo": dynamo_captures_it,
    "test_save_lazy_foward": a_saved_forward_compiles_once,
    "test_pickle": a_pickle_is_lazy,
    "test_make_graph_module": the_class_is_chosen,
    "test_package_fx_simple": a_package_holds_it,
    "test_dynamo_innermost_fn": dynamo_takes_a_saved_forward,
}


@pytest.mark.parametrize("test", TORCHS)
def test_must_have_13_what_torch_tests(test: str, lazy: Any, x: Any) -> None:
    TORCHS[test](lazy, x)


@pytest.mark.parametrize("kind", ["class", "Sequential"])
def test_must_have_13_what_torch_tests_of_folders(
    kind: str, x: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = small() if kind == "class" else torch.nn.Sequential(torch.nn.Linear(3, 3))
    _written(module, x, tmp_path, monkeypatch)


def test_a_module_that_was_forced_is_one_graph(lazy: Any, x: Any) -> None:
    """torch's own, dirty, breaks the graph: who looks into the class has to force first."""
    original._LazyGraphModule.force_recompile(lazy)
    compiled = torch.compile(lazy, backend="eager", fullgraph=True)
    assert torch.allclose(compiled(x), x.sin())


def test_a_dirty_module_is_scripted(lazy: Any, x: Any) -> None:
    """torch's own is not: it raises RuntimeError."""
    assert torch.equal(torch.jit.script(changed(lazy))(x), x.cos())
    assert not is_dirty(lazy)


def test_torchs_own_is_not_scripted(monkeypatch: pytest.MonkeyPatch, x: Any) -> None:
    monkeypatch.undo()
    with original._use_lazy_graph_module(True):
        theirs = fx.symbolic_trace(sine)
    with pytest.raises(RuntimeError):
        torch.jit.script(theirs)


def test_eager_is_scripted_as_ever(x: Any) -> None:
    with materialise_late(False):
        made = fx.symbolic_trace(sine)
    force(made)
    assert torch.equal(torch.jit.script(made)(x), x.sin())


CORE = """
import torch
from cycleguard.runtime import plugin_method

@plugin_method
def f(x): return torch.sin(x)

@plugin_method
def g(x): return torch.sin(x)

captured, alone = f, g
"""
PLUGIN = """
import torch
from cycleguard.runtime import plugin_implementation

@plugin_implementation("core.x:f")
def f(x): return torch.cos(x)
"""


def test_torch_compiles_through_a_plugin(tree: Tree, x: Any) -> None:
    tree(
        {"core/__init__.py": "", "core/x.py": CORE, "plugin/__init__.py": "", "plugin/x.py": PLUGIN}
    )
    core = importlib.import_module("core.x")
    core.captured(x), core.alone(x)
    for function, expected in ((core.captured, x.cos()), (core.alone, x.sin()), (core.f, x.cos())):
        compiled = torch.compile(lambda x, f=function: f(x) + 1, backend="eager", fullgraph=True)
        assert torch.allclose(compiled(x), expected + 1)
