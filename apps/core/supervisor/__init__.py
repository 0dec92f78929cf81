"""One process that starts, watches and stops everything a portal needs: see `portal.Portal`."""

from .portal import Portal

__all__ = ["Portal"]
