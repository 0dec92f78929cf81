"""The pages of the indicators: what they show, to whom, and what they do once."""

from __future__ import annotations

import io
import json
import re
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from apps.core.registry import Process, evidence, processes
from apps.indicators import services
from apps.indicators.models import Indicator, Measurement, SheetImport, Signal
from apps.indicators.services import Reading
from tests.indicators.conftest import STEADY, clones, fill

KEY = "3f0c3f2e-8f5e-4a8e-9a53-0f5f8f0a7b11"


@pytest.fixture
def beyond(indicator, quality, time_machine) -> Signal:
    """November lies beyond limits that were frozen on the year before."""
    services.set_baseline(
        indicator, from_on=date(2025, 11, 1), until_on=date(2026, 10, 31), reason="Año normal.",
        by=quality,
    )  # fmt: skip
    time_machine.move_to("2026-12-02 10:00:00-05:00")
    services.record_measurement(indicator, Reading(date(2026, 11, 1), Decimal(120)), by=quality)
    return Signal.objects.get()


def text_of(response) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return re.sub(r"\s+", " ", content.decode())


def chart_in(page: str) -> dict:
    return json.loads(re.search(r'id="tendencia-datos" type="application/json">(.*?)<', page)[1])


# Lists ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [3, 30])
def test_the_list_costs_the_same_with_more_rows(
    signed, agent, make_indicator, count, django_assert_max_num_queries
):
    clones(make_indicator(values=[80, 90]), count - 1)
    client = signed(agent)
    for name in ("indicators:list", "indicators:board"):
        client.get(reverse(name))
        with django_assert_max_num_queries(12):
            page = text_of(client.get(reverse(name)))
        assert page.count("90,0 días") >= count


def test_the_list_says_value_result_trend_and_what_waits(
    signed, agent, make_indicator, quality, other_unit, monkeypatch
):
    monkeypatch.setattr(
        processes, "_entries", {"x": lambda person: [Process("ATC-02", "ATC-02 Quejas")]}
    )
    make_indicator(values=[80, 84], process="ATC-02")
    late = make_indicator(name="Fugas", unit=other_unit, effective_on=date(2026, 9, 1))
    fill(late, [95], by=quality, until=date(2026, 9, 1))
    client, url = signed(agent), reverse("indicators:list")
    page = text_of(client.get(url))
    for said in ("84,0 días", "Cumple la meta", "Subió 4,0 días desde septiembre de 2026",
                 "ATC-02 Quejas", "No cumple la meta", "1 sin registrar"):  # fmt: skip
        assert said in page
    for query, found in (
        ("resultado=no-cumplen", ["IND-02"]),
        ("resultado=met", ["IND-01"]),
        ("resultado=con-senal", []),
        ("unidad=FAC", ["IND-02"]),
        ("proceso=ATC-02", ["IND-01"]),
        ("q=fug", ["IND-02"]),
        ("mios=1", []),
        ("orden=resultado", ["IND-02", "IND-01"]),
        ("orden=nombre", ["IND-02", "IND-01"]),
        ("resultado=nada&unidad=nadie", ["IND-01", "IND-02"]),
    ):
        page = text_of(client.get(f"{url}?{query}"))
        assert re.findall(r'class="row-link" href="/indicadores/(IND-\d+)/"', page) == found, query


def test_an_empty_house_says_what_to_do(signed, quality, agent):
    assert "Definirlo" in text_of(signed(quality).get(reverse("indicators:list")))
    assert "Todavía no hay indicadores" in text_of(signed(agent).get(reverse("indicators:board")))
    assert "Todavía no hay señales" in text_of(signed(agent).get(reverse("indicators:signals")))


def test_the_board_groups_by_unit_and_by_process(signed, agent, make_indicator, other_unit):
    make_indicator(values=[80], process="ATC-07")
    make_indicator(values=[99], unit=other_unit)
    client, url = signed(agent), reverse("indicators:board")
    page = text_of(client.get(url))
    assert page.index("Atención al cliente</h2>") < page.index("Facturación</h2>")
    assert "1 de 1 cumple" in page
    by_process = text_of(client.get(f"{url}?por=proceso"))
    assert "ATC-07</h2>" in by_process
    assert "Sin proceso</h2>" in by_process


