from enum import StrEnum

from apps.core.access import SEE_CONFIDENTIAL, SEE_RESERVED


class Perm(StrEnum):
    """Permissions that belong to no room."""

    SEE_CONFIDENTIAL = SEE_CONFIDENTIAL
    SEE_RESERVED = SEE_RESERVED


DEFAULTS: dict[str, tuple[str, ...]] = {
    Perm.SEE_CONFIDENTIAL: ("supervision", "calidad", "direccion", "privacidad"),
    Perm.SEE_RESERVED: ("privacidad",),
}
