"""Embedded PostgreSQL and Valkey under one data folder: the default for `serve` and the tests.

Nothing here needs Django's settings, since it is what provides them. Production uses real
servers; the rest of the portal cannot tell the difference.
"""

from .account import Account, server_account
from .environment import FILLED, embedded_environment, embedded_home, fill_environment
from .home import Home
from .postgres import DATABASE, OWNER, SUPERUSER, WEB, Postgres
from .trouble import Trouble, trouble_with
from .valkey import Valkey

__all__ = [
    "DATABASE",
    "FILLED",
    "OWNER",
    "SUPERUSER",
    "WEB",
    "Account",
    "Home",
    "Postgres",
    "Trouble",
    "Valkey",
    "embedded_environment",
    "embedded_home",
    "fill_environment",
    "server_account",
    "trouble_with",
]