def test_lists_are_exported_with_their_filters(signed, direction, beyond, make_indicator):
    make_indicator(name="Otro")
    client = signed(direction)
    sheet = text_of(client.get(reverse("indicators:list-export") + "?q=tiempo&formato=csv"))
    assert "IND-01" in sheet
    assert "Otro" not in sheet
    assert ";120;días;" in sheet
    signals = text_of(client.get(reverse("indicators:signals-export") + "?formato=csv"))
    assert "superó el límite superior" in signals
    entries = client.get(reverse("indicators:series-export", args=["IND-01"]) + "?formato=xlsx")
    book = load_workbook(io.BytesIO(b"".join(entries.streaming_content)))
    assert book.active.max_row == 14


# One indicator --------------------------------------------------------------------------------


def test_the_page_says_in_words_all_its_chart_shows(signed, agent, beyond):
    page = text_of(signed(agent).get(beyond.indicator.get_absolute_url()))
    config = chart_in(page)
    assert config["out"] == [12]
    assert config["series"][0]["data"][-1] == 120
    assert config["target"] == 90
    ranges = [abs(b - a) for a, b in zip(STEADY, STEADY[1:], strict=False)]
    assert config["upper"][0] == pytest.approx(sum(STEADY) / 12 + 2.66 * sum(ranges) / 11)
    for said in (
        "En noviembre de 2026 fue 120,0 días: no cumple la meta.",
        "Hay 1 señal marcada con un triángulo.",
        "Por azar se mueve entre",
        "los límites están fijados",
        "superó el límite superior",
        "Cumplió la meta en 12 de 13 períodos.",
        "Año normal.",
        "Versión 1",
    ):
        assert said in page, said
    assert "Registrar medición" not in page
    assert "Cambiarla" not in page


def test_the_page_tells_what_changed_between_definitions(signed, quality, indicator, wanted):
    services.redefine(
        indicator, wanted(target=Decimal(85), effective_on=date(2026, 11, 1)),
        reason="Meta del plan.", seen=1, by=quality,
    )  # fmt: skip
    page = text_of(signed(quality).get(indicator.get_absolute_url()))
    assert "Meta: 90,0 días → 85,0 días" in page
    assert "Meta del plan." in page


def test_gaps_are_shown_and_told(signed, quality, make_indicator):
    row = make_indicator(effective_on=date(2026, 7, 1))
    for month in (7, 8, 10):
        services.record_measurement(row, Reading(date(2026, month, 1), Decimal(80)), by=quality)
    page = text_of(signed(quality).get(row.get_absolute_url()))
    assert chart_in(page)["series"][0]["data"] == [80, 80, None, 80]
    assert "Sin medición: septiembre de 2026." in page
    assert "Falta 1 medición." in page


@pytest.mark.parametrize("count", [13, 60])
def test_the_page_costs_the_same_with_more_measurements(
    signed, agent, make_indicator, count, django_assert_max_num_queries
):
    row = make_indicator(values=[80 + at % 5 for at in range(count)])
    client = signed(agent)
    client.get(row.get_absolute_url())
    with django_assert_max_num_queries(14):
        client.get(row.get_absolute_url())


# By hand --------------------------------------------------------------------------------------


@pytest.fixture
def owed(make_indicator, supervisor) -> Indicator:
    """A share of which September and October were not recorded."""
    return make_indicator(
        shape="proportion", direction="higher", owner=supervisor, effective_on=date(2026, 9, 1)
    )


