"""The kinds of causes a portal begins with; quality changes them as it likes."""

from django.db import migrations

FIRST = (
    ("people", "Formación insuficiente", "Nadie enseñó a hacerlo, o hace mucho"),
    ("people", "Falta de personal", "Más trabajo del que alcanza a hacerse"),
    ("people", "Descuido o cansancio", "Se sabía hacer y se hizo mal"),
    ("method", "No hay procedimiento", "Cada quien lo hace a su manera"),
    ("method", "Procedimiento confuso o desactualizado", "Se lee y no se sabe qué hacer"),
    ("method", "No se sigue el procedimiento", "Está escrito y se hace otra cosa"),
    ("method", "Responsabilidad poco clara", "Todos creen que le toca a otra persona"),
    ("tools", "Falla de un sistema", "Se cae, se demora o calcula mal"),
    ("tools", "Equipo o herramienta inadecuada", "No sirve, falta o está vencida"),
    ("information", "Dato errado o incompleto", "La dirección o el medidor no coinciden"),
    ("information", "Comunicación que no llega", "El cliente o el área no se enteró"),
    ("measurement", "No se mide", "Nadie sabe cuánto pasa"),
    ("measurement", "Se mide mal o tarde", "El dato llega cuando ya no sirve"),
    ("context", "Proveedor o contratista", "Depende de un tercero que no cumple"),
    ("context", "Clima, vías u orden público", "Lluvias, cierres, zonas de difícil acceso"),
)


def add(apps, schema_editor):
    kinds = apps.get_model("improvement", "CauseKind")
    for order, (branch, title, example) in enumerate(FIRST, start=1):
        kinds.objects.get_or_create(
            title=title, defaults={"branch": branch, "example": example, "order": order * 10}
        )


def take_away(apps, schema_editor):
    kinds = apps.get_model("improvement", "CauseKind")
    used = apps.get_model("improvement", "Cause").objects.values("kind")
    titles = [title for _branch, title, _example in FIRST]
    kinds.objects.filter(title__in=titles).exclude(pk__in=used).delete()


class Migration(migrations.Migration):
    dependencies = [("improvement", "0001_initial")]

    operations = [migrations.RunPython(add, take_away)]
