"""Where an import of a random package stands: bare, guarded, tried, in a class or function."""

from collections.abc import Callable

from tests.support.generate.imports import Imported, some_import
from tests.support.generate.plan import Ref, Thing, Writer, indented

_Place = Callable[[Writer], list[str]]

_TRUE = (
    "sys.version_info >= (3, 8)",
    "sys.version_info[0] >= 3",
    "sys.version_info[:2] > (3, 5)",
    'sys.platform != "nope"',
    "os.name",
    'os.name == "posix"',
    '__name__ != "__main__"',
    "not TYPE_CHECKING",
    "not typing.TYPE_CHECKING",
    "not TC",
    "True",
    "1",
    "not False and True",
    "len((1, 2)) == 2",
)
_FALSE = (
    "TYPE_CHECKING",
    "typing.TYPE_CHECKING",
    "TC",
    "t.TYPE_CHECKING",
    '__name__ == "__main__"',
    "sys.version_info < (3, 5)",
    'sys.platform.startswith("nope")',
    "False",
    "0",
    "TYPE_CHECKING or False",
)
_OPEN = ("len(os.environ) > 0", 'os.environ.get("CYCLEGUARD_NO")', '"PATH" in os.environ')
_HEADS = {
    "sys.": "import sys",
    "os.": "import os",
    "typing.": "import typing",
    "TYPE_CHECKING": "from typing import TYPE_CHECKING",
    "TC": "from typing import TYPE_CHECKING as TC",
    "t.TYPE": "import typing as t",
}
_CATCHES = (
    "except ImportError:",
    "except ImportError as error:",
    "except (ImportError, AttributeError):",
    "except ModuleNotFoundError:",
    "except AttributeError:",
    "except NameError:",
    "except Exception:",
    "except Exception as error:",
    "except:",
    "except BaseException:",
)


def placed_import(w: Writer) -> list[str]:
    """One import of the module level, somewhere."""
    weights = [weight for weight, _ in _PLACES]
    return w.random.choices([place for _, place in _PLACES], weights)[0](w)


def condition(w: Writer, *, holds: bool) -> str:
    """A test that can be folded."""
    test = w.random.choice(_TRUE if holds else _FALSE)
    _need_for(w, test)
    return test


def open_condition(w: Writer) -> str:
    """A test that depends on the environment."""
    w.need("import os")
    return w.random.choice(_OPEN)


def handler(w: Writer) -> str:
    """The head of an ``except`` clause, mostly one that catches failing imports."""
    return w.random.choice(_CATCHES[:3] if w.chance(0.6) else _CATCHES)


def _need_for(w: Writer, test: str) -> None:
    for part, head in _HEADS.items():
        if part in test.replace("typing.TYPE_CHECKING", "typing.") and not (
            part == "TYPE_CHECKING" and "t.TYPE" in test
        ):
            w.need(head)


def _accept(w: Writer, imported: Imported) -> None:
    for name, thing in imported.bound.items():
        w.offer(name, thing)
    w.refs.extend(imported.refs)


def _bare(w: Writer) -> list[str]:
    imported = some_import(w)
    _accept(w, imported)
    return imported.lines


def _guarded(w: Writer) -> list[str]:
    imported = some_import(w)
    _accept(w, imported)
    if w.chance(0.5):
        return [f"if {condition(w, holds=True)}:", *indented(imported.lines)]
    other = some_import(w).lines if w.chance(0.5) else ["pass"]
    test = condition(w, holds=False)
    return [f"if {test}:", *indented(other), "else:", *indented(imported.lines)]


def _typing_only(w: Writer) -> list[str]:
    imported = some_import(w)
    return [f"if {condition(w, holds=False)}:", *indented(imported.lines)]


def _open(w: Writer) -> list[str]:
    if not w.plan.is_odd:
        return _guarded(w)
    imported = some_import(w)
    _accept(w, imported)
    return [f"if {open_condition(w)}:", *indented(imported.lines)]


def _fallback(w: Writer, imported: Imported) -> list[str]:
    names = list(imported.bound)
    if not names or w.chance(0.2):
        return ["pass"]
    return [f"{name} = None" for name in names]


def _tried(w: Writer) -> list[str]:
    imported = some_import(w)
    head = handler(w)
    lines = ["try:", *indented(imported.lines), head, *indented(_fallback(w, imported))]
    if w.chance(0.1):
        lines[-1:] = (
            ["    raise"] if "error" not in head else ["    raise RuntimeError() from error"]
        )
    if w.chance(0.15):
        other = some_import(w)
        lines += ["else:", *indented(other.lines)]
    if w.chance(0.15):
        lines += ["finally:", *indented([f"{w.fresh()} = 1"])]
    if w.chance(0.3):
        _accept(w, imported)
    elif imported.bound:
        lines += _careful_use(w, imported)
    return lines