def test_by_hand_with_its_evidence_once(signed, supervisor, owed):
    client, url = signed(supervisor), reverse("indicators:record", args=["IND-01"])
    assert "septiembre de 2026" in text_of(client.get(url)).lower()
    for _post in range(2):
        sheet = SimpleUploadedFile("informe.csv", b"a;b\n1;2\n")
        answer = client.post(
            url,
            {"day": "2026-09-01", "numerator": "41", "denominator": "50", "note": "Sin feriados.",
             "evidence": sheet, "envio": KEY},
        )  # fmt: skip
        assert answer.status_code == 302
    entry = Measurement.objects.get()
    assert (entry.value, entry.entered_by, entry.note) == (82, supervisor, "Sin feriados.")
    page = text_of(client.get(reverse("indicators:period", args=["IND-01", "2026-09-01"])))
    assert "41 de 50" in page
    file = client.get(reverse("indicators:evidence", args=["IND-01", entry.pk]))
    assert b"".join(file.streaming_content) == b"a;b\n1;2\n"


TYPED_WRONG = [
    ({"numerator": "60"}, "No puede ser mayor que el denominador."),
    ({"numerator": "mucho"}, "Escriba un número. Por ejemplo: 87,5."),
    ({"numerator": "1.234"}, "sin separador de miles"),
    ({"numerator": "1.234,5"}, "sin separador de miles"),
    ({"denominator": "0"}, "mayor que cero"),
    ({"day": "2026-11-01"}, "Elija un período de la lista."),
    ({"evidence": SimpleUploadedFile("x.exe", b"MZ")}, "Ese tipo de archivo no se acepta"),
]


def test_what_is_wrong_is_told_and_what_was_typed_is_kept(signed, supervisor, owed):
    client, url = signed(supervisor), reverse("indicators:record", args=["IND-01"])
    data = {"day": "2026-09-01", "numerator": "41", "denominator": "50", "note": "Mi nota."}
    for typed, said in TYPED_WRONG:
        answer = client.post(url, {**data, **typed})
        page = text_of(answer)
        assert answer.status_code == 422, typed
        assert said in page, typed
        assert "Mi nota." in page
    assert not Measurement.objects.exists()


def test_decimal_commas_are_understood(signed, quality, make_indicator):
    make_indicator(effective_on=date(2026, 10, 1))
    url = reverse("indicators:record", args=["IND-01"])
    signed(quality).post(url, {"day": "2026-10-01", "value": "87,25", "note": ""})
    assert Measurement.objects.get().value == Decimal("87.25")


def test_nothing_to_record_is_said(signed, quality, indicator):
    page = text_of(signed(quality).get(reverse("indicators:record", args=["IND-01"])))
    assert "No falta ninguna medición" in page
    assert "noviembre de 2026" in page


def test_others_neither_record_nor_correct(signed, agent, direction, indicator):
    for person in (agent, direction):
        client = signed(person)
        for url in (
            reverse("indicators:record", args=["IND-01"]),
            reverse("indicators:correct", args=["IND-01", "2026-10-01"]),
            reverse("indicators:withdraw", args=["IND-01", "2026-10-01"]),
            reverse("indicators:baseline", args=["IND-01"]),
        ):
            assert client.get(url).status_code == 403
            assert client.post(url, {"value": "1", "reason": "x"}).status_code == 403
    assert indicator.measurements.count() == 12


def test_cic09_corrected_on_its_page(signed, supervisor, indicator, last):
    client = signed(supervisor)
    url = reverse("indicators:correct", args=["IND-01", "2026-10-01"])
    page = text_of(client.get(url))
    assert 'value="82"' in page
    data = {"value": "88,5", "note": "", "reason": "", "seen": last.pk}
    assert client.post(url, data).status_code == 422
    assert client.post(url, data | {"reason": "Faltaban casos."}).status_code == 302
    page = text_of(client.get(reverse("indicators:period", args=["IND-01", "2026-10-01"])))
    assert "Corregida: 88,5 días" in page
    assert "Registrada: 82,0 días" in page
    assert "Por qué: Faltaban casos." in page


def test_a_stale_correction_is_refused_and_shown(signed, supervisor, quality, indicator, last):
    services.correct_measurement(
        last, Reading(last.period_start, Decimal(70)), reason="Otra vez.", by=quality
    )
    answer = signed(supervisor).post(
        reverse("indicators:correct", args=["IND-01", "2026-10-01"]),
        {"value": "88", "note": "", "reason": "La mía.", "seen": last.pk},
    )
    page = text_of(answer)
    assert answer.status_code == 422
    assert "ya corrigió esta medición" in page
    assert "Ahora dice 70,0 días." in page
    assert "La mía." in page


