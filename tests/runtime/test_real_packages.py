"""Aliases into a package that is really installed; plugins for a tree shaped like Megatron's."""

import importlib
import importlib.util
import sys

import pytest

from cycleguard.runtime import (
    AliasError,
    configure_plugins,
    inject_module_alias,
    remove_alias,
    unmatched_plugins,
)
from tests.runtime.conftest import RunPython, Tree, is_loaded

pytestmark = pytest.mark.real


TAGS = """
class Tag:
    pass


class UnsortedTagsError(ValueError):
    pass


class InvalidTag(ValueError):
    pass


def parse_tag(text):
    return frozenset([text])
"""

MEGATRON = {
    "megatron/__init__.py": "",
    "megatron/core/__init__.py": "from megatron.core.optimizer import ChainedOptimizer\n",
    "megatron/core/optimizer/__init__.py": "from .optimizer import ChainedOptimizer\n",
    "megatron/core/optimizer/optimizer.py": """
from cycleguard.runtime import plugin_method
from megatron.core.transformer.layer import TransformerLayer

class MixedPrecisionOptimizer:
    @plugin_method
    def step(self): return "core"

class ChainedOptimizer(MixedPrecisionOptimizer):
    @plugin_method
    @classmethod
    def build(cls): return cls.__name__
    @plugin_method
    def save(self): return "core"
""",
    "megatron/core/transformer/__init__.py": "",
    "megatron/core/transformer/layer.py": """
from cycleguard.runtime import plugin_method

class TransformerLayer:
    @plugin_method
    def forward(self, x): return x

DEFAULT = TransformerLayer().forward(0)
""",
    "megatron/plugin/__init__.py": "",
    "megatron/plugin/optimizer/__init__.py": "",
    "megatron/plugin/optimizer/optimizer.py": """
from megatron.core.optimizer import ChainedOptimizer
from cycleguard.runtime import plugin_implementation

@plugin_implementation("MixedPrecisionOptimizer", "step")
def step(self): return "plugin"

@plugin_implementation("megatron.core.optimizer.optimizer:ChainedOptimizer.build")
def build(cls): return "plugin of " + cls.__name__
""",
    "megatron/plugin/transformer/__init__.py": "",
    "megatron/plugin/transformer/layer.py": """
from megatron.core.transformer.layer import DEFAULT, TransformerLayer
from cycleguard.runtime import plugin_implementation

@plugin_implementation("TransformerLayer", "forward")
def forward(self, x): return x + 100 + DEFAULT
""",
}


@pytest.mark.filterwarnings("ignore:.*is called while:RuntimeWarning")
@pytest.mark.parametrize("entry", ["megatron.core", "megatron.core.transformer.layer"])
def test_plugins_of_a_tree_like_megatrons(tree: Tree, entry: str) -> None:
    tree(MEGATRON)
    configure_plugins(mirrors={"megatron.core": "megatron.plugin"})
    importlib.import_module(entry)
    assert not is_loaded("megatron.plugin.optimizer.optimizer")
    core = importlib.import_module("megatron.core.optimizer")
    layer = importlib.import_module("megatron.core.transformer.layer")
    chained = core.ChainedOptimizer()
    assert chained.step() == "plugin"
    assert core.ChainedOptimizer.build() == "plugin of ChainedOptimizer"
    assert chained.save() == "core"
    assert layer.DEFAULT == 0, "the plugin could not be there yet"
    assert layer.TransformerLayer().forward(1) == 101, "and that was not kept"
    assert unmatched_plugins() == ()


def test_code_of_an_installed_package_imports_the_alias(tree: Tree) -> None:
    if importlib.util.find_spec("packaging") is None:
        pytest.skip("needs packaging")
    for name in [name for name in sys.modules if name.split(".")[0] == "packaging"]:
        del sys.modules[name]
    tree({"own_tags.py": TAGS})
    with pytest.raises(AliasError, match="there is a module of that name"):
        inject_module_alias("own_tags", "packaging.tags")
    inject_module_alias("own_tags", "packaging.tags", shadow=True)
    assert not is_loaded("own_tags")
    utils = importlib.import_module("packaging.utils")
    assert utils.Tag is importlib.import_module("own_tags").Tag
    remove_alias("packaging.tags")
    assert importlib.import_module("packaging.tags").Tag is not utils.Tag


VERL = """
import sys
from cycleguard.runtime import inject_module_alias, inject_module_aliases_batch, remove_alias

# What verl_npu did: a module that upstream has and ours replaces, and one that upstream lacks.
inject_module_alias(
    source_module_name="verl_npu.logging_utils",
    target_module_name="verl.utils.logging_utils",
    shadow=True,
)
assert not any(name.split(".")[0] in ("verl", "verl_npu") for name in sys.modules)
import verl

ours = sys.modules["verl_npu.logging_utils"]
assert verl.set_basic_config is ours.set_basic_config
assert ours.LEVELS, "verl has called ours"
inject_module_aliases_batch(
    [("verl_npu.hybrid_tp_config", "verl.workers.sharding_manager.hybrid_tp_config")],
    create_parents=True,
)
assert "verl_npu.hybrid_tp_config" not in sys.modules
from verl.utils.import_utils import import_external_libs

import_external_libs("verl.workers.sharding_manager.hybrid_tp_config")
from verl.workers.sharding_manager.hybrid_tp_config import HybridTPConfig

assert HybridTPConfig is sys.modules["verl_npu.hybrid_tp_config"].HybridTPConfig
remove_alias("verl.workers.sharding_manager.hybrid_tp_config")
try:
    import_external_libs("verl.workers.sharding_manager.hybrid_tp_config")
except ModuleNotFoundError as error:
    print("gone:", error.name)
"""


def test_verl_imports_what_verl_npu_injects(tree: Tree, run_python: RunPython) -> None:
    if importlib.util.find_spec("verl") is None:
        pytest.skip("needs verl: pip install verl")
    tried = run_python("import verl")
    if tried.returncode:
        pytest.skip(f"verl cannot be imported here: {tried.stderr.strip().splitlines()[-1]}")
    tree(
        {
            "verl_npu/__init__.py": "",
            "verl_npu/hybrid_tp_config.py": "class HybridTPConfig:\n    pass\n",
            "verl_npu/logging_utils.py": (
                "LEVELS = []\n\ndef set_basic_config(level):\n    LEVELS.append(level)\n"
            ),
        }
    )
    done = run_python(VERL)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("gone: verl.workers.sharding_manager")
