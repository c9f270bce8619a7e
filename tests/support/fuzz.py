"""``python -m tests.support.fuzz --packages 5000 --seed 0 --jobs 2``: prediction against CPython.

Prints figures, and keeps each disagreement, shrunk, as a case below `fixtures/order`. With
``--hoists`` every local import is judged that an entry reaches, as if it stood at the top.
"""

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from msgspec import Struct

from tests.support.hoists import judge_hoists
from tests.support.judge import Verdict, judge
from tests.support.packages import Package, random_package
from tests.support.shrink import shrink

CASES = Path(__file__).parents[2] / "fixtures" / "order"


class Score(Struct):
    """Figures of a run."""

    packages: int = 0
    crashing: int = 0
    entries: int = 0
    outcomes: Counter[str] = Counter()
    faults: Counter[str] = Counter()


def main() -> int:
    """Run from the command line; the exit code is 1 if prediction and CPython ever disagree."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--keep", type=int, default=5, help="how many disagreements to shrink")
    parser.add_argument("--into", type=Path, default=CASES, help="where they are kept")
    parser.add_argument("--hoists", action="store_true", help="judge hoists, not entries")
    options = parser.parse_args()
    seeds = range(options.seed, options.seed + options.packages)
    if options.hoists:
        return _judge_all_hoists(seeds)
    score = Score()
    wrong: list[tuple[int, Verdict]] = []
    started = time.perf_counter()
    for seed, verdicts in _judge_all(seeds, options.jobs):
        _count(score, verdicts)
        wrong += [(seed, verdict) for verdict in verdicts if verdict.fault]
    for seed, verdict in _distinct(wrong)[: options.keep]:
        _keep(seed, verdict, options.into)
    _print(score, wrong, time.perf_counter() - started, seeds)
    return 1 if wrong else 0


def _judge_all_hoists(seeds: range) -> int:
    """Print figures and the disagreements; 1 if there are any."""
    verdicts = [(seed, each) for seed in seeds for each in judge_hoists(random_package(seed))]
    wrong = [(seed, verdict) for seed, verdict in verdicts if verdict.fault]
    counts = Counter((v.predicted.value, "breaks" if v.broken else "fine") for _, v in verdicts)
    print(f"{_python()}: hoists of {len(seeds)} packages (seeds {seeds.start} to {seeds.stop - 1})")
    for (predicted, happened), count in sorted(counts.items()):
        print(f"  {predicted} / {happened}: {count}")
    for seed, verdict in wrong:
        print(f"    seed {seed}: {verdict}")
    return 1 if wrong else 0


def _distinct(wrong: list[tuple[int, Verdict]]) -> list[tuple[int, Verdict]]:
    """One disagreement per package."""
    first: dict[int, Verdict] = {}
    for seed, verdict in wrong:
        first.setdefault(seed, verdict)
    return list(first.items())


def judge_seed(seed: int) -> tuple[int, list[Verdict]]:
    """Verdicts on the random package `seed`."""
    return seed, judge(random_package(seed))


def _judge_all(seeds: range, jobs: int) -> Iterator[tuple[int, list[Verdict]]]:
    if jobs == 1:
        yield from map(judge_seed, seeds)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(judge_seed, seeds, chunksize=20)


def _count(score: Score, verdicts: list[Verdict]) -> None:
    score.packages += 1
    score.entries += len(verdicts)
    score.crashing += any(verdict.happened != "imported" for verdict in verdicts)
    for verdict in verdicts:
        score.outcomes[
            f"{verdict.predicted.split()[0]} / {verdict.happened.partition(':')[0]}"
        ] += 1
        score.faults[verdict.fault] += bool(verdict.fault)


def _keep(seed: int, verdict: Verdict, folder: Path) -> None:
    small = shrink(random_package(seed), lambda files: _still(files, verdict))
    place = folder / f"seed_{seed}"
    for path, text in small.items():
        (place / "before" / path).parent.mkdir(parents=True, exist_ok=True)
        (place / "before" / path).write_text(text, encoding="utf-8")
    shown = [each for each in judge(small, only=verdict.entry) if each.fault]
    print(f"--- seed {seed}: {shown[0] if shown else verdict}")
    for path, text in small.items():
        print(f"# {path}\n{text.rstrip()}")


def _still(files: Package, verdict: Verdict) -> bool:
    """Whether `files` show the same, and the wanted name has not just lost its definition."""
    wanted = re.search(r"(?:name|attribute|named) '([\w.]+)'", verdict.happened)
    name = wanted[1].rpartition(".")[2] if wanted else ""
    places = sum(len(re.findall(rf"\b{name}\b", f"{path} {text}")) for path, text in files.items())
    if wanted and places < 2:
        return False
    return any(
        (each.entry, each.fault, _gist(each)) == (verdict.entry, verdict.fault, _gist(verdict))
        for each in judge(files, only=verdict.entry)
    )


def _gist(verdict: Verdict) -> tuple[str, str]:
    """Both messages without places in files."""
    return verdict.predicted.partition(" at ")[0], re.sub(r" \(/.*?\)", "", verdict.happened)


def _print(score: Score, wrong: list[tuple[int, Verdict]], seconds: float, seeds: range) -> None:
    crashing = 100 * score.crashing / max(score.packages, 1)
    print(
        f"{_python()}: {score.packages} packages (seeds {seeds.start} to {seeds.stop - 1}), "
        f"{score.entries} entries, {crashing:.0f} % of packages with a crash, {seconds:.0f} s"
    )
    for pair, count in sorted(score.outcomes.items()):
        print(f"  {pair}: {count}")
    print(f"  disagreements: {dict(+score.faults) or 'none'}")
    for seed, verdict in _distinct(wrong):
        print(f"    seed {seed}, {verdict.entry}: {verdict.predicted} / {verdict.happened}")


def _python() -> str:
    return f"Python {'.'.join(map(str, sys.version_info[:3]))}"


if __name__ == "__main__":
    sys.exit(main())
