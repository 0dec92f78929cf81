"""Forms and letter templates that steps ask for (1.3.2)."""

from __future__ import annotations

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Person, Unit
from apps.core.access import require
from apps.core.files import store_upload
from apps.core.rules import RuleBroken
from apps.manual.models import Form, FormVersion
from apps.manual.permissions import Perm


@transaction.atomic
def create_form(*, code: str, title: str, unit: Unit, by: Person, purpose: str = "") -> Form:
    """Register a form or template that steps may ask for; its file comes with an edition.

    Raises PermissionDenied unless `by` may manage forms, RuleBroken if the code is taken.
    """
    require(by, Perm.MANAGE_FORMS)
    if Form.objects.filter(code=code).exists():
        raise RuleBroken(_("El código %(code)s ya está en uso."), params={"code": code})
    return Form.objects.create(code=code, title=title, unit=unit, purpose=purpose)


@transaction.atomic
def publish_form(form: Form, *, uploaded: UploadedFile, by: Person, note: str = "") -> FormVersion:
    """Publish the next edition of a form's file; earlier editions stay.

    Raises PermissionDenied unless `by` may manage forms, RuleBroken if the file is refused
    (S40).
    """
    require(by, Perm.MANAGE_FORMS, form)
    Form.objects.select_for_update().get(pk=form.pk)
    last = form.versions.aggregate(last=Max("number"))["last"] or 0
    return FormVersion.objects.create(
        form=form, number=last + 1, file=store_upload(uploaded, by=by), note=note
    )
