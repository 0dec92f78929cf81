"""The activity log can only grow: for the web role by privilege, for everyone by trigger (S57).

Reversible: the reverse gives the privileges back and drops the triggers.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION activity_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the activity log only grows';
END;
$$;
CREATE TRIGGER log_rows_stay BEFORE UPDATE OR DELETE ON auditlog_logentry
    FOR EACH ROW EXECUTE FUNCTION activity_log_only_grows();
CREATE TRIGGER log_is_never_emptied BEFORE TRUNCATE ON auditlog_logentry
    FOR EACH STATEMENT EXECUTE FUNCTION activity_log_only_grows();
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cauce_web') THEN
        REVOKE UPDATE, DELETE, TRUNCATE ON auditlog_logentry FROM cauce_web;
    END IF;
END;
$$;
"""

REVERSE = """
DROP TRIGGER log_is_never_emptied ON auditlog_logentry;
DROP TRIGGER log_rows_stay ON auditlog_logentry;
DROP FUNCTION activity_log_only_grows();
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'cauce_web') THEN
        GRANT UPDATE, DELETE ON auditlog_logentry TO cauce_web;
    END IF;
END;
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("auditlog", "0017_add_actor_email"),
    ]
    operations = [migrations.RunSQL(FORWARD, REVERSE)]
