"""What can happen to notices: written, announced, read, mailed, chosen."""

from apps.notifications.services.mailing import digest_for, mail_waiting, silence_the_gone
from apps.notifications.services.reading import choose_mail, mark_all_read, mark_read
from apps.notifications.services.undeliverable import retry_all_mails, retry_mail
from apps.notifications.services.writing import announce, expand, notify

__all__ = [
    "announce",
    "choose_mail",
    "digest_for",
    "expand",
    "mail_waiting",
    "mark_all_read",
    "mark_read",
    "notify",
    "retry_all_mails",
    "retry_mail",
    "silence_the_gone",
]
