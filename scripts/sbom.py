"""Write the list of parts (SBOM, CycloneDX 1.6 JSON) from the lock files.

    python3 scripts/sbom.py [build/sbom.json]

Standard library only, no network: what is listed is what set-up installs, with the hashes it
insists on. The same lock files give the same bytes.
"""

import base64
import json
import re
import sys
import tomllib
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIN = re.compile(r"^(?P<name>[\w.-]+)(?:\[[\w,-]+\])?==(?P<version>[^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def python_parts(lock: str) -> list[dict]:
    """One component per pin of a requirements file; every accepted archive gives a hash."""
    parts = []
    for line in lock.splitlines():
        if pin := PIN.match(line):
            name, version = pin["name"].lower(), pin["version"]
            parts.append(part("pypi", name, version, []))
        parts[-1]["hashes"] += [{"alg": "SHA-256", "content": h} for h in HASH.findall(line)]
    return parts


def browser_parts(lock: dict) -> list[dict]:
    """One component per package of package-lock.json."""
    parts = []
    for path, entry in lock["packages"].items():
        if not path:
            continue
        name = path.rpartition("node_modules/")[2]
        digest = base64.b64decode(entry["integrity"].removeprefix("sha512-")).hex()
        made = part("npm", name, entry["version"], [{"alg": "SHA-512", "content": digest}])
        if "license" in entry:
            made["licenses"] = [{"license": {"name": entry["license"]}}]
        parts.append(made)
    return parts


def part(kind: str, name: str, version: str, hashes: list[dict]) -> dict:
    purl = f"pkg:{kind}/{name.replace('@', '%40')}@{version}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": version,
        "purl": purl,
        "hashes": hashes,
    }


def sbom() -> dict:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    parts = python_parts((ROOT / "requirements.lock").read_text())
    parts += browser_parts(json.loads((ROOT / "package-lock.json").read_text()))
    content = json.dumps(parts, sort_keys=True)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        # Named by its content, so that it can be compared.
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": "cauce",
                "name": project["name"],
                "version": project["version"],
            }
        },
        "components": sorted(parts, key=lambda each: each["purl"]),
    }


def main() -> None:
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "sbom.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    made = sbom()
    target.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
    print(f"{len(made['components'])} → {target}")


if __name__ == "__main__":
    main()
