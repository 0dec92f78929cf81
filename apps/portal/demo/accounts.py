"""The seven demo accounts. Refused outside `serve --demo` (S18)."""

DEMO_DOMAIN = "demo.cauce.test"
DEMO_PASSWORD = "cauce-demo-2026"  # noqa: S105  (printed at start; only works in the demo)
DEMO_TOTP_SECRET = "CAUCEDEMO26AGUASDELVALLEMANUALES"  # noqa: S105  (base32, same reason)
DEMO_ACCOUNTS = (
    "direccion",
    "calidad",
    "supervision",
    "agente",
    "admin",
    "auditoria",
    "privacidad",
)
