#!/bin/sh
# Run once by the db container, when its data folder is new.
set -eu
psql -U "$POSTGRES_USER" -v owner_password="$CAUCE_OWNER_PASSWORD" \
    -v web_password="$CAUCE_WEB_PASSWORD" -f /roles.sql
