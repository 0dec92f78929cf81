"""`make bench`: how fast the portal is, as ratios to the floor page in the same run.

Starts an embedded PostgreSQL and Valkey in a folder of its own, the portal and the floor with
two processes each, fills 1,000 procedures of 20 KB, and asks the pages in turn over kept-alive
connections. Prints a table, and writes the figures as JSON to build/bench.json.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from apps.core.embedded.valkey import free_port
from tests.benchmarks.world import World

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
LIMITS = {"reading": 1.2, "search": 2.0, "search, question": 2.0, "publishing": 2.0}
# Publishing a version to so many people, so often; all their notices are written within seconds.
READERS, PUBLISHED, SPREAD_LIMIT = 2000, 15, 10.0
AIMS = {"reading": 0.7, "search": 1.5, "search, question": 1.5}


def granian(module: str, port: int, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """A server of two processes for the WSGI application of `module`."""
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1",
        "--port", str(port), "--workers", str(WORKERS), "--blocking-threads", "4", "--no-ws",
        "--log-level", "warning",
        f"{module}:application",
    ]  # fmt: skip
    return subprocess.Popen(command, cwd=ROOT, env=env)


def wait_for(port: int, path: str) -> None:
    """Until the server answers; at most 30 seconds."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers on port {port}")


class Visitor:
    """One kept-alive connection with a session."""

    def __init__(self, port: int, cookie: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {"Cookie": cookie, "Accept-Encoding": "gzip"}

    def publish(self, page: str) -> float:
        """Say yes to the version of that page; milliseconds until it is answered."""
        self.connection.request("GET", page, headers={"Cookie": self.headers["Cookie"]})
        response = self.connection.getresponse()
        body = response.read().decode()
        cookies = [value.split(";")[0] for value in response.headers.get_all("Set-Cookie", [])]
        form = re.search(r'action="([^"]+/aprobar/)".*?</form>', body, re.S)
        fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', form.group(0)))
        headers = self.headers | {
            "Cookie": "; ".join([self.headers["Cookie"], *cookies]),
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://{self.connection.host}:{self.connection.port}",
        }
        began = time.perf_counter()
        self.connection.request("POST", form.group(1), urlencode(fields), headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status != 302:
            raise SystemExit(f"{form.group(1)} answered {response.status}: {answer[:500]!r}")
        return (time.perf_counter() - began) * 1000

    def get(self, path: str) -> tuple[float, int, bytes]:
        """Milliseconds, status, body."""
        began = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        response = self.connection.getresponse()
        body = response.read()
        return (time.perf_counter() - began) * 1000, response.status, body


def pss_mib(pid: int) -> float:
    """Proportional memory of a process, in MiB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1)) / 1024


def children(pid: int) -> list[int]:
    """Worker processes of a server."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return [
        child
        for child in found
        if "resource_tracker" not in Path(f"/proc/{child}/cmdline").read_text()
    ]


def measure(rounds: int, pages: dict[str, tuple[Visitor, list[str]]]) -> dict[str, float]:
    """Median milliseconds of each page, all asked in turn `rounds` times."""
    times: dict[str, list[float]] = {name: [] for name in pages}
    for turn in range(rounds + 20):
        for name, (visitor, paths) in pages.items():
            spent, status, _body = visitor.get(paths[turn % len(paths)])
            if status != 200:
                raise SystemExit(f"{name}: {paths[turn % len(paths)]} answered {status}")
            if turn >= 20:
                times[name].append(spent)
    return {name: statistics.median(spent) for name, spent in times.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--only", nargs="*", help="names of pages, besides the floor")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cauce-bench-") as folder:
        world = World(Path(folder))
        servers: list[subprocess.Popen[bytes]] = []
        try:
            env = world.start()
            session = world.fill(options.documents)
            portal_port, floor_port = free_port(), free_port()
            servers = [
                granian("config.wsgi", portal_port, env),
                granian("tests.benchmarks.floor.wsgi", floor_port, env),
            ]
            wait_for(portal_port, "/salud/live")
            wait_for(floor_port, "/")
            floor = Visitor(floor_port, f"sessionid={session['floor']}")
            portal = Visitor(portal_port, f"sesion={session['portal']}")
            pages = {
                "reading": session["reading"],
                "search": session["search"],
                "search, question": session["questions"],
                "home": ["/inicio/"],
                "list": ["/manual/lista/"],
            }
            if options.only:
                pages = {name: pages[name] for name in options.only}
            asked = {"floor": (floor, ["/"])}
            asked |= {name: (portal, paths) for name, paths in pages.items()}
            figures = measure(options.rounds, asked)
            mixed = [path for paths in pages.values() for path in paths]
            visitors = [Visitor(portal_port, f"sesion={session['portal']}") for _ in range(WORKERS)]
            for turn in range(1000):
                visitors[turn % len(visitors)].get(mixed[turn % len(mixed)])
            waiting = world.told("tests.benchmarks.publish", "wait", str(READERS), str(PUBLISHED))
            approver = Visitor(portal_port, f"sesion={waiting['session']}")
            spent = [approver.publish(page) for page in waiting["pages"]]
            figures["publishing"] = statistics.median(spent)
            fan_out = world.told("tests.benchmarks.publish", "spread")
            memory = [pss_mib(pid) for pid in children(servers[0].pid)]
        finally:
            for server in servers:
                server.terminate()
            for server in servers:
                server.wait(20)
            world.stop()
    return report(figures, memory, fan_out)


def report(figures: dict[str, float], memory: list[float], fan_out: dict[str, float]) -> int:
    """Print and write the figures; 1 if a limit of DESIGN §9 is broken."""
    floor, broken = figures["floor"], []
    print(f"{'page':<20}{'median ms':>10}{'ratio':>8}{'limit':>8}{'aim':>6}")
    for name, spent in figures.items():
        ratio = spent / floor
        limit = LIMITS.get(name)
        print(f"{name:<20}{spent:>10.2f}{ratio:>8.2f}{limit or '':>8}{AIMS.get(name, ''):>6}")
        if limit and ratio > limit:
            broken.append(name)
    print("memory per worker (PSS, MiB):", ", ".join(f"{size:.0f}" for size in memory))
    if any(size > 130 for size in memory):
        broken.append("memory")
    print(
        f"notices of a version published to {READERS} people:"
        f" {fan_out['notices']} in {fan_out['seconds']:.2f} s, limit {SPREAD_LIMIT:.0f} s"
    )
    if fan_out["notices"] < READERS or fan_out["seconds"] > SPREAD_LIMIT:
        broken.append("notices")
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    ratios = {name: round(spent / floor, 3) for name, spent in figures.items()}
    (build / "bench.json").write_text(
        json.dumps(
            {"median_ms": figures, "ratio": ratios, "memory_mib": memory, "notices": fan_out},
            indent=2,
        )
    )
    if broken:
        print("over the limit:", ", ".join(broken))
    return int(bool(broken))


if __name__ == "__main__":
    os.chdir(ROOT)
    raise SystemExit(main())
