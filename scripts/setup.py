"""Set Cauce up: virtual environment, locked packages, browser assets. Run by the system's python3.

    python3 scripts/setup.py          what the portal needs
    python3 scripts/setup.py --test   the same and what the tests need

Standard library only. Every step leaves a stamp with the hash of what it was made from, so a
second run does nothing, and a step that was interrupted is done again.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  (the point of this line is to run on older ones)
    sys.exit("Cauce necesita Python 3.11 o posterior; este es " + sys.version.split()[0] + ".")

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VENV_STAMP = VENV / "cauce-packages"
UNFINISHED = VENV / "cauce-unfinished"
LOG = VENV / "cauce-setup.log"
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
VENDOR_STAMP = VENDOR / ".from"

# Where in node_modules -> name in static/vendor. A folder pattern keeps the file's own name.
ASSETS = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap.min.css",
    "@fontsource-variable/atkinson-hyperlegible-next/index.css": "atkinson.css",
    "@fontsource-variable/atkinson-hyperlegible-next/files/*latin*": "files/",
    "echarts/dist/echarts.min.js": "echarts.min.js",
    "sortablejs/Sortable.min.js": "Sortable.min.js",
}
# The same for files that come with Python packages, below their site-packages.
PACKAGED = {
    "django_htmx/static/django_htmx/htmx-2.min.js": "htmx.min.js",
    "django_prose_editor/static/django_prose_editor/editor.js": "prose-editor.js",
}
# Of some two thousand icons the house uses a tenth: only these are published.
ICONS = "bootstrap-icons/font/bootstrap-icons"
ICONS_CSS, ICONS_FONT = "bootstrap-icons.min.css", "fonts/bootstrap-icons.woff2"
ICON_RULE = re.compile(r"\.bi-([a-z0-9-]+)::before\{[^}]*\}")
ICON_NAMED = re.compile(
    r"""\bbi-([a-z0-9][a-z0-9-]*)|["']([a-z0-9][a-z0-9-]*)["']|%\}([a-z0-9][a-z0-9-]*)(?=["{ ])"""
)
NAMING = (("templates", "*.html"), ("apps", "*.py"), ("static/js", "*.js"))
# References to files that are not copied: the manifest of static files would not find them.
DEAD_REFERENCES = (
    re.compile(rb"\s*(/\*|//)[#@] sourceMappingURL=[^\n*]*(\*/)?"),
    re.compile(rb',\s*url\("?[^)"]*\.woff(\?[^)"]*)?"?\)\s*format\("woff"\)'),
)

NETWORK = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|network"
    r"|NewConnectionError|Max retries|Temporary failure|Name or service|ReadTimeout|Connection",
    re.IGNORECASE,
)
HASH_DIFFERS = re.compile(r"EINTEGRITY|DO NOT MATCH THE HASHES")
DISK_FULL = re.compile(r"ENOSPC|No space left on device|Errno 28")


class Stop(Exception):
    """A step that cannot be done; its text is the one sentence shown."""


def fingerprint(*paths: Path, also: str = "") -> str:
    digest = hashlib.sha256(also.encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def run(command: list, registry: str, **options) -> None:
    """Run `command` with its output kept in LOG; turn a failure into one sentence."""
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(map(str, command))}\n".encode())
        log.flush()
        begin = log.tell()
        outcome = subprocess.run(
            [str(part) for part in command],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
            **options,
        )
    if outcome.returncode == 0:
        return
    with LOG.open("rb") as log:
        log.seek(begin)
        said = log.read().decode(errors="replace")
    if DISK_FULL.search(said):
        raise Stop("No queda espacio en el disco. Libere espacio y vuelva a intentarlo.")
    if HASH_DIFFERS.search(said):
        raise Stop(
            f"Lo recibido del {registry} no coincide con el archivo de versiones: "
            f"no se instaló. Detalle en {LOG.relative_to(ROOT)}."
        )
    if NETWORK.search(said):
        raise Stop(
            f"No se pudo llegar al {registry}. Revise la conexión y vuelva a intentarlo: "
            "lo ya instalado se conserva."
        )
    last = [line for line in said.splitlines() if line.strip()][-1:] or ["sin mensaje"]
    raise Stop(
        f"Falló la instalación desde el {registry}: {last[0].strip()} ({LOG.relative_to(ROOT)})"
    )


