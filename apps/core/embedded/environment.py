"""The settings of an embedded portal, for a process that was given none."""

import os
import sys
from collections.abc import MutableMapping
from pathlib import Path

from .account import Account
from .home import Home
from .postgres import DATABASE, OWNER, WEB, Postgres
from .trouble import Trouble
from .valkey import Valkey

FILLED = "CAUCE_FILLED"  # names in the environment that came from here, not from a person
DEFAULT_HOME = Path(__file__).resolve().parents[3] / ".cauce"


def embedded_home(environ: MutableMapping[str, str] = os.environ) -> Home:
    """The data folder that `environ` names."""
    return Home(environ.get("CAUCE_HOME") or DEFAULT_HOME)


def embedded_environment(home: Home) -> dict[str, str]:
    """What a process must know to use the portal in `home`, its servers running or not."""
    keys = home.secrets()
    postgres = Postgres(home.postgres, home.sockets(), keys["superuser_password"], Account())
    # Without a server there is no port: the first loopback port is closed everywhere.
    valkey = Valkey(
        home.valkey, keys["valkey_password"], Account(), home.state().get("valkey_port", 1)
    )
    return {
        "CAUCE_HOME": str(home.path),
        "SECRET_KEY": keys["secret_key"],
        "CAUCE_KEYS": keys["field_keys"],
        "DATABASE_URL": postgres.url(WEB, keys["web_password"], DATABASE),
        "DATABASE_OWNER_URL": postgres.url(OWNER, keys["owner_password"], DATABASE),
        "REDIS_URL": valkey.url(),
    }


def fill_environment(environ: MutableMapping[str, str] = os.environ) -> None:
    """Complete `environ` from the data folder where it is silent; `manage.py` begins with it.

    With a database given from outside, the owner's address must be given too or is the same.
    Ends the process with one sentence when the folder cannot be used.
    """
    if environ.get("DJANGO_SETTINGS_MODULE", "config.settings") != "config.settings":
        return
    if all(name in environ for name in ("SECRET_KEY", "CAUCE_KEYS", "DATABASE_URL", "REDIS_URL")):
        return
    try:
        values = embedded_environment(embedded_home(environ))
    except Trouble as trouble:
        sys.exit(str(trouble))
    if "DATABASE_URL" in environ:
        del values["DATABASE_OWNER_URL"]
    filled = [name for name in values if name not in environ]
    environ.update({name: values[name] for name in filled})
    environ[FILLED] = ",".join(filled)
