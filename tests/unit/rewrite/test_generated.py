"""On modules made at random: what the rewriter makes of them, by CPython's own judgement."""

import ast

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cycleguard.model.edits import FileEdit
from cycleguard.model.placement import Anchor, insertion_point
from cycleguard.rewrite.rewrite import rewrite
from cycleguard.rewrite.settings import Style
from tests.unit.rewrite.generated import MODULE, facts_of, hoist_all, modules, outcomes

slow = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
newlines = st.sampled_from(("\n", "\r\n", "\r"))


@slow
@given(modules, newlines)
def test_no_edits_no_change(text: str, newline: str) -> None:
    content = text.replace("\n", newline).encode()
    file = FileEdit(MODULE.path, MODULE.name, MODULE.is_package, ())
    assert rewrite(content, file, facts_of(content), Style()).content == content


@slow
@given(modules, newlines)
def test_a_second_run_does_nothing(text: str, newline: str) -> None:
    first = hoist_all(text.replace("\n", newline).encode())
    second = hoist_all(first.content)
    assert second.done == ()
    assert second.content == first.content


@slow
@given(modules)
def test_functions_do_what_they_did(text: str) -> None:
    """CPython runs the functions before and after; what raised a NameError may work now."""
    content = text.encode()
    result = hoist_all(content)
    assert not [each for each in result.refused if each.code == "check-failed"]
    for before, after in zip(outcomes(content), outcomes(result.content), strict=True):
        assert before == after or before[0] == "NameError" or before[0] == "UnboundLocalError"


@slow
@given(modules)
def test_no_import_is_lost_and_none_is_left_where_it_was(text: str) -> None:
    content = text.encode()
    result = hoist_all(content)
    before, after = _imported(ast.parse(content)), _imported(ast.parse(result.content))
    assert before == after
    places = {(each.line, each.column) for each in facts_of(content).imports if each.is_local}
    answered = {each.edit.place for each in result.done}
    answered |= {each.edit.place for each in result.refused}
    assert {(place.line, place.column) for place in answered} == places


@slow
@given(modules, st.sampled_from(Anchor))
def test_imports_go_where_the_simulation_tries_them(text: str, anchor: Anchor) -> None:
    """`simulate` and `rewrite` share one rule: between the same two statements."""
    content = text.encode()
    before = ast.parse(content)
    program = facts_of(content).program
    point = insertion_point(program, anchor)
    line = program[point - 1].line if point else 0
    others = _others([node for node in before.body if node.lineno <= line])
    # At the very top a docstring and dunder names stay above.
    wanted = {others} if point else {others, others + 1, others + 2}
    after = ast.parse(hoist_all(content, frozenset({"one", "two"}), anchor).content).body
    for number, node in enumerate(after):
        if _is_new(node, before):
            assert _others(after[:number]) in wanted


def _others(body: list[ast.stmt]) -> int:
    """How many statements are no imports, and no blocks for type checkers."""
    return sum(
        not isinstance(node, (ast.Import, ast.ImportFrom))
        and not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
        for node in body
    )


def _is_new(node: ast.stmt, before: ast.Module) -> bool:
    """Whether the statement was not there, and none that took in more names either."""
    if not isinstance(node, (ast.Import, ast.ImportFrom)) or "typing" in ast.unparse(node):
        return False
    known = {ast.unparse(each).partition(" import ")[0] for each in before.body}
    return ast.unparse(node).partition(" import ")[0] not in known


def _imported(tree: ast.Module) -> set[tuple[str, str]]:
    """Modules and names that are imported anywhere."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module != "typing":
            found.update((node.module or "", alias.name) for alias in node.names)
    # import a.b: loads and binds a too
    dotted = {name for name, _ in found}
    return found | {(name.partition(".")[0], "") for name in dotted if "." in name}