def test_withdrawn_on_its_page(signed, quality, indicator, last):
    client, url = signed(quality), reverse("indicators:withdraw", args=["IND-01", "2026-10-01"])
    assert "queda sin medición válida" in text_of(client.get(url))
    client.post(url, {"reason": "Era de otra oficina."})
    page = text_of(client.get(reverse("indicators:period", args=["IND-01", "2026-10-01"])))
    assert "Sin medición válida" in page
    assert "Sin medición: octubre de 2026." in text_of(client.get(indicator.get_absolute_url()))


def test_a_period_nobody_measured_is_no_page(signed, agent, indicator):
    client = signed(agent)
    assert client.get("/indicadores/IND-01/2026-01-01/").status_code == 200
    for day in ("2026-02-31", "2026-01-02", "2019-10-01"):
        assert client.get(f"/indicadores/IND-01/{day}/").status_code == 404


# Defining -------------------------------------------------------------------------------------

DEFINITION = {
    "code": "IND-07", "name": "Espera en oficina", "purpose": "Cuidar el tiempo.",
    "formula": "Mediana de los minutos.", "source": "Turnos", "shape": "value",
    "measure": "minutos", "per": "1", "decimals": "1", "lowest": "0", "highest": "",
    "direction": "lower", "target": "15", "tolerance": "2,5", "warning_at": "20",
    "critical_at": "", "unit": "ATC", "process": "", "frequency": "month", "grace_days": "10",
    "effective_on": "2026-11-01", "feed": "hand", "metric": "", "run_length": "8",
}  # fmt: skip


def test_defined_in_the_browser_and_found_by_search(signed, quality, unit):
    client = signed(quality)
    assert "IND-01" in text_of(client.get(reverse("indicators:new")))
    answer = client.post(reverse("indicators:new"), DEFINITION | {"owner": quality.pk})
    assert answer.url == "/indicadores/IND-07/"
    row = Indicator.objects.get()
    assert (row.current.tolerance, row.current.warning_at) == (Decimal("2.5"), 20)
    assert "/indicadores/IND-07/" in text_of(client.get(reverse("portal:search") + "?q=espera"))


def test_a_definition_that_contradicts_itself_is_told_at_its_field(signed, quality, unit):
    answer = signed(quality).post(
        reverse("indicators:new"), DEFINITION | {"owner": quality.pk, "warning_at": "10"}
    )
    page = text_of(answer)
    assert answer.status_code == 422
    assert "el umbral va por encima de la meta más la tolerancia" in page
    assert "Mediana de los minutos." in page


def test_redefined_in_the_browser_and_stale_told(signed, quality, indicator, wanted):
    client, url = signed(quality), reverse("indicators:redefine", args=["IND-01"])
    page = text_of(client.get(url))
    assert 'value="2026-11-01"' in page
    data = DEFINITION | {"owner": quality.pk, "reason": "Plan nuevo.", "seen": "1", "name": "Mío"}
    data.pop("code")
    services.redefine(
        indicator, wanted(name="Suyo", effective_on=date(2026, 11, 1)), reason="Antes.", seen=1,
        by=quality,
    )  # fmt: skip
    answer = client.post(url, data)
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Suyo" in page
    assert "Mío" in page
    assert client.post(url, data | {"seen": "2"}).status_code == 302
    indicator.refresh_from_db()
    assert (indicator.current.number, indicator.current.name) == (3, "Mío")


def test_retired_and_brought_back(signed, quality, indicator):
    client = signed(quality)
    client.post(reverse("indicators:retire", args=["IND-01"]), {"reason": "Lo reemplaza otro."})
    page = text_of(client.get(indicator.get_absolute_url()))
    assert "Retirado el 24 de noviembre de 2026." in page
    assert "IND-01" not in text_of(client.get(reverse("indicators:list")))
    assert "IND-01" in text_of(client.get(reverse("indicators:list") + "?resultado=retirado"))
    url = reverse("indicators:bring-back", args=["IND-01"])
    assert "vuelve a medirse" in text_of(client.get(url))
    client.post(url)
    indicator.refresh_from_db()
    assert not indicator.is_retired


