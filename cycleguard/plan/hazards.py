"""What speaks against a move although every entry imports: a name that would mean something else.

In: a project. Out: for a finding a `Hazard` or None. `from m import x` in a function looks `x` up
at every call; at the top of the file it is looked up once. And what the top of a file binds is seen
by others: by star imports, by tests that are collected, by code that goes through a name space.
"""

import builtins
import re
from collections.abc import Iterator
from functools import cached_property

from msgspec import Struct

from cycleguard.model.findings import Finding
from cycleguard.model.imports import Form, GuardKind, ModuleFacts
from cycleguard.model.names import with_packages
from cycleguard.model.resolved import ResolvedImport
from cycleguard.pipeline import Resolved
from cycleguard.plan.answered import Answered, answered
from cycleguard.plan.assigned import assigned_names
from cycleguard.plan.namespaces import looks_at_its_names
from cycleguard.plan.outside import Tests
from cycleguard.plan.startup import Startup
from cycleguard.plan.tree import content_of
from cycleguard.resolve.reexports import Reexports
from cycleguard.rewrite.comments import is_pragma, judge

_TEST_FILE = re.compile(r"(^|/)(test_[^/]*|[^/]*_test|tests|conftest)\.py$")
_OF_CYCLES = re.compile(r"circular|\bcycl|recurs", re.IGNORECASE)
_OF_COST = re.compile(
    r"\b(slow\w*|expensive|heavy|costly|start-?up|performance|speeds?|faster|memory)\b",
    re.IGNORECASE,
)
_LONGEST = 80
_COLLECTED = re.compile(r"test|Test")


class Hazard(Struct, frozen=True):
    """A reason to stay.

    Unless `is_final`, the name may still be looked up late: `qualify`. `is_taste`: the program
    would work, but somebody had a reason.
    """

    code: str
    text: str
    is_final: bool = True
    is_taste: bool = False


