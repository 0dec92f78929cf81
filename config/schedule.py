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
    # Each notice goes once however often this runs: hourly, so that a stop costs little.
    "remind-reviews": {
        "task": "apps.documents.jobs.remind_reviews",
        "schedule": crontab(minute=25, hour="6-20"),
    },
    "end-past-exceptions": {
        "task": "apps.documents.jobs.end_past_exceptions",
        "schedule": crontab(hour=0, minute=20),
    },
    # Also woken by each publication; this sweeps what was missed.
    "ask-readers": {"task": "apps.documents.jobs.ask_readers", "schedule": 60.0},
    # Posts that begin or end with the day; changes made by people are followed at once.
    "follow-the-calendar": {
        "task": "apps.documents.jobs.follow_the_calendar",
        "schedule": crontab(minute=2),
    },
    "follow-everybody": {
        "task": "apps.documents.jobs.follow_everybody",
        "schedule": crontab(minute=20, hour=3),
    },
    # Each reminder is sent once: running hourly only makes up for hours without a worker.
    "remind-readers": {
        "task": "apps.documents.jobs.remind_readers",
        "schedule": crontab(minute=40, hour="7-19"),
    },
    # Nobody is told outside working hours; each stage is told once.
    "remind-actions": {
        "task": "apps.improvement.jobs.remind_actions",
        "schedule": crontab(minute=50, hour="8-17", day_of_week="mon-fri"),
    },
    "expire-practices": {
        "task": "apps.improvement.jobs.expire_practices",
        "schedule": crontab(hour=0, minute=35),
    },
    # What a month, a week or a day left behind is measured the morning after; once more later,
    # for records that came in late. Neither measures a period twice.
    "feed-indicators": {
        "task": "apps.indicators.jobs.feed_indicators",
        "schedule": crontab(minute=50, hour="5,13"),
    },
    # In working hours. Each asking is sent once: hourly only makes up for hours without a worker.
    "chase-measurements": {
        "task": "apps.indicators.jobs.chase_measurements",
        "schedule": crontab(minute=35, hour="8-17", day_of_week="1-5"),
    },
    # Signals are found with each measurement; this sweeps what was missed.
    "look-for-signals": {
        "task": "apps.indicators.jobs.look_for_signals",
        "schedule": crontab(minute=30, hour=4),
    },
    # Follows measurements and their corrections; what is up to date costs one reading.
    "work-out-compliance": {
        "task": "apps.standards.jobs.work_out_compliance",
        "schedule": crontab(minute="*/15"),
    },
    # Also woken by each announcement; this sweeps what was missed.
    "expand-announcements": {
        "task": "apps.notifications.jobs.expand_announcements",
        "schedule": 60.0,
    },
    # Also woken by each notice that goes by mail at once.
    "mail-notices": {"task": "apps.notifications.jobs.mail_notices", "schedule": 60.0},
    # Asks often, sends once: at 7 on a working day, or as soon after as somebody is here to.
    "send-digests": {
        "task": "apps.notifications.jobs.send_digests",
        "schedule": crontab(minute="*/10"),
    },
    "tidy-notices": {
        "task": "apps.notifications.jobs.tidy_notices",
        "schedule": crontab(hour=3, minute=41),
    },
    # Has something to do once a day; hourly, so that a night without the portal costs an hour.
    "bring-holders-up-to-date-in-search": {
        "task": "apps.accounts.jobs.bring_holders_up_to_date_in_search",
        "schedule": crontab(minute=10),
    },
    "tidy": {"task": "apps.core.jobs.tidy", "schedule": crontab(minute=17)},
}
