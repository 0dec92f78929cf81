"""A version from the desk of who writes it to those who follow it, in a browser (issue 3)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.documents import jobs
from apps.documents.models import Acknowledgement, Feedback, Version
from apps.notifications.models import Notice

pytestmark = [pytest.mark.browser, pytest.mark.slow(reason="drives a browser")]
CODE = "ATC-04.6"
PURPOSE = "Que la persona sepa en un día si su tarifa cambia."


def test_m7_m9_m15_m16_m20_a_version_from_its_draft_to_its_readers(visit, watch, time_machine):
    """Sent to review, refused to its author, approved by another, brought into force by the job,
    accepted by who uses it, and a step disagreed with and answered. F14 is held elsewhere."""
    calidad = visit("calidad", f"/manual/{CODE}/borrador/")
    calidad.check("input[value=major]")
    calidad.get_by_role("button", name="Empezar").click()
    # The connection is cut while writing: the text stays on the page and is kept when it is back.
    calidad.wait_for_selector("#id_body-editor")
    calidad.route("**/borrador/guardar/", lambda route: route.abort())
    calidad.fill("#id_purpose", PURPOSE)
    calidad.get_by_text("No se pudo guardar el borrador.").wait_for()
    calidad.unroute("**/borrador/guardar/")
    with calidad.expect_response("**/borrador/guardar/") as kept:
        calidad.evaluate("dispatchEvent(new Event('online'))")
    assert kept.value.status == 200
    calidad.reload()
    watch.complaints = [said for said in watch.complaints if "ERR_FAILED" not in said]
    assert calidad.input_value("#id_purpose") == PURPOSE
    version = Version.objects.get(document__code=CODE, state="draft")
    here = f"/documentos/{CODE}/versiones/{version.number}/revision/"

    calidad.get_by_role("link", name="Enviar a revisión").click()
    calidad.select_option("#id_approver_1", label="Beatriz Elena Arango Villegas")
    calidad.fill("#id_justification", "La tarifa se decide ahora en un día, sin visita previa.")
    calidad.get_by_role("button", name="Enviar a revisión").click()
    calidad.get_by_text("Quienes aprueban ya recibieron el aviso.").wait_for()

    # M7: whoever wrote it is offered no decision, and refused one by address too.
    calidad.goto(here)
    assert not calidad.get_by_role("button", name="Aprobar").count()
    direccion = visit("direccion", "/inicio/")
    direccion.get_by_role("link", name=f"Aprobar {CODE}").click()
    seen = direccion.input_value("input[name=seen]")
    token = calidad.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    refused = calidad.request.post(
        f"/documentos/{CODE}/versiones/{version.number}/aprobar/",
        form={"csrfmiddlewaretoken": token, "seen": seen, "effective_on": str(tomorrow())},
        headers={"referer": calidad.url},
    )
    assert refused.status in (403, 422)

    # M9: approved for tomorrow; readers stay with the version before until the job has run.
    direccion.fill("#decidir input[name=effective_on]", str(tomorrow()))
    direccion.get_by_role("button", name="Aprobar").click()
    version.refresh_from_db()
    assert version.state == "approved"
    jobs.ask_readers_of(version.pk)
    jobs.bring_due_versions_into_force()
    version.refresh_from_db()
    assert version.state == "approved"
    time_machine.move_to(timezone.now() + timedelta(days=1))
    jobs.bring_due_versions_into_force()
    time_machine.move_to(timezone.now() - timedelta(days=1))
    version.refresh_from_db()
    assert version.state == "in_force"

    # M15, M16: who uses it reads and accepts it.
    agente = visit("agente", "/inicio/")
    agente.get_by_role("link", name=f"Leer y aceptar {CODE}").click()
    agente.check("input[name=entendido]")
    agente.get_by_role("button", name="Aceptar").click()
    agente.get_by_text("Ya aceptó este documento.").wait_for()
    proof = Acknowledgement.objects.get(version=version)
    assert proof.person.email == "agente@demo.cauce.test"
    assert proof.content_hash == version.content_hash

    # M20: a step is disagreed with, and who wrote it learns what came of it.
    agente.goto(f"/manual/{CODE}/")
    agente.get_by_text(f"Versión {version.number}", exact=True).first.wait_for()
    agente.locator("ol.steps").get_by_role("link", name="Comentar").first.click()
    agente.get_by_label("Está equivocado").check()
    agente.fill("#id_text", "Este paso pide un papel que ya no existe en la oficina.")
    agente.get_by_role("button", name="Enviar comentario").click()
    row = Feedback.objects.get(document__code=CODE)
    assert row.part.startswith("step:")
    calidad.goto(reverse("reach:feedback", args=[row.pk]))
    calidad.check("input[name=accept][value=si]")
    calidad.fill("#id_reason", "Tiene razón: la próxima versión ya no lo pide.")
    calidad.get_by_role("button", name="Enviar respuesta").click()
    row.refresh_from_db()
    assert row.state == "accepted"
    told = Notice.objects.get(
        person__email="agente@demo.cauce.test", kind="feedback_answered", title__contains=CODE
    )
    agente.goto(told.url)
    agente.get_by_text("Tiene razón: la próxima versión ya no lo pide.").wait_for()


def tomorrow():
    return timezone.localdate() + timedelta(days=1)
