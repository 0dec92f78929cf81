"""What a whole run must have touched: every routed view, every template (DESIGN §10).

Each process notes which routes answered and which templates were rendered; the controller
adds them up. A run over the whole of `tests/` fails if something was never reached. A run
over a part of it says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.http import HttpRequest, HttpResponse

ROOT = Path(__file__).resolve().parents[2]
routes: set[str] = set()
templates: set[str] = set()


class TouchedMiddleware:
    """Notes the route of each request (settings_test)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *args: object) -> None:
        routes.add(request.resolver_match.route)


def _note_template(sender: object, template, **kwargs: object) -> None:
    if template.name:
        templates.add("".join([template.name]))  # a SafeString does not travel


def pytest_configure(config: pytest.Config) -> None:
    from django.test.signals import template_rendered

    template_rendered.connect(_note_template, weak=False)
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Reckoning(config), "touched-reckoning")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        session.config.workeroutput["touched"] = (sorted(routes), sorted(templates))


class _Reckoning:
    """Adds up what the processes touched and fails a whole run that left something out."""

    def __init__(self, config: pytest.Config) -> None:
        self.whole = [Path(arg).resolve() for arg in config.args] == [ROOT / "tests"] and not (
            config.option.keyword or config.option.markexpr or config.option.lf
        )
        self.missing: list[str] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node, error: object) -> None:
        seen = getattr(node, "workeroutput", {}).get("touched", ([], []))
        routes.update(seen[0])
        templates.update(seen[1])

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self.whole or hasattr(session.config, "workerinput"):
            return
        from apps.core.checks import walk_patterns

        self.missing = [
            f"no test reached the view at '{route}'"
            for route, _name, _pattern in walk_patterns()
            if route not in routes
        ]
        ours = {
            str(path.relative_to(ROOT / "templates"))
            for path in (ROOT / "templates").rglob("*.*")
            if path.suffix in (".html", ".txt")
        }
        self.missing += [f"no test rendered {name}" for name in sorted(ours - templates)]
        if self.missing:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter) -> None:
        if self.missing:
            terminalreporter.section("untouched", red=True)
            for line in self.missing:
                terminalreporter.write_line(line)
