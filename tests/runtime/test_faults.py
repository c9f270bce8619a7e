"""Every fault that was found in the originals, and the tests that show that ours does not have it.

The table is checked: a test that is renamed or goes leaves a gap here.
"""

import ast
from pathlib import Path

import pytest

from tests.runtime.conftest import REPOSITORY

FAULTS = {
    # Megatron-LM-FL, plugin_method
    "a function called while its module is imported keeps the original for good": (
        "test_plugins_half_way::test_called_by_its_own_module_the_plugin_counts_afterwards",
        "test_plugins_half_way::test_the_attribute_form_of_the_same_cycle",
    ),
    "two threads see different implementations": (
        "test_plugins_half_way::test_must_have_07_two_threads_in_a_circle_end_and_agree_afterwards",
        "test_plugins::test_eight_threads_import_the_plugin_once_and_agree",
    ),
    "a plugin that is broken is silently left out": (
        "test_plugins::test_must_have_05_a_broken_plugin_is_an_error_each_time",
        "test_plugins::test_must_have_05_a_broken_plugin_that_was_repaired_is_used",
        "test_plugins::test_registered_by_a_wrong_name_is_an_error_each_time",
    ),
    "a plugin that is registered after the first call is never used": (
        "test_plugins::test_a_plugin_registered_after_the_first_call_is_used",
    ),
    "keys of two words collide": (
        "test_plugins::test_must_have_04_full_keys_and_the_two_words_of_the_original",
        "test_plugins::test_must_have_04_two_words_mean_the_mirrored_module_only",
        "test_plugins::test_must_have_04_two_words_that_mean_two_functions_are_an_error",
    ),
    "class methods and properties cannot be replaced": (
        "test_plugins_kinds::test_must_have_04_static_class_and_property_above_and_below",
    ),
    "coroutine functions are hidden": ("test_plugins_kinds::test_must_have_04_coroutines",),
    "the only vendor is used or not, by how it was registered": (
        "test_plugins::test_the_only_vendor_is_used_whether_it_is_registered_by_name_or_not",
    ),
    "another preference after the first call has no effect": (
        "test_plugins::test_after_a_reset_another_preference_counts",
    ),
    "two registrations of one key overwrite each other": (
        "test_plugins::test_two_plugins_of_one_vendor_are_an_error",
        "test_plugins::test_two_plugins_of_one_vendor_in_different_words_are_an_error",
    ),
    "a plugin for an inherited method, or of a misspelt name, has no effect": (
        "test_plugins::test_a_plugin_that_matches_nothing_is_listed",
        "test_findings::test_a_plugin_that_matches_nothing",
    ),
    "a class that is replaced is not initialised": (
        "test_plugins::test_only_functions_can_be_marked",
    ),
    "nothing can be asked or reset": (
        "test_plugins::test_explain_says_what_is_registered_and_called_and_why",
        "test_plugins_kinds::test_reset_puts_everything_back",
    ),
    # torch.fx, _LazyGraphModule
    "eight threads do the work eight times": (
        "test_materialise::test_must_have_13_once_under_eight_threads",
        "test_real_torch::test_eight_threads_compile_once",
    ),
    "a forced skip does not win when it is nested": (
        "test_materialise::test_must_have_13_at_once_wins_at_any_nesting",
        "test_real_torch::test_switched_off_it_compiles_at_once_at_any_nesting",
    ),
    "switches are seen by other threads": (
        "test_materialise::test_must_have_13_switches_are_of_this_thread_only",
        "test_materialise::test_must_have_13_switches_are_of_this_task_only",
    ),
    "the class of a pickle depends on where it is loaded": (
        "test_materialise::test_must_have_13_a_pickle_holds_the_class_and_the_finished_work",
        "test_real_torch::test_a_pickle_keeps_the_class_wherever_it_is_loaded",
    ),
    "the class of a copy depends on a switch": (
        "test_materialise::test_must_have_13_a_copy_is_as_dirty_and_independent",
    ),
    "a saved method is a stub": (
        "test_materialise::test_a_saved_method_works_again_after_another_mark",
        "test_real_torch::test_a_saved_forward_keeps_working",
    ),
    "a module that is dirty cannot be scripted": (
        "test_real_torch_own::test_a_dirty_module_is_scripted",
        "test_real_torch_own::test_torchs_own_is_not_scripted",
    ),
    "the tracer of others meets a stub": (
        "test_real_torch_own::test_a_module_that_was_forced_is_one_graph",
        "test_real_torch_own::test_must_have_13_what_torch_tests",
    ),
    # verl_npu, inject_module_alias
    "a module on the disk is hidden without a word": (
        "test_aliases_injection::test_a_loaded_module_of_the_name_is_a_conflict",
        "test_aliases_injection::test_must_have_11_shadow_hides_a_module_until_the_alias_is_removed",
    ),
    "an error is swallowed and leaves half an alias": (
        "test_aliases_injection::test_must_have_11_what_cannot_be_is_an_error_that_leaves_nothing",
        "test_aliases_injection::test_must_have_11_a_batch_is_all_or_none",
    ),
    "another source for the same name counts as done": (
        "test_aliases_injection::test_none_in_sys_modules_is_a_conflict_too",
        "test_aliases_injection::test_again_with_the_same_source_is_fine_and_with_another_is_not",
    ),
    "the alias is a copy": (
        "test_aliases::test_must_have_11_it_is_the_source_itself",
        "test_aliases::test_what_is_rebound_in_one_is_rebound_in_the_other",
    ),
    "no spec, no reload, no source code": (
        "test_aliases::test_find_spec_finds_it",
        "test_aliases::test_reload_runs_it_again_and_it_stays_the_source",
        "test_aliases::test_its_source_code_is_found",
    ),
    "no submodules": ("test_aliases::test_must_have_11_submodules_are_the_same",),
    "private names are missing, and a star gives too much": (
        "test_aliases::test_private_names_are_importable",
        "test_aliases::test_star_import_gives_what_all_names_and_no_more",
    ),
    "wanted names are copied by hand": (
        "test_aliases_injection::test_names_that_are_needed_are_checked_when_it_is_imported",
    ),
    "there is no lock": (
        "test_aliases_injection::test_eight_threads_inject_and_import",
        "test_aliases_injection::test_two_threads_that_import_each_others_aliases_end",
    ),
    # InfiniLM, DistConfig
    "the extension is imported before the arguments are checked": (
        "test_backend::test_two_arguments_that_exclude_each_other_need_no_extension",
    ),
    "a change of the list is lost": ("test_backend::test_a_list_that_is_read_writes_through",),
    "a misspelt attribute is stored": ("test_backend::test_a_misspelt_attribute_is_an_error",),
    "before it is finished an attribute error names something internal": (
        "test_backend::test_before_it_is_described_it_says_so",
    ),
    "no equality, no copy, no pickle": (
        "test_backend::test_it_compares_by_its_fields",
        "test_backend::test_copies_are_described_anew_and_independent",
        "test_real_pybind11::test_what_pybind11_cannot_the_proxy_can",
    ),
    "wrong values are bent until they fit": (
        "test_backend::test_a_wrong_value_is_refused_and_changes_nothing",
    ),
    "an extension is loaded under two names": (
        "test_real_pybind11::test_an_extension_under_two_names_is_one",
    ),
    "laziness that an import elsewhere undoes": (
        "test_findings::test_a_backend_is_an_edge_and_may_be_without_effect",
    ),
}


@pytest.fixture(scope="module")
def tests() -> frozenset[str]:
    folders = (REPOSITORY / "tests" / "runtime", REPOSITORY / "tests" / "constructs")
    return frozenset(
        f"{path.stem}::{node.name}"
        for folder in folders
        for path in sorted(Path(folder).glob("test_*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef)
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_an_original_has_a_test(fault: str, tests: frozenset[str]) -> None:
    missing = [name for name in FAULTS[fault] if name not in tests]
    assert not missing
