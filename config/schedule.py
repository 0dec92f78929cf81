"""When each job runs: every periodic task of the portal, in one place."""

from celery.schedules import crontab

BEAT_SCHEDULE = {
    # The outbox is also woken by each commit that queues a mail; this sweeps what was missed.
    "deliver-mail": {"task": "apps.core.jobs.deliver_mail", "schedule": 30.0},
    # Long work is told to the workers when it is queued; this takes up what nobody is at.
    "pick-up-long-work": {"task": "apps.core.jobs.pick_up_long_work", "schedule": 30.0},
    "rescan-files": {"task": "apps.core.jobs.rescan_files", "schedule": 300.0},
    "bring-due-versions-into-force": {
        "task": "apps.documents.jobs.bring_due_versions_into_force",
        "schedule": crontab(minute=5),
    },
    # Has something to do once a day; hourly, so that a night without the portal costs an hour.
    "bring-holders-up-to-date-in-search": {
        "task": "apps.accounts.jobs.bring_holders_up_to_date_in_search",
        "schedule": crontab(minute=10),
    },
    "tidy": {"task": "apps.core.jobs.tidy", "schedule": crontab(minute=17)},
}
