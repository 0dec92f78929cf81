"""Uploads: what is accepted, how it is kept, how it is served (S36, S40-S44)."""

import io
import socketserver
import threading
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404
from PIL import Image

from apps.core import files
from apps.core.models import StoredFile
from apps.core.rules import RuleBroken

pytestmark = pytest.mark.django_db
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def upload(name, content, by=None):
    return files.store_upload(SimpleUploadedFile(name, content), by=by)


def picture(kind="PNG", size=(20, 10), **options):
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, format=kind, **options)
    return out.getvalue()


def archive(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


GOOD = {
    "foto.png": picture(),
    "foto.jpg": picture("JPEG"),
    "acta.pdf": b"%PDF-1.7\n1 0 obj\n<<>>\n",
    "carta.docx": archive("[Content_Types].xml", "word/document.xml"),
    "datos.csv": "código;nombre\n1;Ana\n".encode(),
}


@pytest.mark.parametrize("name", GOOD)
def test_s40_accepted_types_are_kept_whole_under_a_random_name(name):
    stored = upload(name, GOOD[name])
    assert stored.name == name
    assert name not in files.path_of(stored)
    with default_storage.open(files.path_of(stored)) as file:
        assert len(file.read()) == stored.size_bytes


BAD = {
    "programa.exe": b"MZ",
    "pagina.html": b"<script>alert(1)</script>",
    "dibujo.svg": b"<svg onload='alert(1)'/>",
    "sin-extension": b"hola",
    "foto.png": b"<?php system($_GET['c']); ?>",
    "otra.jpg": picture("PNG"),
    "acta.pdf": b"<html>",
    "accion.pdf": b"%PDF-1.7\n<< /OpenAction << /S /JavaScript /JS (x) >> >>",
    "carta.docx": archive("hola.txt"),
    "macros.xlsx": archive("xl/workbook.xml", "xl/vbaProject.bin"),
    "roto.xlsx": b"PK\x03\x04 nada",
    "texto.txt": b"\x89PNG\r\n\x1a\n" + b"0" * 40,
    "vacio.txt": b"",
}


@pytest.mark.parametrize("name", BAD)
def test_s40_what_lies_or_is_not_listed_is_refused_and_leaves_nothing(name, tmp_path):
    with pytest.raises(RuleBroken):
        upload(name, BAD[name])
    assert not StoredFile.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_s40_too_many_bytes_pixels_or_unpacked_bytes_are_refused(settings, monkeypatch):
    settings.UPLOAD_MAX_BYTES = 1000
    with pytest.raises(RuleBroken):
        upload("a.txt", b"x" * 1001)
    settings.UPLOAD_MAX_BYTES = 10_000
    settings.UPLOAD_MAX_PIXELS = 199
    with pytest.raises(RuleBroken, match="puntos"):
        upload("a.png", picture(size=(20, 10)))
    monkeypatch.setattr(files, "ARCHIVE_BYTES_MAX", 1)
    with pytest.raises(RuleBroken, match="grande"):
        upload("a.docx", GOOD["carta.docx"])


def test_s42_images_lose_exif_and_what_follows_the_end():
    exif = Image.Exif()
    exif[0x8825] = {1: "N", 2: (4.0, 36.0, 0.0)}
    exif[0x013B] = "Autora Secreta"
    stored = upload("foto.jpg", picture("JPEG", exif=exif) + b"<script>cola</script>")
    with default_storage.open(files.path_of(stored)) as file:
        content = file.read()
    assert b"Autora" not in content
    assert b"cola" not in content
    assert not Image.open(io.BytesIO(content)).getexif()


def test_s41_a_file_is_served_as_an_attachment_that_nothing_runs():
    response = files.serve_file(upload("datos.csv", GOOD["datos.csv"]))
    assert response["Content-Disposition"] == 'attachment; filename="datos.csv"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    response.close()


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\temp\\acta.pdf", "acta.pdf"),
        ("a\r\nX-Evil: 1.txt", "aX-Evil_ 1.txt"),
        ("factura\u202egpj.exe", "facturagpj.exe"),
        ("nul\x00o.txt", "nulo.txt"),
        ("", "archivo"),
        ("...", "archivo"),
        ("ñandú año.pdf", "ñandú año.pdf"),
    ],
)
def test_s36_names_are_safe_in_headers_and_to_the_eye(name, clean):
    assert files.clean_name(name) == clean


def test_s44_a_persons_daily_quota_is_held(settings, agent, supervisor, time_machine):
    settings.UPLOAD_QUOTA_BYTES_PER_DAY = 10
    stored = upload("a.txt", b"12345678", by=agent)
    with pytest.raises(RuleBroken, match="máximo"):
        upload("b.txt", b"123", by=agent)
    upload("b.txt", b"123", by=supervisor)
    time_machine.move_to(stored.uploaded_at + timedelta(days=1, seconds=1))
    upload("b.txt", b"123", by=agent)


class _Clamd(socketserver.BaseRequestHandler):
    def handle(self):
        received = b""
        while not received.endswith(b"\0\0\0\0"):
            received += self.request.recv(65536)
        self.request.sendall(b"stream: Eicar FOUND\0" if b"EICAR" in received else b"stream: OK\0")


@pytest.fixture
def scanner(settings):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Clamd) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.UPLOAD_SCANNER = f"tcp://127.0.0.1:{server.server_address[1]}"
        yield server
        server.shutdown()


def test_s43_the_scanner_refuses_an_infected_file_and_passes_a_clean_one(scanner):
    with pytest.raises(RuleBroken, match="antivirus"):
        upload("virus.txt", EICAR)
    assert upload("limpio.txt", b"hola").state == StoredFile.State.CLEAN


def test_s43_without_an_answer_a_file_is_quarantined_and_not_served(settings, scanner):
    working = settings.UPLOAD_SCANNER
    settings.UPLOAD_SCANNER = "tcp://127.0.0.1:1"
    stored = upload("espera.txt", b"hola")
    assert stored.state == StoredFile.State.QUARANTINED
    with pytest.raises(Http404):
        files.serve_file(stored)
    assert files.rescan() == 0
    settings.UPLOAD_SCANNER = working
    assert files.rescan() == 1
    stored.refresh_from_db()
    files.serve_file(stored).close()


def test_s43_an_infected_file_stays_in_quarantine(settings, scanner):
    working = settings.UPLOAD_SCANNER
    settings.UPLOAD_SCANNER = "tcp://127.0.0.1:1"
    upload("virus.txt", EICAR)
    settings.UPLOAD_SCANNER = working
    assert files.rescan() == 0