def working(python: Path) -> bool:
    """Whether the environment has an interpreter that runs, and pip."""
    if not python.exists():
        return False
    probe = subprocess.run([python, "-c", "import pip"], capture_output=True, check=False)
    return probe.returncode == 0


def make_environment() -> None:
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        raise Stop(
            "A este Python le falta el módulo venv. En Debian o Ubuntu: apt install python3-venv."
        )
    say("Creando el entorno de Python en .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False
    )
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        said = (made.stdout + made.stderr).strip()
        if DISK_FULL.search(said):
            raise Stop("No queda espacio en el disco. Libere espacio y vuelva a intentarlo.")
        raise Stop(f"No se pudo crear .venv: {(said.splitlines() or ['?'])[-1]}")


def install_packages(*, test: bool) -> None:
    runtime, full = ROOT / "requirements.lock", ROOT / "requirements-test.lock"
    version = f"python {sys.version_info.major}.{sys.version_info.minor}"
    wanted = {
        "runtime": fingerprint(runtime, also=version),
        "test": fingerprint(full, also=version),
    }
    needed = [wanted["test"]] if test else [wanted["runtime"], wanted["test"]]
    stamp = read(VENV_STAMP).split()
    # The test lock holds the runtime's packages too, so either stamp serves the runtime.
    if PYTHON.exists() and not UNFINISHED.exists() and set(needed) & set(stamp):
        return
    if UNFINISHED.exists() or not working(PYTHON):
        make_environment()
    say("Instalando paquetes de Python (la primera vez tarda alrededor de un minuto)")
    UNFINISHED.touch()
    run(
        [
            *(PYTHON, "-m", "pip", "install", "--require-hashes", "--no-input"),
            *("--disable-pip-version-check", "--progress-bar=off", "--retries=2"),
            *("-r", full if test else runtime),
        ],
        "índice de paquetes de Python",
    )
    VENV_STAMP.write_text("\n".join(wanted.values() if test else [wanted["runtime"]]))
    UNFINISHED.unlink()


def compile_sources() -> None:
    """Compile our own modules, as pip does its packages: every process starts the quicker.

    Several start at once (web, worker, beat), and with PYTHONDONTWRITEBYTECODE set each would
    compile everything. A tree that cannot be written to works without.
    """
    subprocess.run(
        [PYTHON, "-m", "compileall", "-q", *(ROOT / name for name in ("apps", "config"))],
        capture_output=True,
        check=False,
    )


