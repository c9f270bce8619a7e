"""All source files of a project, in parallel and through the cache: module name to facts.

Results depend on the files alone, never on the number of jobs or the order of answers.
"""

import gc
import multiprocessing
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from contextvars import ContextVar
from multiprocessing.synchronize import Event
from pathlib import Path

import msgspec
from msgspec import Struct

from cycleguard.cache import FactsCache, content_key, source_fingerprint
from cycleguard.collect.source import TOO_DEEP
from cycleguard.files import read_bytes
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import Module, ModuleKind, Project, Skipped
from cycleguard.options import Progress
from cycleguard.processes import starting

_CHUNK_BYTES = 300_000
_PARALLEL_BYTES = 400_000
# Set once in each worker process: an event cannot be an argument of a task.
_stop: ContextVar[Event | None] = ContextVar("stop", default=None)
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ModuleFacts)


class Collected(Struct, frozen=True):
    """The facts of every file that could be read, by module name, and the files that could not."""

    facts: dict[str, ModuleFacts]
    skipped: tuple[Skipped, ...]


class _Source(Struct, frozen=True):
    module: Module
    key: bytes
    content: bytes


def collect(
    project: Project, jobs: int, cache: FactsCache, progress: Progress | None = None
) -> Collected:
    """Read every source module of `project`.

    Args:
        project: what `discover` found.
        jobs: how many processes may work; one means this process.
        cache: facts of earlier runs.
        progress: told how many of how many files are done.
    """
    package = Path(__file__).parents[1]
    fingerprint = source_fingerprint((package, package / "collect", package / "model"))
    sources, skipped = _read_all(project, fingerprint)
    known = cache.load(source.key for source in sources)
    pending = [source for source in sources if source.key not in known]
    fresh = _collect_pending(pending, jobs, progress or _silent)
    encoded = {key: value for key, value in fresh.items() if isinstance(value, bytes)}
    cache.store(encoded)
    known.update(encoded)
    facts = {
        source.module.name: _decoder.decode(known[source.key])
        for source in sources
        if source.key in known
    }
    skipped += [value for value in fresh.values() if isinstance(value, Skipped)]
    return Collected(facts, tuple(sorted(skipped)))


def _silent(done: int, total: int) -> None:
    """No progress."""


def _read_all(project: Project, fingerprint: bytes) -> tuple[list[_Source], list[Skipped]]:
    root = Path(project.root)
    sources: list[_Source] = []
    skipped: list[Skipped] = []
    for module in project.modules:
        if module.kind is not ModuleKind.SOURCE:
            continue
        content = read_bytes(root, module.path)
        if isinstance(content, Skipped):
            skipped.append(content)
            continue
        key = content_key(fingerprint, module.name, module.is_package, content)
        sources.append(_Source(module, key, content))
    return sources, skipped


def _collect_pending(
    sources: Sequence[_Source], jobs: int, progress: Progress
) -> dict[bytes, bytes | Skipped]:
    results: dict[bytes, bytes | Skipped] = {}
    size = sum(len(source.content) for source in sources)
    chunks = list(_chunks(sources))
    if jobs == 1 or size < _PARALLEL_BYTES:
        for chunk in chunks:
            results.update(_collect_chunk(chunk))
            progress(len(results), len(sources))
        return results
    for answer in _in_processes(chunks, jobs):
        results.update(answer)
        progress(len(results), len(sources))
    return results


def _in_processes(
    chunks: Sequence[Sequence[_Source]], jobs: int
) -> Iterator[dict[bytes, bytes | Skipped]]:
    unanswered: list[Sequence[_Source]] = []
    with _pool(jobs) as pool:
        with starting():
            futures: dict[Future[dict[bytes, bytes | Skipped]], Sequence[_Source]] = {
                pool.submit(_collect_chunk, chunk): chunk for chunk in chunks
            }
        for future in as_completed(futures):
            try:
                yield future.result()
            except BrokenProcessPool:
                unanswered.append(futures[future])
    # A parser that ends its process takes the answers of its neighbours along: ask one by one.
    for source in (source for chunk in unanswered for source in chunk):
        with _pool(1) as pool:
            with starting():
                answer = pool.submit(_collect_chunk, [source])
            try:
                yield answer.result()
            except BrokenProcessPool:
                reason = "the parser ended its process on this file"
                yield {source.key: Skipped(source.module.path, reason)}


@contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes stop after the file at hand when an interrupt ends the block."""
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    with ProcessPoolExecutor(jobs, context, _start_worker, (stop,)) as pool:
        try:
            yield pool
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def _start_worker(stop: Event) -> None:
    gc.disable()
    _stop.set(stop)


def _chunks(sources: Iterable[_Source]) -> Iterator[list[_Source]]:
    chunk: list[_Source] = []
    size = 0
    for source in sorted(sources, key=lambda s: (-len(s.content), s.module.name)):
        chunk.append(source)
        size += len(source.content)
        if size >= _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _collect_chunk(sources: Iterable[_Source]) -> dict[bytes, bytes | Skipped]:
    # A run that finds all facts in the cache does without LibCST: a third of a second.
    from cycleguard.collect.module import (  # noqa: PLC0415  # cycleguard: leave[start-up time]
        collect_module,
    )

    results: dict[bytes, bytes | Skipped] = {}
    stop = _stop.get()
    for source in sources:
        if stop is not None and stop.is_set():
            break
        facts = collect_module(source.module, source.content)
        results[source.key] = facts if isinstance(facts, Skipped) else _encoded(source, facts)
    return results


def _encoded(source: _Source, facts: ModuleFacts) -> bytes | Skipped:
    try:
        return _encoder.encode(facts)
    except RecursionError:
        return Skipped(source.module.path, TOO_DEEP)
    except UnicodeEncodeError:
        # importlib.import_module("\ud800")
        return Skipped(source.module.path, "a name in a string literal is not valid Unicode")
