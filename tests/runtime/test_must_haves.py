"""The sixteen behaviours that the runtime must have, and the tests of each, by what they promise.

The table is checked both ways: each test that it names is there, and each ``test_must_have_NN`` is
named under its number. What a behaviour may cost is measured by ``benchmarks/runtime.py``.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.runtime.conftest import REPOSITORY

MUST_HAVES: dict[tuple[int, str], tuple[str, ...]] = {
    (1, "after the first use the importer's global is the real object"): (
        "test_lazy_modules::test_must_have_01_the_global_is_the_real_module_after_first_use",
        "test_lazy_attributes::test_must_have_01_first_use_gives_what_the_real_one_gives",
        "test_lazy_modules::test_every_name_of_the_importer_is_replaced",
    ),
    (1, "only if the name is still bound to the proxy"): (
        "test_lazy_modules::test_a_name_that_was_bound_anew_stays",
    ),
    (2, "names are kept, and the package loses its __getattr__ when all are there"): (
        "test_attach::test_must_have_02_each_is_bound_at_its_first_use_and_no_sooner",
        "test_attach::test_must_have_02_the_package_loses_its_getattr_when_all_is_there",
    ),
    (2, "__dir__ stays complete"): (
        "test_attach::test_dir_and_all_are_complete_and_import_nothing",
    ),
    (2, "a submodule of the same name does not cover a function"): (
        "test_attach::test_must_have_02_a_function_survives_the_import_of_a_submodule_of_its_name",
    ),
    (3, "resolved once, the implementation is in the function's place"): (
        "test_plugins::test_must_have_03_after_the_first_call_the_function_is_in_its_place",
        "test_plugins::test_must_have_03_without_a_plugin_the_original_is_in_its_place",
    ),
    (
        3,
        "a reference taken before goes through a wrapper of the same signature, or is the function",
    ): (
        "test_plugins_kinds::test_the_signature_and_names_are_kept",
        "test_plugins_kinds::test_must_have_03_without_a_plugin_a_captured_function_runs_no_other",
        "test_plugins_kinds::"
        "test_must_have_03_a_plugin_of_a_captured_function_is_called_by_a_private_global",
    ),
    (4, "the key is the full one"): (
        "test_plugins::test_must_have_04_full_keys_and_the_two_words_of_the_original",
        "test_plugins::test_must_have_04_two_words_mean_the_mirrored_module_only",
        "test_plugins::test_must_have_04_two_words_that_mean_two_functions_are_an_error",
    ),
    (4, "static and class methods, properties"): (
        "test_plugins_kinds::test_must_have_04_static_class_and_property_above_and_below",
    ),
    (4, "coroutines and generators stay what they are"): (
        "test_plugins_kinds::test_must_have_04_coroutines",
        "test_plugins_kinds::test_must_have_04_generators",
        "test_plugins_kinds::test_must_have_04_asynchronous_generators",
    ),
    (4, "pickling by name"): (
        "test_plugins_kinds::test_must_have_04_pickling_by_name",
        "test_plugins_kinds::test_must_have_04_a_pickle_is_read_by_a_process_that_has_not_decided",
    ),
    (5, "only a plugin module that does not exist falls back"): (
        "test_plugins::test_must_have_05_whatever_part_of_the_mirror_is_missing",
    ),
    (5, "any other error is raised, each time, and nothing of it is kept"): (
        "test_plugins::test_must_have_05_a_broken_plugin_is_an_error_each_time",
        "test_plugins::test_must_have_05_a_broken_plugin_that_was_repaired_is_used",
    ),
    (6, "an error at the first use names target, declaration and cause"): (
        "test_lazy_modules::test_must_have_06_a_missing_module_says_where_it_was_declared",
        "test_lazy_modules::test_must_have_06_a_broken_module_keeps_its_cause",
    ),
    (6, "and the chain of a cycle"): (
        "test_lazy_modules::test_must_have_06_a_cycle_is_named_with_its_chain",
    ),
    (7, "no lock of ours is held across an import: circles of threads end"): (
        "test_lazy_threads::test_must_have_07_two_threads_that_import_each_other_come_to_an_end",
        "test_plugins_half_way::test_must_have_07_two_threads_in_a_circle_end_and_agree_afterwards",
    ),
    (7, "eight threads, one execution"): (
        "test_lazy_threads::test_must_have_07_eight_threads_import_once",
    ),
    (8, "nothing unresolved is in sys.modules"): (
        "test_lazy_modules::test_must_have_08_nothing_unresolved_is_in_sys_modules",
    ),
    (8, "probes do not import"): (
        "test_lazy_modules::test_must_have_08_probes_do_not_import",
        "test_lazy_attributes::test_must_have_08_probes_do_not_import",
        "test_lazy_modules::test_what_the_spec_tells_is_told_before",
    ),
    (9, "a block minds its own thread and module"): (
        "test_lazy_block::test_must_have_09_imports_of_other_modules_and_functions_are_not_lazy",
        "test_lazy_block::test_must_have_09_other_threads_import_as_ever",
    ),
    (9, "nested, and left by an exception"): (
        "test_lazy_block::test_must_have_09_nested_and_left_by_an_exception",
    ),
    (9, "refused where PEP 810 refuses"): (
        "test_lazy_block::test_must_have_09_a_star_is_refused_with_its_place",
        "test_lazy_block::test_must_have_09_a_try_statement_is_refused",
        "test_lazy_block::test_must_have_09_functions_and_classes_are_refused",
    ),
    (10, "pickled and copied as a reference"): (
        "test_lazy_modules::test_must_have_10_a_proxy_is_pickled_and_copied_as_a_reference",
        "test_lazy_attributes::test_must_have_10_pickled_by_reference",
        "test_lazy_attributes::test_must_have_10_copies_of_functions_and_classes_are_themselves",
    ),
    (10, "except works once the class was used, or is resolved"): (
        "test_lazy_attributes::test_must_have_10_except_works_once_the_class_was_used",
        "test_lazy_attributes::test_except_works_through_resolve",
    ),
    (11, "an alias is the module, submodules too, and loads nothing before it is used"): (
        "test_aliases::test_must_have_11_it_is_the_source_itself",
        "test_aliases::test_must_have_11_nothing_is_loaded_before_it_is_used",
        "test_aliases::test_must_have_11_submodules_are_the_same",
    ),
    (11, "a conflict is an error that leaves nothing behind"): (
        "test_aliases_injection::test_must_have_11_what_cannot_be_is_an_error_that_leaves_nothing",
        "test_aliases_injection::test_must_have_11_a_batch_is_all_or_none",
        "test_aliases_injection::test_a_loaded_module_of_the_name_is_a_conflict",
    ),
    (11, "it can be taken back"): (
        "test_aliases_injection::test_must_have_11_removed_it_is_gone",
        "test_aliases_injection::"
        "test_must_have_11_shadow_hides_a_module_until_the_alias_is_removed",
    ),
    (12, "a native object is bound once, its methods are its own"): (
        "test_backend::test_must_have_12_what_only_the_native_object_can_do_binds_once",
        "test_backend::test_must_have_12_the_method_is_that_of_the_native_object",
        "test_backend::test_must_have_12_what_describes_it_needs_no_extension",
    ),
    (12, "no placeholder after a failure"): (
        "test_backend::test_must_have_12_nothing_is_kept_of_a_native_object_that_is_not_made",
        "test_backend::test_must_have_12_a_missing_extension_names_what_needed_it",
        "test_backend::test_must_have_12_a_broken_extension_is_told_apart_and_tried_again",
        "test_backend::test_must_have_12_an_extension_without_the_class_is_an_error",
        "test_backend::test_must_have_12_an_attribute_error_of_the_build_is_not_hidden",
    ),
    (12, "available() asks without importing"): (
        "test_backend::test_must_have_12_available_does_not_import",
    ),
    (13, "the work is done once"): (
        "test_materialise::test_must_have_13_every_observer_forces_the_work_once",
        "test_materialise::test_must_have_13_once_under_eight_threads",
        "test_materialise::test_must_have_13_imports_in_prepare_do_not_wait_for_the_work",
        "test_materialise::test_must_have_13_a_clean_object_has_its_own_class_and_nothing_more",
    ),
    (13, "switches are of the context, and to skip wins"): (
        "test_materialise::test_must_have_13_at_once_wins_at_any_nesting",
        "test_materialise::test_must_have_13_switches_are_of_this_task_only",
        "test_materialise::test_must_have_13_switches_are_of_this_thread_only",
    ),
    (13, "pickles and copies keep the class; force"): (
        "test_materialise::test_must_have_13_a_pickle_holds_the_class_and_the_finished_work",
        "test_materialise::test_must_have_13_a_copy_is_as_dirty_and_independent",
        "test_materialise::test_force_leaves_other_objects_alone",
    ),
    (13, "what torch tests of its own"): (
        "test_real_torch_own::test_must_have_13_what_torch_tests",
        "test_real_torch_own::test_must_have_13_what_torch_tests_of_folders",
    ),
    (14, "the eager switch resolves after the outermost import, so no cycle comes back"): (
        "test_lazy_eager::test_must_have_14_resolves_after_the_outermost_import_has_ended",
        "test_lazy_eager::test_must_have_14_does_not_bring_the_cycle_back",
    ),
    (14, "every broken target is named at once"): (
        "test_lazy_eager::test_must_have_14_check_all_reports_every_broken_target_at_once",
        "test_lazy_eager::test_must_have_14_the_import_reports_every_broken_target_at_once",
    ),
    (15, "importing it loads no other module"): (
        "test_import_cost::test_must_have_15_the_facade_loads_no_part_and_no_module",
        "test_import_cost::test_must_have_15_no_part_loads_a_module",
        "test_import_cost::test_must_have_15_a_name_loads_its_own_part_alone",
        "test_import_cost::test_it_is_typed",
    ),
    (16, "lazy from for Python 3.15; before, the shim, which breaks cycles there too"): (
        "test_lazy::test_the_syntax_of_python_3_15",
        "test_lazy::test_an_import_becomes_lazy",
        "test_lazy_block::"
        "test_must_have_16_it_breaks_a_cycle_where_lazy_modules_of_pep_810_does_not",
    ),
}
_NUMBER = re.compile(r"::test_must_have_(\d\d)_")


@pytest.fixture(scope="module")
def tests() -> frozenset[str]:
    folders = (REPOSITORY / "tests" / "runtime", REPOSITORY / "tests" / "fix")
    return frozenset(
        f"{path.stem}::{node.name}"
        for folder in folders
        for path in sorted(Path(folder).glob("test_*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_all_sixteen_are_there() -> None:
    assert {number for number, _ in MUST_HAVES} == set(range(1, 17))


@pytest.mark.parametrize("promise", MUST_HAVES, ids=lambda each: f"{each[0]}: {each[1]}")
def test_a_promise_has_its_tests(promise: tuple[int, str], tests: frozenset[str]) -> None:
    assert [name for name in MUST_HAVES[promise] if name not in tests] == []


def test_every_test_of_a_must_have_is_in_the_table(tests: frozenset[str]) -> None:
    named = {(number, name) for (number, _), names in MUST_HAVES.items() for name in names}
    numbered = {(int(found[1]), name) for name in tests if (found := _NUMBER.search(name))}
    assert numbered - named == set()
    wrong = {(n, name) for n, name in named if (f := _NUMBER.search(name)) and int(f[1]) != n}
    assert wrong == set()
