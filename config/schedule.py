"""When each job runs: every periodic task of the portal, in one place."""

from celery.schedules import crontab

BEAT_SCHEDULE = {
    # The outbox is also woken by each commit that queues a mail; this sweeps what was missed.
    "deliver-mail": {"task": "apps.core.jobs.deliver_mail", "schedule": 30.0},
    "rescan-files": {"task": "apps.core.jobs.rescan_files", "schedule": 300.0},
    "bring-due-versions-into-force": {
        "task": "apps.documents.jobs.bring_due_versions_into_force",
        "schedule": crontab(minute=5),
    },
    # Each notice goes once however often this runs: hourly, so that a stop costs little.
    "remind-reviews": {
        "task": "apps.documents.jobs.remind_reviews",
        "schedule": crontab(minute=25, hour="6-20"),
    },
    # Also woken by each announcement; this sweeps what was missed.
    "expand-announcements": {
        "task": "apps.notifications.jobs.expand_announcements",
        "schedule": 60.0,
    },
    "tidy": {"task": "apps.core.jobs.tidy", "schedule": crontab(minute=17)},
}
