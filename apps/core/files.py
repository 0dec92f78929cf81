"""Files people hand in: checked by content, kept under a random name, served as attachments."""

from __future__ import annotations

import hashlib
import io
import logging
import re
import socket
import struct
import unicodedata
import zipfile
from datetime import timedelta
from enum import Enum
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import filetype
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Sum
from django.http import FileResponse, Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from apps.core.models import StoredFile
from apps.core.rules import RuleBroken

logger = logging.getLogger(__name__)

OFFICE = "application/vnd.openxmlformats-officedocument."
# extension -> content type; what is not here is refused (S40).
TYPES = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "docx": f"{OFFICE}wordprocessingml.document",
    "xlsx": f"{OFFICE}spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "txt": "text/plain",
    "csv": "text/csv",
}
IMAGES = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "webp": "WEBP"}
ARCHIVES = {"docx": "word/", "xlsx": "xl/", "odt": "content.xml", "ods": "content.xml"}
ARCHIVE_ENTRIES_MAX = 2000
ARCHIVE_BYTES_MAX = 100 * 1024 * 1024
# Compressed streams can hide these: that is why a PDF is only ever served as attachment.
PDF_FORBIDDEN = re.compile(rb"/(JavaScript|JS|OpenAction|AA|Launch|EmbeddedFile|RichMedia)\b")
SCAN_SECONDS = 10
SANDBOX = "default-src 'none'; sandbox"


