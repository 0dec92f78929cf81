-- Roles, database and extensions of Cauce on a PostgreSQL of one's own (15 or later), as superuser:
--   psql -v owner_password=… -v web_password=… -f deploy/roles.sql
-- The same that `serve` does for the embedded server (apps/core/embedded/postgres.py).
\set ON_ERROR_STOP on

CREATE ROLE cauce_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE cauce_web LOGIN PASSWORD :'web_password';

CREATE DATABASE cauce OWNER cauce_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE cauce FROM PUBLIC;
GRANT CONNECT ON DATABASE cauce TO cauce_web;

\connect cauce

CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;

-- The web role reads and writes rows; only the owner, which migrates, changes the schema.
ALTER SCHEMA public OWNER TO cauce_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO cauce_web;
ALTER DEFAULT PRIVILEGES FOR ROLE cauce_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cauce_web;
ALTER DEFAULT PRIVILEGES FOR ROLE cauce_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO cauce_web;
