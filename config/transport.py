"""What follows from the address people type: cookies, redirects, HSTS, trusted hosts."""

from typing import Any
from urllib.parse import urlsplit


def transport_settings(base_url: str, *, proxies: int = 0) -> dict[str, Any]:
    """Django settings for serving at `base_url` behind `proxies` trusted proxies.

    Over https: `__Host-` cookies, HSTS of two years, redirect from http. Over http (loopback,
    demo and tests) the same names without the prefix, since browsers refuse it there.
    """
    address = urlsplit(base_url)
    secure = address.scheme == "https"
    prefix = "__Host-" if secure else ""
    hosts = [address.hostname or "localhost"]
    if not secure:
        hosts += ["127.0.0.1", "localhost", "[::1]"]
    settings: dict[str, Any] = {
        "ALLOWED_HOSTS": list(dict.fromkeys(hosts)),
        "CSRF_TRUSTED_ORIGINS": [f"{address.scheme}://{address.netloc}"],
        "SESSION_COOKIE_NAME": f"{prefix}sesion",
        "CSRF_COOKIE_NAME": f"{prefix}csrf",
        "SESSION_COOKIE_SECURE": secure,
        "CSRF_COOKIE_SECURE": secure,
        "LANGUAGE_COOKIE_SECURE": secure,
        "SECURE_SSL_REDIRECT": secure,
        "SECURE_REDIRECT_EXEMPT": [r"^salud/"],
        "SECURE_HSTS_SECONDS": 2 * 365 * 24 * 3600 if secure else 0,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": secure,
        "SECURE_HSTS_PRELOAD": secure,
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": not secure,
        "USE_X_FORWARDED_HOST": False,
        "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https") if proxies else None,
    }
    return settings