def install_assets() -> None:
    lock = ROOT / "package-lock.json"
    named = names_in_sources()
    wanted = fingerprint(lock, Path(__file__), ROOT / "requirements.lock", also=" ".join(named))
    if read(VENDOR_STAMP) == wanted:
        return
    fetched = fingerprint(lock)
    if read(MODULES / ".from") != fetched:
        say("Descargando los recursos del navegador")
        (MODULES / ".from").unlink(missing_ok=True)
        npm = shutil.which("npm") or VENV / "bin" / "npm"
        run(
            [
                *(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"),
                *("--no-update-notifier", "--fetch-retries=2", "--fetch-retry-mintimeout=1000"),
                *("--fetch-retry-maxtimeout=5000", "--fetch-timeout=60000"),
            ],
            "registro de npm",
            env=os.environ | {"PATH": f"{os.environ.get('PATH', os.defpath)}:{VENV / 'bin'}"},
        )
        (MODULES / ".from").write_text(fetched)
    copy_assets(wanted, named)


def names_in_sources() -> list[str]:
    """What may be an icon's name in templates, Python and scripts: after `bi-`, quoted, or
    chosen by a template's tag."""
    found: set[str] = set()
    for folder, pattern in NAMING:
        for path in sorted((ROOT / folder).rglob(pattern)):
            for pair in ICON_NAMED.findall(path.read_text(encoding="utf-8")):
                found.update(pair)
    return sorted(found - {""})


def copy_icons(named: list[str], draft: Path) -> None:
    """The icons that the sources name: their rules, and a font of just their glyphs."""
    codes = json.loads((MODULES / f"{ICONS}.json").read_text())
    used = {name for name in named if name in codes}
    css = (MODULES / f"{ICONS}.min.css").read_text()
    css = ICON_RULE.sub(lambda rule: rule[0] if rule[1] in used else "", css)
    for dead in DEAD_REFERENCES:
        css = dead.sub(b"", css.encode()).decode()
    (draft / "fonts").mkdir(parents=True, exist_ok=True)
    (draft / ICONS_CSS).write_text(css)
    font = MODULES / Path(ICONS).parent / ICONS_FONT
    node = shutil.which("node") or VENV / "bin" / "node"
    made = subprocess.run(
        [node, ROOT / "scripts" / "subset_icons.mjs", font, draft / ICONS_FONT],
        input="".join(chr(codes[name]) for name in sorted(used)),
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if made.returncode:
        said = made.stderr.strip()
        if DISK_FULL.search(said):
            raise Stop("No queda espacio en el disco. Libere espacio y vuelva a intentarlo.")
        raise Stop(f"No se pudo preparar la letra de iconos: {(said.splitlines() or ['?'])[-1]}")


def copy_assets(wanted: str, named: list[str]) -> None:
    """Put the needed files into static/vendor; it appears whole or not at all."""
    draft = VENDOR.with_name("vendor.new")
    shutil.rmtree(draft, ignore_errors=True)
    sources = [(MODULES, pattern, name) for pattern, name in ASSETS.items()]
    below = "lib/python*/site-packages/"
    sources += [(VENV, below + pattern, name) for pattern, name in PACKAGED.items()]
    for base, pattern, name in sources:
        found = sorted(base.glob(pattern))
        if not found:
            raise Stop(f"Falta {pattern} en {base.name}: borre esa carpeta y vuelva a intentarlo.")
        for source in found:
            target = draft / (name + source.name if name.endswith("/") else name)
            target.parent.mkdir(parents=True, exist_ok=True)
            content = source.read_bytes()
            if target.suffix in (".css", ".js"):
                for dead in DEAD_REFERENCES:
                    content = dead.sub(b"", content)
            target.write_bytes(content)
    copy_icons(named, draft)
    (draft / ".from").write_text(wanted)
    shutil.rmtree(VENDOR, ignore_errors=True)
    draft.rename(VENDOR)


@contextlib.contextmanager
def alone():
    """One set-up at a time in this folder: the second waits for the first."""
    folder = ROOT / ".cauce"
    folder.mkdir(mode=0o700, exist_ok=True)
    with (folder / "setup.lock").open("w") as turn:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Otra preparación está en curso; esperando a que termine")
            fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def main() -> None:
    try:
        with alone():
            install_packages(test="--test" in sys.argv[1:])
            install_assets()
            compile_sources()
    except Stop as stop:
        sys.exit(f"✗ {stop}")
    except OSError as error:
        if DISK_FULL.search(str(error)):
            sys.exit("✗ No queda espacio en el disco. Libere espacio y vuelva a intentarlo.")
        sys.exit(f"✗ No se puede escribir en {error.filename or ROOT}: {error.strerror}.")
    except KeyboardInterrupt:
        sys.exit("✗ Preparación interrumpida: la próxima vez continúa.")


if __name__ == "__main__":
    main()