class Verdict(Enum):
    """What the scanner says of a file."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNKNOWN = "unknown"


def clean_name(name: str) -> str:
    """A file name that is safe in a header, on a disk and to the eye (S36).

    Paths, control and direction-changing characters are dropped; at most 120 characters.
    """
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    kept = "".join(c for c in name if unicodedata.category(c)[0] not in "CZ" or c == " ")
    kept = re.sub(r'[<>:"|?*;%]', "_", kept).strip(" .")
    path = PurePosixPath(kept or "archivo")
    return f"{path.stem[:100] or 'archivo'}{path.suffix[:12]}"


@transaction.atomic
def store_upload(uploaded: UploadedFile, *, by: Any) -> StoredFile:
    """Check and keep `uploaded`, handed in by the person `by` (None: a customer).

    Raises RuleBroken with a Spanish sentence if it is too large, of a type not accepted,
    not what its name says, dangerous, infected, or over the person's daily quota. With a
    scanner configured but not answering, the file is kept in quarantine and not served (S43).
    """
    name = clean_name(uploaded.name or "")
    extension = PurePosixPath(name).suffix.lower().lstrip(".")
    if (uploaded.size or 0) > settings.UPLOAD_MAX_BYTES:
        raise RuleBroken(
            _("El archivo pesa más de %(most)s MB.")
            % {"most": settings.UPLOAD_MAX_BYTES // (1024 * 1024)}
        )
    if extension not in TYPES:
        raise RuleBroken(
            _("Ese tipo de archivo no se acepta. Puede subir: %(kinds)s.")
            % {"kinds": ", ".join(sorted(TYPES))}
        )
    content = uploaded.read(settings.UPLOAD_MAX_BYTES + 1)
    if not content:
        raise RuleBroken(_("El archivo está vacío."))
    content = _checked(content, extension)
    _hold_quota(by, len(content))
    verdict = scan(content)
    if verdict is Verdict.INFECTED:
        raise RuleBroken(_("El antivirus rechazó el archivo. No se guardó."))
    stored = StoredFile(
        name=name,
        content_type=TYPES[extension],
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        uploaded_by=by,
        state=StoredFile.State.CLEAN if verdict is Verdict.CLEAN else StoredFile.State.QUARANTINED,
    )
    path = default_storage.save(path_of(stored), ContentFile(content))
    try:
        with transaction.atomic():
            stored.save()
    except Exception:
        default_storage.delete(path)
        raise
    return stored


def path_of(stored: StoredFile) -> str:
    """Where the content lies: a random name without extension, below MEDIA_ROOT (S41)."""
    return f"{stored.pk.hex[:2]}/{stored.pk.hex}"


def serve_file(stored: StoredFile) -> FileResponse:
    """The file as an attachment that no browser runs. Check access before calling (S41).

    Raises Http404 while it is in quarantine or when its content is gone.
    """
    if stored.state != StoredFile.State.CLEAN or not default_storage.exists(path_of(stored)):
        raise Http404
    return FileResponse(
        default_storage.open(path_of(stored)),
        as_attachment=True,
        filename=stored.name,
        content_type=stored.content_type,
        headers={"Content-Security-Policy": SANDBOX, "X-Content-Type-Options": "nosniff"},
    )


def _checked(content: bytes, extension: str) -> bytes:
    """`content` if it is what its extension says; images come back re-encoded."""
    lies = RuleBroken(_("El contenido no corresponde a un archivo .%(ext)s.") % {"ext": extension})
    if extension in ("txt", "csv"):
        if b"\x00" in content or filetype.guess(content) is not None:
            raise lies
        return content
    if extension in IMAGES:
        return _reencoded(content, IMAGES[extension], lies)
    if extension == "pdf":
        if not content.startswith(b"%PDF-"):
            raise lies
        if PDF_FORBIDDEN.search(content):
            raise RuleBroken(_("El PDF trae acciones o archivos dentro. Imprímalo como PDF nuevo."))
        return content
    _check_archive(content, extension, lies)
    return content


def _reencoded(content: bytes, kind: str, lies: RuleBroken) -> bytes:
    """The picture alone: no EXIF, no place, nothing after its end (S42)."""
    try:
        picture = Image.open(io.BytesIO(content), formats=[kind])
        width, height = picture.size
        if width * height > settings.UPLOAD_MAX_PIXELS:
            raise RuleBroken(_("La imagen tiene demasiados puntos. Redúzcala y pruebe otra vez."))
        picture.load()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as fault:
        raise lies from fault
    clean = Image.new(picture.mode, picture.size)
    if picture.mode == "P":
        picture = picture.convert("RGBA")
        clean = Image.new("RGBA", picture.size)
    clean.paste(picture)
    out = io.BytesIO()
    clean.save(out, format=kind)
    return out.getvalue()


def _check_archive(content: bytes, extension: str, lies: RuleBroken) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as fault:
        raise lies from fault
    names = [entry.filename for entry in entries]
    if not any(name.startswith(ARCHIVES[extension]) for name in names):
        raise lies
    if len(entries) > ARCHIVE_ENTRIES_MAX or (
        sum(entry.file_size for entry in entries) > ARCHIVE_BYTES_MAX
    ):
        raise RuleBroken(_("El archivo es demasiado grande al abrirlo."))
    if any(name.lower().endswith(("vbaproject.bin", ".exe", ".js", ".vbs")) for name in names):
        raise RuleBroken(_("El archivo trae macros o programas. Guárdelo sin ellos."))


def _hold_quota(by: Any, size: int) -> None:
    since = timezone.now() - timedelta(days=1)
    sent = StoredFile.objects.filter(uploaded_by=by, uploaded_at__gt=since)
    total = sent.aggregate(total=Sum("size_bytes"))["total"] or 0
    if total + size > settings.UPLOAD_QUOTA_BYTES_PER_DAY:
        raise RuleBroken(_("Llegó al máximo de archivos por día. Pruebe mañana."))


def scan(content: bytes) -> Verdict:
    """Verdict of the configured scanner (clamd over TCP, INSTREAM); CLEAN without one."""
    if not settings.UPLOAD_SCANNER:
        return Verdict.CLEAN
    address = urlsplit(settings.UPLOAD_SCANNER)
    try:
        with socket.create_connection(
            (address.hostname, address.port or 3310), timeout=SCAN_SECONDS
        ) as wire:
            wire.sendall(b"zINSTREAM\0")
            for at in range(0, len(content), 65536):
                part = content[at : at + 65536]
                wire.sendall(struct.pack("!L", len(part)) + part)
            wire.sendall(struct.pack("!L", 0))
            answer = wire.recv(1024)
    except OSError as fault:
        logger.warning("scanner does not answer: %s", type(fault).__name__)
        return Verdict.UNKNOWN
    if b"FOUND" in answer:
        return Verdict.INFECTED
    return Verdict.CLEAN if b"OK" in answer else Verdict.UNKNOWN


def rescan() -> int:
    """Scan what waits in quarantine; returns how many were released. Infected ones stay."""
    released = 0
    for stored in StoredFile.objects.filter(state=StoredFile.State.QUARANTINED)[:200]:
        with default_storage.open(path_of(stored)) as file:
            if scan(file.read()) is Verdict.CLEAN:
                stored.state = StoredFile.State.CLEAN
                stored.save(update_fields=["state"])
                released += 1
    return released
