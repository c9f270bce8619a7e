"""All source files of a project, in parallel and through the cache: module name to facts.

Results depend on the files alone, never on the number of jobs or the order of answers.
"""

import gc
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import msgspec
from msgspec import Struct

from cycleguard.cache import FactsCache, content_key, source_fingerprint
from cycleguard.files import read_bytes
from cycleguard.model.imports import ModuleFacts
from cycleguard.model.modules import Module, ModuleKind, Project, Skipped

Progress = Callable[[int, int], None]

_CHUNK_BYTES = 300_000
_PARALLEL_BYTES = 400_000
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
    fingerprint = source_fingerprint((package / "collect", package / "model"))
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
            try:
                yield pool.submit(_collect_chunk, [source]).result()
            except BrokenProcessPool:
                reason = "the parser ended its process on this file"
                yield {source.key: Skipped(source.module.path, reason)}


def _pool(jobs: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=gc.disable)


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
    for source in sources:
        facts = collect_module(source.module, source.content)
        results[source.key] = facts if isinstance(facts, Skipped) else _encoder.encode(facts)
    return results
