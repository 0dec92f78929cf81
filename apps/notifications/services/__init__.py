"""What can happen to notices: written, announced, read, mailed, chosen."""

from apps.notifications.services.each import Tiding, notify_each
from apps.notifications.services.writing import announce, expand, notify

__all__ = ["Tiding", "announce", "expand", "notify", "notify_each"]
