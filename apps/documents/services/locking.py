"""One order of locks for everything that happens to a version: its document, then itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.rules import RuleBroken
from apps.documents.models import Document, Version


def locked(version: Version) -> tuple[Document, Version]:
    """Document and version as they are now, both locked until the transaction ends.

    Raises RuleBroken if the version was thrown away meanwhile.
    """
    document = Document.objects.select_for_update(of=("self",)).get(pk=version.document_id)
    found = Version.objects.select_for_update(of=("self",)).filter(pk=version.pk).first()
    if found is None:
        raise RuleBroken(_("El borrador ya no existe: otra persona lo descartó."))
    found.document = document
    return document, found
