"""What can happen to notices: written, announced, read, mailed, chosen."""

from apps.notifications.services.each import Tiding, notify_each
from apps.notifications.services.mailing import digest_for, mail_waiting, silence_the_gone
from apps.notifications.services.reading import choose_mail, mark_all_read, mark_read
from apps.notifications.services.undeliverable import retry_all_mails, retry_mail
from apps.notifications.services.writing import announce, expand, notify

__all__ = [
    "Tiding",
    "announce",
    "choose_mail",
    "digest_for",
    "expand",
    "mail_waiting",
    "mark_all_read",
    "mark_read",
    "notify",
    "notify_each",
    "retry_all_mails",
    "retry_mail",
    "silence_the_gone",
]