# Limits and signals ---------------------------------------------------------------------------


def test_cic10_limits_are_fixed_on_their_page_with_a_reason(signed, quality, indicator):
    client, url = signed(quality), reverse("indicators:baseline", args=["IND-01"])
    span = {"from_on": "2025-11-01", "until_on": "2026-10-31"}
    assert client.post(url, span | {"reason": ""}).status_code == 422
    assert client.post(url, span | {"from_on": "2026-01-01", "reason": "x"}).status_code == 422
    assert not indicator.baselines.exists()
    client.post(url, span | {"reason": "Proceso nuevo desde noviembre."})
    assert "Proceso nuevo desde noviembre." in text_of(client.get(indicator.get_absolute_url()))


def test_a_signal_is_explained_on_its_page(signed, quality, agent, beyond):
    url, client = beyond.get_absolute_url(), signed(quality)
    others = text_of(signed(agent).get(url))
    assert "La debe explicar Clara" in others
    assert "Guardar la explicación" not in others
    assert signed(agent).post(url, {"cause": "a", "response": "b"}).status_code == 200
    answer = client.post(url, {"cause": "Paró la planta.", "response": ""})
    assert answer.status_code == 422
    assert "Paró la planta." in text_of(answer)
    client.post(url, {"cause": "Paró la planta.", "response": "Se revisó el turno."})
    beyond.refresh_from_db()
    assert (beyond.state, beyond.answered_by) == ("answered", quality)
    assert "Se revisó el turno." in text_of(client.get(url))
    signals = text_of(client.get(reverse("indicators:signals") + "?estado=answered&q=ind-01"))
    assert "Paró la planta." in signals
    none = text_of(client.get(reverse("indicators:signals") + "?estado=open"))
    assert "No hay señales con estos filtros" in none


# By file --------------------------------------------------------------------------------------


def sheet_of(*lines: str, name: str = "m.csv") -> SimpleUploadedFile:
    head = "indicador;periodo;valor;numerador;denominador;nota"
    return SimpleUploadedFile(name, "\n".join([head, *lines]).encode())


def send(client, upload) -> SheetImport:
    answer = client.post(reverse("indicators:import"), {"sheet": upload})
    assert answer.status_code == 302, text_of(answer)
    return SheetImport.objects.get(pk=answer.url.split("/")[-2])


def test_by_file_with_a_dry_run_then_all_at_once(signed, quality, make_indicator):
    make_indicator()
    make_indicator(shape="proportion", direction="higher")
    client = signed(quality)
    run = send(
        client,
        sheet_of("IND-01;2026-09;81,5;;;", "ind-01;2026-10;84;;;Nota", "IND-02;15/10/2026;;45;60;"),
    )
    page = text_of(client.get(reverse("indicators:import-run", args=[run.pk])))
    assert "Registrar 81,5 días en septiembre de 2026" in page
    assert "Registrar 75,0 % en octubre de 2026" in page
    assert not Measurement.objects.exists()
    for _twice in range(2):
        client.post(reverse("indicators:import-apply", args=[run.pk]))
    assert Measurement.objects.count() == 3
    assert set(Measurement.objects.values_list("origin", "evidence")) == {("file", run.file_id)}


