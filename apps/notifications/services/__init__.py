"""What can happen to notices: written, announced, read, mailed, chosen."""

from apps.notifications.services.writing import announce, expand, notify

__all__ = ["announce", "expand", "notify"]
