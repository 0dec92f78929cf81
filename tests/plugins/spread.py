"""How a run's tests are spread over its processes: file by file, the longest first.

The tests of a file share what is made once for it (a demo behind a server, a started portal), so
they run in one process. `--dist loadgroup` would say the same, but pytest-xdist 3.8 loses its
groups under pytest 9.2 without a word (pytest-xdist issue 1386).
"""

import gc
from collections import Counter
from pathlib import PurePath

import pytest
from xdist.scheduler import LoadScopeScheduling

LONGEST = (
    "tests/e2e/test_every_page.py",
    "tests/core/test_serve.py",
    "tests/core/test_input.py",
    "tests/documents/test_pages.py",
    "tests/access/test_matrix.py",
    "tests/e2e/test_journeys.py",
)


class ByFile(LoadScopeScheduling):
    """Hands out whole files, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.split("::", 1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log) -> ByFile:
    config.option.loadscopereorder = False
    return ByFile(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files that take longest first, then those with most tests: no process waits in the end."""

    def file_of(item: pytest.Item) -> str:
        return PurePath(item.nodeid.split("::", 1)[0]).as_posix()

    tests = Counter(map(file_of, items))
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(
        key=lambda item: (
            place.get(file_of(item), len(LONGEST)),
            -tests[file_of(item)],
            file_of(item),
        )
    )


def pytest_collection_finish() -> None:
    """What is loaded stays loaded: the collector need not walk it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
