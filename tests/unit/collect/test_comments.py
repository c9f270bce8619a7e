"""The comments that belong to a function-local import."""

from textwrap import dedent

import pytest

from tests.unit.collect.reading import read

CASES = {
    "behind": ("import a  # THIS", ["# THIS"]),
    "above": ("x = 1  # no\n# THIS\n\n# AND\nimport a", ["# THIS", "# AND"]),
    "above the first": ("# THIS\nimport a\n# no", ["# THIS"]),
    "in parentheses": (
        "from a import (  # THIS\n    b,  # AND\n    # LAST\n)  # END\nx = 1  # no",
        ["# THIS", "# AND", "# LAST", "# END"],
    ),
    "in a one-line suite": ("if x: import a  # THIS", ["# THIS"]),
    "after a header": ("if x:  # no\n    import a", []),
    "after a semicolon": ("x = 1; import a  # THIS", ["# THIS"]),
    "after a backslash": ("import \\\n    a  # THIS", ["# THIS"]),
    "after a string with a hash": ("x = '# no'; import a", []),
    "in a branch": ("if x:\n    pass\nelse:\n    # THIS\n    import a", ["# THIS"]),
    "in a handler": ("try:\n    pass\nexcept E:  # no\n    import a  # THIS", ["# THIS"]),
    "in a finally": ("try:\n    pass\nfinally:\n    import a  # THIS", ["# THIS"]),
    "in a case": ("match x:\n    case 1:\n        import a  # THIS", ["# THIS"]),
    "in a nested function": ("def g():\n    import a  # THIS\n    return a", ["# THIS"]),
    "in a class": ("class C:\n    # THIS\n    import a", ["# THIS"]),
    "after a deep statement": (f"y = {' + '.join('x' * 600)}; import a  # THIS", ["# THIS"]),
    "before a semicolon": ("import a; x = '# no'  # THIS", ["# THIS"]),
    "before a backslash": ("# THIS\nimport a; \\\n  x = 1", ["# THIS"]),
    "deeper, but below no block": ("    # THIS\n  # AND\nimport a", ["# THIS", "# AND"]),
    "below a deeper block": ("if x:\n    pass\n    # no\n# THIS\nimport a", ["# THIS"]),
    "none": ("x = 1  # no\nimport a\ny = 2  # no", []),
}


def in_function(body: str) -> str:
    return "def f(x):\n" + "".join(f"    {line}\n" if line else "\n" for line in body.split("\n"))


@pytest.mark.parametrize("name", CASES)
def test_comments(name: str) -> None:
    body, comments = CASES[name]
    source = in_function(body)
    (statement,) = read(source).imports
    assert list(statement.comments) == comments


def test_the_function_may_stand_on_one_line() -> None:
    (statement,) = read("def f(): import a  # why\n").imports
    assert statement.comments == ("# why",)


def test_imports_of_one_line_share_its_comment() -> None:
    found = read("def f():\n    import a; import b  # why\n").imports
    assert [statement.comments for statement in found] == [("# why",), ("# why",)]


def test_methods_and_decorated_functions() -> None:
    source = """
        class C:
            @property  # no
            def f(self):
                # why
                import a

                async def g():
                    import b  # also
        """
    found = read(dedent(source)).imports
    assert [statement.comments for statement in found] == [("# why",), ("# also",)]
