"""From a number out of the ordinary to an action that worked, in a browser (issue 4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.improvement.models import Action, Finding
from apps.indicators.models import Indicator, Signal
from apps.indicators.periods import period_of

pytestmark = [pytest.mark.browser, pytest.mark.slow(reason="drives a browser")]
CODE = "IND-90"
STEADY = ("4,1", "3,8", "4,0", "4,3", "3,9", "4,2", "4,1", "3,7", "4,0", "4,2", "3,9", "4,1", "4,0")
OWNER = "Beatriz Elena Arango Villegas"


def months(count: int):
    """Ended months, oldest first."""
    found = [period_of(timezone.localdate(), "month").previous()]
    while len(found) < count:
        found.append(found[-1].previous())
    return found[::-1]


def press(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page, name: str) -> None:
    page.get_by_role("link", name=name).first.click()


def define(page, begun) -> None:
    """An indicator of hours, where less is better."""
    page.fill("#id_code", CODE)
    page.fill("#id_name", "Horas para confirmar un pago")
    page.fill("#id_purpose", "Saber si quien paga recupera pronto el servicio.")
    page.fill("#id_formula", "Horas entre el pago y su confirmación, en promedio.")
    page.fill("#id_source", "Registro de recaudo")
    page.check("input[name=shape][value=value]")
    page.fill("#id_measure", "horas")
    page.check("input[name=direction][value=lower]")
    page.fill("#id_target", "6")
    page.select_option("#id_unit", index=1)
    page.select_option("#id_owner", label="Paula Andrea Montoya Quintero")
    page.fill("#id_effective_on", begun.isoformat())
    page.check("input[name=feed][value=hand]")
    page.locator("main form button.btn-primary").click()


def test_cic09_cic10_cic16_cic20_a_signal_is_treated_until_it_works(visit, tmp_path):
    """Defined, fed by sheet and by hand (the demo has one that the portal feeds), out of its
    limits, found, analysed, done, verified as not effective, followed up, verified."""
    spans = months(len(STEADY) + 1)
    calidad = visit("calidad", "/indicadores/nuevo/")
    define(calidad, spans[0].start)
    calidad.wait_for_url(f"**/indicadores/{CODE}/")
    assert Indicator.objects.filter(current__feed="metric").exclude(latest=None).exists()

    # A sheet whose last line is of a month to come says so and writes nothing; mended, all of it.
    ahead = period_of(timezone.localdate(), "month")
    rows = [
        f"{CODE};{span.start:%Y-%m};{value}" for span, value in zip(spans, STEADY, strict=False)
    ]
    sheet = tmp_path / "mediciones.csv"
    for lines in ([*rows, f"{CODE};{ahead.start:%Y-%m};4,0"], rows):
        sheet.write_text("\n".join(["indicador;periodo;valor", *lines]), "utf-8")
        calidad.goto("/indicadores/importar/")
        calidad.set_input_files("#id_sheet", sheet)
        press(calidad, "Probar el archivo")
        if lines is not rows:
            calidad.get_by_text("1 fila tiene errores.").wait_for()
            assert Indicator.objects.get(code=CODE).latest is None
    press(calidad, "Registrar ahora")
    calidad.get_by_text("Se registró todo el").wait_for()
    assert not Signal.objects.filter(indicator__code=CODE).exists()

    # By hand: far beyond the limits. Only that is a signal, and it asks its owner.
    calidad.goto(f"/indicadores/{CODE}/registrar/")
    calidad.fill("#id_value", "9,6")
    calidad.locator("main form button.btn-primary").click()
    signal = Signal.objects.filter(indicator__code=CODE).earliest("pk")
    calidad.goto("/inicio/")
    calidad.locator(f"main a[href='{signal.get_absolute_url()}']").first.click()

    # The finding begins from the signal and leads back to it.
    follow(calidad, "Registrar un hallazgo")
    calidad.fill("#id_title", "Los pagos se confirman tarde")
    calidad.fill("#id_text", "En el último mes tardaron más del doble de lo acostumbrado.")
    calidad.select_option("#id_unit", index=1)
    calidad.select_option("#id_owner", label="Paula Andrea Montoya Quintero")
    calidad.locator("main form button.btn-primary").click()
    calidad.wait_for_url("**/mejora/hallazgos/*/")
    finding = Finding.objects.get(origin_kind="signal", origin_key=signal.pk)
    calidad.goto(signal.get_absolute_url())
    calidad.locator(f"main a[href='{finding.get_absolute_url()}']").click()

    # Two whys, the second is the root; then what will be done.
    here = finding.get_absolute_url()
    calidad.goto(f"{here}causas/")
    for why in ("El archivo del banco llega al día siguiente", "Nadie pidió la carga de la tarde"):
        calidad.fill("#id_text", why)
        calidad.select_option("#id_kind", index=1)
        if why.startswith("Nadie"):
            calidad.select_option("#id_why_of", index=1)
            calidad.check("#id_is_root")
        press(calidad, "Añadir")
        calidad.get_by_text(why).first.wait_for()
    conclude(calidad, "La carga de la tarde nunca se pidió al banco.")
    calidad.goto(f"{here}accion/")
    calidad.select_option("#id_kind", "corrective")
    calidad.fill("#id_title", "Pedir al banco una segunda carga")
    calidad.select_option("#id_owner", label="Paula Andrea Montoya Quintero")
    calidad.select_option("#id_unit", index=1)
    calidad.fill("#id_due_on", str(timezone.localdate() + timedelta(days=20)))
    calidad.select_option("#id_checker", label=OWNER)
    calidad.fill("#id_check_days", "1")
    calidad.select_option("#id_indicator", str(signal.indicator_id))
    calidad.locator("main form button.btn-primary").click()
    calidad.wait_for_url("**/mejora/acciones/*/")
    action = Action.objects.get(finding=finding)
    carry_out(calidad, action)

    # Whoever did it cannot say that it worked; another person says that it did not.
    assert not calidad.get_by_role("link", name="Verificar si funcionó").count()
    direccion = visit("direccion", "/inicio/")
    following = verify(direccion, action, "not_effective")
    assert following.follows_id == action.pk
    # What did not work was no cure: the cause is looked for again before the next begins.
    calidad.goto(following.get_absolute_url())
    follow(calidad, "Analizar las causas")
    conclude(calidad, "El banco manda la segunda carga, pero nadie la abre después de las cinco.")
    carry_out(calidad, following)
    verify(direccion, following, "effective")

    # The thread, from either end.
    direccion.goto(f"{following.get_absolute_url()}traza/")
    follow(direccion, action.code)
    follow(direccion, "Ver la traza")
    thread = direccion.locator("ol.thread").inner_text()
    for name in (
        finding.code,
        action.code,
        following.code,
        CODE,
        "nadie la abre después de las cinco",
    ):
        assert name in thread, name
    direccion.locator(f"ol.thread a[href='{signal.get_absolute_url()}']").first.click()
    assert direccion.url.endswith(signal.get_absolute_url())


def conclude(page, cause: str) -> None:
    follow(page, "Concluir el análisis")
    page.fill("#id_root_cause", cause)
    page.locator("main form button.btn-primary").click()
    page.get_by_text(cause).first.wait_for()


def carry_out(page, action: Action) -> None:
    """Begun, shown and said to be done, by its owner."""
    page.goto(action.get_absolute_url())
    press(page, "Empezar")
    follow(page, "Añadir evidencia")
    page.fill("#id_text", "Correo del banco que confirma la segunda carga.")
    page.locator("main form button.btn-primary").click()
    page.get_by_text("Correo del banco").first.wait_for()
    follow(page, "Dar por hecha")
    page.locator("main form button.btn-primary").click()
    page.get_by_role("link", name="Ver la traza").wait_for()
    action.refresh_from_db()
    assert action.state == "done"


def verify(page, action: Action, outcome: str) -> Action:
    """What another person found once the day of the check came; the action that follows, or the
    same one."""
    Action.objects.filter(pk=action.pk).update(check_on=timezone.localdate())
    page.goto(action.get_absolute_url())
    follow(page, "Verificar si funcionó")
    page.check(f"input[name=outcome][value={outcome}]")
    page.fill("#id_conclusion", "Se miraron los pagos de una semana entera, hora por hora.")
    page.locator("main form button.btn-primary").click()
    page.get_by_role("link", name="Ver la traza").wait_for()
    action.refresh_from_db()
    assert action.state == outcome
    return Action.objects.filter(follows=action).first() or action
