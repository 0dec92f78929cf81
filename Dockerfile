# One image for web, worker, beat and migrations.
FROM python:3.12-slim

WORKDIR /app
RUN useradd --system --create-home --home-dir /data cauce

# First what changes least: the locked packages and the browser assets.
COPY requirements.lock requirements-test.lock package.json package-lock.json .npmrc ./
COPY scripts/setup.py scripts/setup.py
RUN python scripts/setup.py && rm -rf node_modules .cauce
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 CAUCE_HOME=/data CAUCE_ASSETS=/app/assets

COPY manage.py ./
COPY config config
COPY apps apps
COPY templates templates
COPY locale locale
COPY static static
# Values that only this step sees; the real ones come with the container.
RUN SECRET_KEY=build CAUCE_KEYS=build:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    DATABASE_URL=postgres:///build REDIS_URL=redis://build \
    python manage.py collectstatic --no-input --verbosity=0

USER cauce
VOLUME /data
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", \
     "--blocking-threads", "4", "--no-ws", "--respawn-failed-workers", "--respawn-interval", "0.5", \
     "--workers-kill-timeout", "10", "--http1-header-read-timeout", "10000", \
     "--log-level", "warning", "config.wsgi:application"]