def _careful_use(w: Writer, imported: Imported) -> list[str]:
    name, thing = w.random.choice(list(imported.bound.items()))
    value = f"{name}()" if thing.kind in ("function", "class", "error") else f"[{name}]"
    # pragma: the name is missing if the handler only passed
    test = w.random.choice(
        (f"{name} is not None", f'globals().get("{name}")', f'"{name}" in globals()')
    )
    if "None" not in test:
        value = f"[{name}]"
    return [f"if {test}:", f"    {w.fresh()} = {value}"]


def _suppressed(w: Writer) -> list[str]:
    imported = some_import(w)
    if w.chance(0.5):
        _accept(w, imported)
    w.need("import contextlib")
    kinds = w.random.choice(("ImportError", "ImportError, AttributeError", "Exception"))
    return [f"with contextlib.suppress({kinds}):", *indented(imported.lines)]


def _finally(w: Writer) -> list[str]:
    imported = some_import(w)
    _accept(w, imported)
    other = some_import(w).lines if w.chance(0.3) else [f"{w.fresh()} = 1"]
    return ["try:", *indented(imported.lines), "finally:", *indented(other)]


def _in_class(w: Writer) -> list[str]:
    imported = some_import(w, allow_star=False)
    holder = w.fresh("H")
    for ref in _seen_from(imported, holder):
        w.refs.append(ref)
    return [f"class {holder}:", *indented(imported.lines)]


def _seen_from(imported: Imported, holder: str) -> list[Ref]:
    if any(line.startswith("globals()") for line in imported.lines):
        return []
    held = [Ref(f"{holder}.{name}", thing) for name, thing in imported.bound.items()]
    return held + [Ref(f"{holder}.{ref.text}", ref.thing) for ref in imported.refs]


def _in_called_function(w: Writer) -> list[str]:
    imported = some_import(w, allow_star=False)
    name, value = w.fresh("load"), w.fresh("k")
    bound = list(imported.bound.items())
    lines = [f"def {name}():", *indented(imported.lines)]
    if not bound:
        return [*lines, f"{name}()"]
    chosen, thing = w.random.choice(bound)
    w.offer(value, thing)
    return [*lines, f"    return {chosen}", f"{value} = {name}()"]


def _in_function(w: Writer) -> list[str]:
    imported = some_import(w, allow_star=False)
    name = w.fresh("f")
    w.offer(name, Thing(name, "function", 101))
    return [f"def {name}():", *indented(imported.lines)]


def _with_global(w: Writer) -> list[str]:
    imported = some_import(w, allow_star=False)
    if not imported.bound:
        return imported.lines
    _accept(w, imported)
    name = w.fresh("load")
    head = [f"def {name}():", f"    global {', '.join(imported.bound)}"]
    return [*head, *indented(imported.lines), f"{name}()"]


def _deleted(w: Writer) -> list[str]:
    imported = some_import(w, allow_star=False)
    name = next(iter(imported.bound), None)
    if name is None or name in w.unit.offers or len(imported.bound) > 1:
        return imported.lines
    is_kept = w.chance(0.1)
    if is_kept:
        _accept(w, imported)
    elif any(ref.text.partition(".")[0] == name for ref in w.refs):
        return imported.lines
    return [*imported.lines, f"del {name}"]


def _in_match(w: Writer) -> list[str]:
    imported = some_import(w)
    _accept(w, imported)
    subject, case = w.random.choice((("1", "1"), ("2", "1 | 2"), ("'a'", "'a'"), ("True", "True")))
    if w.plan.is_odd:
        w.need("import os")
        subject, case = 'os.environ.get("CYCLEGUARD_NO")', "None"
    other = some_import(w).lines if w.chance(0.3) else ["pass"]
    body = [f"case {case}:", *indented(imported.lines), "case _:", *indented(other)]
    return [f"match {subject}:", *indented(body)]


def _in_while(w: Writer) -> list[str]:
    imported = some_import(w)
    _accept(w, imported)
    return ["while True:", *indented(imported.lines), "    break"]


def _in_with(w: Writer) -> list[str]:
    imported = some_import(w)
    _accept(w, imported)
    w.need("import contextlib")
    return ["with contextlib.nullcontext():", *indented(imported.lines)]


_PLACES: tuple[tuple[int, _Place], ...] = (
    (40, _bare),
    (5, _guarded),
    (3, _typing_only),
    (1, _open),
    (10, _tried),
    (3, _suppressed),
    (2, _finally),
    (3, _in_class),
    (4, _in_called_function),
    (6, _in_function),
    (1, _with_global),
    (2, _deleted),
    (1, _in_match),
    (1, _in_while),
    (1, _in_with),
)
