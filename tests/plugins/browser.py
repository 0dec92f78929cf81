"""The system Chromium for tests marked `browser`; without one they are skipped, loudly.

`CAUCE_CHROMIUM` names it; otherwise the usual names are looked up. With `CI=true` a missing
browser fails the run instead.
"""

import os
import shutil

import pytest

# The shell is the same engine without windows: it takes a third less of the processor.
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
ATTENTION = (
    "ATENCIÓN: sin Chromium, {count} pruebas de navegador omitidas. Instale chromium "
    "(apt install chromium) o indique su ruta en CAUCE_CHROMIUM."
)


def chromium_path() -> str | None:
    given = os.environ.get("CAUCE_CHROMIUM")
    if given:
        return given if os.access(given, os.X_OK) else None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def must_run() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    path = chromium_path()
    if path is None:
        pytest.fail("no Chromium: install it or set CAUCE_CHROMIUM")
    return path


class Browsers:
    """Skips the browser tests where there is no browser, and says so last of all."""

    def __init__(self) -> None:
        self.omitted = 0

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if chromium_path() is None and not must_run():
            for item in items:
                if item.get_closest_marker("browser"):
                    item.add_marker(pytest.mark.skip(reason="no Chromium"))

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if item.get_closest_marker("browser") and chromium_path() is None:
            pytest.fail("no Chromium: install it or set CAUCE_CHROMIUM")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "setup" and report.skipped and "browser" in report.keywords:
            self.omitted += 1

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        terminal = config.pluginmanager.get_plugin("terminalreporter")
        if self.omitted and terminal is not None:
            terminal.write_line(ATTENTION.format(count=self.omitted), red=True, bold=True)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs a Chromium")
    config.pluginmanager.register(Browsers(), "cauce-browsers")
