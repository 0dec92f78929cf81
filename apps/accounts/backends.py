"""Sign-in by e-mail, and the person of each request in one statement."""

from allauth.account.auth_backends import AuthenticationBackend

from apps.accounts.models import Person


class PersonBackend(AuthenticationBackend):
    """allauth's backend; the person comes with permissions, units and factors (S6, S10).

    Read afresh on every request: what an admin takes away is gone at the next one.
    """

    def get_user(self, user_id: int) -> Person | None:
        return Person.objects.with_access().filter(pk=user_id, is_active=True).first()