WRONG = {
    "IND-99;2026-09;1;;;": "No existe el indicador IND-99.",
    ";2026-09;1;;;": "Falta el código",
    "IND-01;ayer;1;;;": "El período no se entiende",
    "IND-01;2026-T3;1;;;": "El período no se entiende",
    "IND-01;2026-13;1;;;": "El período no se entiende",
    "IND-01;2026-11;1;;;": "Noviembre de 2026 no ha terminado",
    "IND-01;2027-05;1;;;": "Mayo de 2027 no ha terminado",
    "IND-01;2026-07;2;;;": "Julio de 2026 ya tiene una medición",  # the first line's
    "IND-01;2026-08;1;;;": "Agosto de 2026 ya tiene una medición",
    "IND-01;2026-09;mucho;;;": "«valor» no es un número",
    "IND-01;2026-09;12 345;;;": "«valor» no es un número",
    "IND-01;2026-09;;;;": "Escriba el valor.",
    "IND-01;2026-09;=1+1;;;": "es una fórmula",
    "IND-02;2026-09;50;;;": "Escriba el numerador.",
    "IND-03;2026-09;1;;;": "se alimenta del propio portal",
    "IND-04;2026-09;1;;;": "Usted no registra mediciones",
}


def test_every_wrong_line_is_told_and_nothing_is_written(
    signed, supervisor, make_indicator, other_unit
):
    row = make_indicator()
    fill(row, [80], by=row.current.owner, until=date(2026, 8, 1))
    make_indicator(shape="proportion", direction="higher")
    make_indicator(feed="metric", metric="manual.procedures_changed")
    make_indicator(unit=other_unit)
    client = signed(supervisor)
    run = send(client, sheet_of("IND-01;2026-07;80;;;", *WRONG))
    right, *wrong = run.kept_lines()
    assert (right.faults, run.faulty, run.file) == ([], len(WRONG), None)
    for line, (text, said) in zip(wrong, WRONG.items(), strict=True):
        assert said in " ".join(line.faults), text
    page = text_of(client.get(reverse("indicators:import-run", args=[run.pk]) + "?ver=errores"))
    assert page.count("Con errores</span>") == len(WRONG)
    client.post(reverse("indicators:import-apply", args=[run.pk]))
    assert Measurement.objects.count() == 1


@pytest.mark.parametrize("other", ["1.5", "1.234,5"])
def test_commas_and_points_in_one_file_are_refused(signed, quality, make_indicator, other):
    make_indicator()
    lines = ("IND-01;2026-07;7;;;", "IND-01;2026-09;1,5;;;", f"IND-01;2026-10;{other};;;")
    run = send(signed(quality), sheet_of(*lines))
    faults = [" ".join(line.faults) for line in run.kept_lines()]
    assert faults[0] == ""
    assert all("mezcla comas y puntos decimales" in fault for fault in faults[1:])


def test_a_workbook_is_read_too_and_its_template_names_what_is_owed(
    signed, quality, make_indicator
):
    make_indicator(effective_on=date(2026, 10, 1))
    client = signed(quality)
    template = client.get(reverse("indicators:import-template") + "?formato=xlsx")
    book = load_workbook(io.BytesIO(b"".join(template.streaming_content)))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[1][:3] == ("IND-01", "Tiempo de respuesta", "2026-10")
    filled, out = Workbook(), io.BytesIO()
    filled.active.append(rows[0])
    filled.active.append([*rows[1][:3], 81.25, None, None, None])
    filled.save(out)
    run = send(client, SimpleUploadedFile("m.xlsx", out.getvalue()))
    client.post(reverse("indicators:import-apply", args=[run.pk]))
    assert Measurement.objects.get().value == Decimal("81.25")


