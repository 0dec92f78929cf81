"""One order of locks for everything that happens to a version: its document, then itself."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.prepared import Prepared
from apps.core.rules import RuleBroken
from apps.documents.models import Document, Version

# Compiled once: every act on a version begins with them.
_document = Prepared(lambda _, pk: Document.objects.select_for_update(of=("self",)).filter(pk=pk))
_version = Prepared(lambda _, pk: Version.objects.select_for_update(of=("self",)).filter(pk=pk))


def locked(version: Version) -> tuple[Document, Version]:
    """Document and version as they are now, both locked until the transaction ends.

    Raises RuleBroken if the version was thrown away meanwhile.
    """
    document = _document.first(None, pk=version.document_id)
    found = _version.first(None, pk=version.pk)
    if document is None or found is None:
        raise RuleBroken(_("El borrador ya no existe: otra persona lo descartó."))
    found.document = document
    return document, found
