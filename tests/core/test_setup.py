"""`scripts/setup.py`: what it does, once; and what it says when it cannot."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
NPM_OFFLINE = """#!/bin/sh
echo 'npm error code ENOTFOUND' >&2
echo 'npm error request to the registry failed, reason: getaddrinfo ENOTFOUND' >&2
exit 1
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what set-up starts from, with no package to install and an own npm first."""
    for name in (
        *("scripts/setup.py", "scripts/subset_icons.mjs"),
        *("package.json", "package-lock.json"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("requirements.lock", "requirements-test.lock"):
        (tmp_path / name).touch()
    (tmp_path / "bin").mkdir()
    return tmp_path


@pytest.fixture
def setup(tree: Path) -> ModuleType:
    """The script as a module, at home in `tree`."""
    spec = importlib.util.spec_from_file_location("cauce_setup", tree / "scripts/setup.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def pretend_installed(setup: ModuleType) -> None:
    """An environment whose packages are up to date."""
    setup.PYTHON.parent.mkdir(parents=True)
    setup.PYTHON.symlink_to(sys.executable)
    version = f"python {sys.version_info.major}.{sys.version_info.minor}"
    setup.VENV_STAMP.write_text(setup.fingerprint(setup.ROOT / "requirements.lock", also=version))


def pretend_fetched(setup: ModuleType) -> None:
    """A node_modules with the files that are wanted, and those of packages in the environment."""
    for pattern in setup.ASSETS:
        file = setup.MODULES / pattern.replace("*", "-")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x")
    for package in ("bootstrap-icons", "subset-font"):
        (setup.MODULES / package).symlink_to(ROOT / "node_modules" / package)
    template = setup.ROOT / "templates/page.html"
    template.parent.mkdir()
    template.write_text(
        '<i class="bi bi-house"></i>{% include "_y.html" with icon="clock" only %}'
        '<i class="bi bi-{% if late %}bell{% else %}bug{% endif %}"></i>'
    )
    (setup.MODULES / ".from").write_text(setup.fingerprint(setup.ROOT / "package-lock.json"))
    for pattern, name in setup.PACKAGED.items():
        packaged = setup.VENV / "lib/python3.11/site-packages" / pattern
        packaged.parent.mkdir(parents=True, exist_ok=True)
        packaged.write_bytes(name.encode())


def run(tree: Path, npm: str) -> subprocess.CompletedProcess[str]:
    (tree / "bin/npm").write_text(npm)
    (tree / "bin/npm").chmod(0o755)
    return subprocess.run(
        [sys.executable, tree / "scripts/setup.py"],
        env=os.environ | {"PATH": f"{tree / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )


def test_an_unreachable_npm_registry_is_said_in_one_sentence(tree, setup):
    pretend_installed(setup)
    outcome = run(tree, NPM_OFFLINE)
    assert outcome.returncode == 1
    assert outcome.stderr.count("\n") == 1
    assert "No se pudo llegar al registro de npm" in outcome.stderr


def test_a_full_disk_is_said_in_one_sentence(tree, setup):
    pretend_installed(setup)
    outcome = run(tree, "#!/bin/sh\necho 'npm error code ENOSPC' >&2\nexit 1\n")
    assert (outcome.returncode, outcome.stderr.count("\n")) == (1, 1)
    assert "No queda espacio en el disco" in outcome.stderr


def test_content_that_differs_from_the_lock_is_not_installed(tree, setup):
    pretend_installed(setup)
    outcome = run(tree, "#!/bin/sh\necho 'npm error code EINTEGRITY' >&2\nexit 1\n")
    assert "no coincide con el archivo de versiones" in outcome.stderr


def test_an_interrupted_npm_is_run_again(tree, setup):
    pretend_installed(setup)
    (tree / "node_modules/bootstrap").mkdir(parents=True)
    assert "registro de npm" in run(tree, NPM_OFFLINE).stderr


def test_the_second_run_does_nothing(tree, setup, monkeypatch):
    pretend_installed(setup)
    pretend_fetched(setup)
    first = run(tree, NPM_OFFLINE)
    assert (first.returncode, first.stderr) == (0, "")
    assert (tree / "static/vendor/htmx.min.js").read_bytes() == b"htmx.min.js"
    before = (tree / "static/vendor").stat().st_mtime_ns
    assert run(tree, NPM_OFFLINE).stdout == ""
    assert (tree / "static/vendor").stat().st_mtime_ns == before


def test_dead_references_are_taken_out_of_the_assets(tree, setup):
    pretend_installed(setup)
    pretend_fetched(setup)
    css = b'a{src:url("f/i.woff2?1") format("woff2"),url("f/i.woff?1") format("woff")}'
    sheet = setup.MODULES / "bootstrap/dist/css/bootstrap.min.css"
    sheet.write_bytes(css + b"\n/*# sourceMappingURL=x.css.map */")
    setup.copy_assets("now", [])
    copied = (setup.VENDOR / "bootstrap.min.css").read_bytes()
    assert copied == b'a{src:url("f/i.woff2?1") format("woff2")}'


def test_only_the_icons_that_the_sources_name_are_published(tree, setup):
    pretend_installed(setup)
    pretend_fetched(setup)
    assert run(tree, NPM_OFFLINE).returncode == 0
    sheet = (setup.VENDOR / setup.ICONS_CSS).read_text()
    assert set(re.findall(r"\.bi-([a-z0-9-]+)::before", sheet)) == {"house", "clock", "bell", "bug"}
    assert 'format("woff")' not in sheet
    whole = setup.MODULES / "bootstrap-icons/font" / setup.ICONS_FONT
    assert 0 < (setup.VENDOR / setup.ICONS_FONT).stat().st_size < whole.stat().st_size / 20
    stamp = setup.read(setup.VENDOR_STAMP)
    (tree / "templates/page.html").write_text('<i class="bi bi-alarm"></i>')
    run(tree, NPM_OFFLINE)
    assert setup.read(setup.VENDOR_STAMP) != stamp
    assert ".bi-alarm::before" in (setup.VENDOR / setup.ICONS_CSS).read_text()


@pytest.mark.slow  # makes a virtual environment
def test_a_half_finished_environment_is_made_anew(tree, setup):
    pretend_installed(setup)
    setup.UNFINISHED.touch()
    (setup.VENV / "half").touch()
    setup.install_packages(test=False)
    assert not (setup.VENV / "half").exists()
    assert not setup.UNFINISHED.exists()
    assert setup.working(setup.PYTHON)


def test_a_python_without_venv_is_said_in_one_sentence(tree, setup, monkeypatch):
    monkeypatch.setattr(setup.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(setup.Stop, match="apt install python3-venv"):
        setup.install_packages(test=False)


def test_nothing_here_names_a_registry():
    for name in ("scripts/setup.py", "Makefile", "requirements.lock", ".npmrc"):
        assert "://" not in (ROOT / name).read_text().replace("http://127.0.0.1", "")
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()