@pytest.mark.parametrize(
    ("upload", "said"),
    [
        (SimpleUploadedFile("m.pdf", b"%PDF-1.4"), "CSV o XLSX"),
        (SimpleUploadedFile("m.csv", b"valor\n1\n"), "Faltan columnas"),
        (SimpleUploadedFile("m.csv", b"indicador;periodo\n"), "ninguna fila con datos"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_at_its_field(signed, quality, upload, said):
    answer = signed(quality).post(reverse("indicators:import"), {"sheet": upload})
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_a_line_that_no_longer_fits_stops_the_whole_import(signed, quality, make_indicator):
    row = make_indicator()
    client = signed(quality)
    run = send(client, sheet_of("IND-01;2026-09;81;;;", "IND-01;2026-10;82;;;"))
    services.record_measurement(row, Reading(date(2026, 10, 1), Decimal(90)), by=quality)
    page = text_of(client.post(reverse("indicators:import-apply", args=[run.pk]), follow=True))
    assert "Hay filas con errores" in page
    assert Measurement.objects.count() == 1


def test_a_sheet_is_its_owners_alone(signed, quality, supervisor, make_indicator):
    make_indicator()
    run = send(signed(quality), sheet_of("IND-01;2026-09;81;;;"))
    client = signed(supervisor)
    for name in ("import-run", "import-apply"):
        url = reverse(f"indicators:{name}", args=[run.pk])
        answer = client.post(url) if name == "import-apply" else client.get(url)
        assert answer.status_code == 404
    assert not Measurement.objects.exists()


# By the portal --------------------------------------------------------------------------------


def test_the_portal_feeds_what_ended_once_and_says_what_it_does_not_know(
    signed, quality, make_indicator, monkeypatch
):
    from apps.core.registry import Measure, Metric, metrics

    def measure(start: date, end: date) -> Measure | None:
        if start.month == 9:
            return None
        return Measure(numerator=Decimal(start.month), denominator=Decimal(20))

    metric = Metric("Prueba", "Así.", "Aquí.", "proportion", "%", measure)
    monkeypatch.setattr(metrics, "_entries", {**dict(metrics), "prueba": metric})
    row = make_indicator(
        shape="proportion", direction="higher", feed="metric", metric="prueba",
        effective_on=date(2026, 8, 1),
    )  # fmt: skip
    assert services.feed_all(date(2026, 11, 24)) == 2
    assert services.feed_all(date(2026, 11, 24)) == 0
    entries = row.measurements.order_by("period_start")
    assert [(entry.value, entry.entered_by, entry.origin) for entry in entries] == [
        (40, None, "metric"), (50, None, "metric"),
    ]  # fmt: skip
    page = text_of(signed(quality).get(row.get_absolute_url()))
    assert "El portal no tiene datos de: septiembre de 2026." in page
    assert "Registrar medición" not in page
    record = signed(quality).get(reverse("indicators:record", args=["IND-01"]))
    assert "lo mide el propio portal" in text_of(record)
    with pytest.raises(services.measuring.RuleBroken, match="se alimenta del portal"):
        services.record_measurement(
            row, Reading(date(2026, 9, 1), numerator=Decimal(1), denominator=Decimal(2)),
            by=quality,
        )  # fmt: skip


def test_a_steady_year_has_no_signals_and_says_so(signed, agent, indicator):
    page = text_of(signed(agent).get(indicator.get_absolute_url()))
    assert "No hay señales: lo que sube y baja dentro de los límites es lo normal" in page
    assert len(chart_in(page)["series"][0]["data"]) == len(STEADY)


# What hangs on it ----------------------------------------------------------------------------


def test_an_indicator_and_its_signal_lead_to_what_came_of_them(signed, supervisor, beyond, unit):
    from apps.improvement import services as improvement

    client = signed(supervisor)
    page = text_of(client.get(beyond.get_absolute_url()))
    assert f"?de=signal&amp;clave={beyond.pk}" in page
    finding = improvement.report(
        title="Pico de octubre", text="Subió de golpe en octubre.", kind="signal", unit=unit,
        origin_kind="signal", origin_key=beyond.pk, by=supervisor,
    )  # fmt: skip
    for where in (beyond, beyond.indicator):
        page = text_of(client.get(where.get_absolute_url()))
        assert finding.get_absolute_url() in page, where
    assert beyond.get_absolute_url() in text_of(client.get(finding.get_absolute_url()))


def test_1_1_5_is_met_by_indicators_that_are_measured_in_time(make_indicator):
    def said():
        found = evidence.get("1.1.5")()
        return found.state, found.counts

    assert said() == ("unmet", {"done": 0, "total": 0})
    make_indicator(values=[80, 81, 82], effective_on=date(2026, 8, 1))
    late = said()
    make_indicator()
    assert said()[1]["total"] == 2
    assert (late[1]["total"], said()[0] in ("late", "unmet")) == (1, True)