class Hazards:
    """Looks for hazards in one project, with what its tests do."""

    def __init__(self, resolved: Resolved, tests: Tests) -> None:
        self._tests = tests
        self._resolved = resolved
        self._facts = resolved.facts
        self._modules = {module.name: module for module in resolved.project.modules}
        self._reexports = Reexports(resolved.facts, resolved.imports)
        self._namespaces: dict[str, bool] = {}
        self._answers: dict[str, Answered] = {}

    def of(self, finding: Finding) -> Hazard | None:
        """What speaks against binding the names of an import at the top of its file.

        A matter of taste is the answer only where nothing else speaks against it.
        """
        resolved = finding.resolved
        of_taste: Hazard | None = None
        for look in (self._final, self._late, self._explained, self._costly):
            for hazard in look(resolved):
                if not hazard.is_taste:
                    return hazard
                of_taste = of_taste or hazard
        return of_taste

    def is_reached_by_name(self, module: str) -> bool:
        """Whether ``a.b.c`` is the module a.b.c, as no package above binds the name otherwise."""
        while "." in module:
            parent, _, name = module.rpartition(".")
            if self._is_covered(parent, name):
                return False
            module = parent
        return True

    def _is_covered(self, package: str, name: str) -> bool:
        """Whether a package binds the name of its sub-module to something else, or may."""
        found = self._reexports.definition(package, name)
        return found is not None and (found.name is not None or found.module != f"{package}.{name}")

    def _final(self, resolved: ResolvedImport) -> Iterator[Hazard]:
        statement, module = resolved.statement, resolved.importer
        facts = self._facts[module]
        for guard in statement.guards:
            # with warnings.catch_warnings(): import a
            if guard.kind is GuardKind.WITH and not self._is_stdlib(resolved):
                yield Hazard("with-block", f"`{guard.short_test}` is there while it is imported")
        yield from self._patched(resolved)
        for name in statement.bound_names:
            if f"{module}.{name}" in self._modules and not self._is_own_child(resolved, name):
                text = f"{module}.{name} is a sub-module: the name would be one or the other"
                yield Hazard("name-shadowed", text)
            yield from self._star_clash(resolved, name)
        if _TEST_FILE.search(resolved.path):
            yield from self._collected(resolved)
        yield from self._hidden_answer(resolved)
        if self._is_namespace(module, facts):
            yield Hazard("module-as-dict", "the file goes through its own names")

    def _late(self, resolved: ResolvedImport) -> Iterator[Hazard]:
        """Names that need not be the same at every call."""
        statement = resolved.statement
        if statement.form is not Form.FROM:
            return
        for target in resolved.internal:
            facts = self._facts.get(target.module)
            for name in target.names:
                dotted = f"{target.module}.{name}"
                if facts is None:
                    continue
                if name in facts.indirect or (target.module, name) in self._assigned:
                    text = f"{dotted} is set while the program runs"
                    yield Hazard("rebound-while-running", text, is_final=False)
                elif dotted in self._modules:
                    yield Hazard(
                        "name-ambiguous",
                        f"{dotted} is a sub-module, and its package binds the name",
                    )
                elif not self._is_seen(target.module, name):
                    text = f"no statement of {target.module} binds {name}: it comes in another way"
                    yield Hazard("set-from-elsewhere", text)
                elif self._is_rebound(facts, name):
                    text = f"{dotted} is bound more than once"
                    yield Hazard("rebound-while-loading", text, is_final=False)

    def _explained(self, resolved: ResolvedImport) -> Iterator[Hazard]:
        """``# expensive: only the reports need it``; that a cycle is closed is for us to say."""
        comments = resolved.statement.comments
        text = " ".join(comment.lstrip("# ") for comment in comments if not is_pragma(comment))
        if _OF_CYCLES.search(text):
            return
        names = [alias.name for alias in resolved.statement.names]
        names += [target.module for target in resolved.targets]
        if _OF_COST.search(text) or judge(f"# {text}", names).is_doubtful:
            said = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
            yield Hazard("comment-gives-reason", f"a comment explains it: {said}", is_taste=True)

    def _costly(self, resolved: ResolvedImport) -> Iterator[Hazard]:
        added = self._startup.added(resolved)
        if added is not None:
            text = (
                f"importing {resolved.importer} would load {added} for everyone: nothing else does "
                "so far, and that takes time or has effects of its own"
            )
            # Where a test watches what is loaded, it is no matter of taste.
            yield Hazard("start-up-cost", text, is_taste=not self._tests.is_watched)

    def _is_seen(self, module: str, name: str) -> bool:
        """Whether a statement binds the name when the module is imported."""
        facts = self._facts[module]
        if any(b.name == name and not b.never_at_import for b in facts.bindings):
            return True
        if self._reexports.definition(module, name) is not None:
            return True
        # from somewhere.else import *
        stars = (each for each in facts.imports if each.is_star and each.function is None)
        return any((each.module or "").partition(".")[0] not in self._modules for each in stars)

    def _is_rebound(self, facts: ModuleFacts, name: str) -> bool:
        """``x = None`` at the top of a file and ``x = real()`` at its end."""
        bindings = [b for b in facts.bindings if b.name == name and not b.never_at_import]
        return sum(not binding.is_conditional for binding in bindings) > 1

    def _is_stdlib(self, resolved: ResolvedImport) -> bool:
        return resolved.kind == "stdlib"

    def _is_own_child(self, resolved: ResolvedImport, name: str) -> bool:
        """``from . import a`` in a package, for its sub-module a."""
        wanted = f"{resolved.importer}.{name}"
        return any(target.module == wanted and not target.names for target in resolved.targets)

    def _star_clash(self, resolved: ResolvedImport, name: str) -> Iterator[Hazard]:
        if name.startswith("_") or self._facts[resolved.importer].exports is not None:
            return
        for importer in sorted(self._starring.get(resolved.importer, ())):
            facts = self._facts[importer]
            is_bound = any(binding.name == name for binding in facts.bindings)
            if is_bound or hasattr(builtins, name) or f"{importer}.{name}" in self._modules:
                text = f"{importer} imports all names of this module, and has a {name} of its own"
                yield Hazard("star-import", text)

    def _patched(self, resolved: ResolvedImport) -> Iterator[Hazard]:
        """``mock.patch("m.x")`` in a test: the late import sees the replacement."""
        for target in resolved.targets:
            for dotted in (
                *(f"{target.module}.{name}" for name in target.names),
                *(f"sys.modules.{module}" for module in with_packages(target.module)),
            ):
                if dotted in self._tests.patched:
                    yield Hazard("patched-name", f"a test of the project replaces {dotted}")

    def _collected(self, resolved: ResolvedImport) -> Iterator[Hazard]:
        """A test file: what its top binds may be taken for a test."""
        for target in resolved.internal:
            source = self._modules[target.module].path
            for name in target.names:
                if _COLLECTED.match(name) or _TEST_FILE.search(source):
                    yield Hazard(
                        "collected-as-test", f"{name} would be collected as a test of this file"
                    )

    def _hidden_answer(self, resolved: ResolvedImport) -> Iterator[Hazard]:
        """``def __getattr__(name)``: what it says of a name, once the module binds the name."""
        module, statement = resolved.importer, resolved.statement
        if not self._facts[module].has_getattr:
            return
        own = {binding.name for binding in self._facts[module].bindings}
        for name in statement.bound_names:
            if name not in own and self._answered(module).may_be(name):
                text = f"the module's __getattr__ may answer for {name}: it would not be asked"
                qualified = (statement.module or name).rpartition(".")[2]
                is_late = name != qualified and not self._answered(module).may_be(qualified)
                yield Hazard("answered-by-getattr", text, is_final=not is_late)

    def _answered(self, module: str) -> Answered:
        if module not in self._answers:
            path = self._modules[module].path
            self._answers[module] = answered(content_of(self._resolved, path))
        return self._answers[module]

    def _is_namespace(self, module: str, facts: ModuleFacts) -> bool:
        if module not in self._namespaces:
            path = self._modules[module].path
            self._namespaces[module] = looks_at_its_names(content_of(self._resolved, path))
        return self._namespaces[module]

    @cached_property
    def _starring(self) -> dict[str, set[str]]:
        """The modules that have all names of a module by star, directly or through others."""
        direct: dict[str, set[str]] = {}
        for resolved in self._resolved.imports:
            if resolved.statement.is_star:
                for target in resolved.internal:
                    direct.setdefault(target.module, set()).add(resolved.importer)
        found: dict[str, set[str]] = {}
        for module in direct:
            seen: set[str] = set()
            pending = [module]
            while pending:
                for importer in direct.get(pending.pop(), ()):
                    if importer not in seen:
                        seen.add(importer)
                        if self._facts[importer].exports is None:
                            pending.append(importer)
            found[module] = seen
        return found

    @cached_property
    def _startup(self) -> Startup:
        return Startup(self._resolved, is_watched=self._tests.is_watched)

    @cached_property
    def _assigned(self) -> frozenset[tuple[str, str]]:
        return assigned_names(self._resolved)
