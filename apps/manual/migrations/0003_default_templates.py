"""What new documents of each kind begin with, until quality writes its own."""

from django.db import migrations

TEMPLATES = {
    "procedure": {
        "purpose": "Que quien atiende sepa qué hacer, en cuánto tiempo y con qué, y que la persona reciba siempre el mismo trato.",
        "scope": "A quienes atienden el caso que aquí se describe, por cualquier canal.",
        "body": "<p>Explique en dos o tres frases cuándo se usa este procedimiento y qué recibe la persona al terminar.</p>",
        "steps": "Recibir la solicitud | Salude, escuche y anote con sus palabras lo que la persona pide.\nRevisar lo necesario | Compruebe que están los datos y documentos. Si falta algo, diga qué y cómo entregarlo.\nResolver | Haga lo que corresponde o páselo a quien puede hacerlo, con una sola explicación.\nResponder | Cuente el resultado en lenguaje sencillo y confirme que quedó claro.\nDejar registro | Anote qué se hizo y cuándo, para quien atienda después.",
    },
    "protocol": {
        "purpose": "Que todos actúen igual, y a tiempo, ante una situación que no admite dudas.",
        "scope": "A quien detecte la situación y a quienes deben actuar.",
        "body": '<p>Diga con qué señales se reconoce la situación.</p><aside class="importante"><p>Si hay peligro para alguien, llame primero a emergencias.</p></aside>',
        "steps": "Reconocer la situación | Compare lo que ocurre con las señales de arriba.\nAvisar | Llame a la persona responsable de turno y diga qué, dónde y desde cuándo.\nActuar | Haga lo que le corresponde y nada que ponga a alguien en peligro.\nInformar a las personas afectadas | Diga qué pasa, qué se hace y cuándo habrá noticias.\nCerrar y aprender | Registre lo ocurrido y proponga qué mejorar.",
    },
    "policy": {
        "body": "<h2>Qué nos proponemos</h2><p>Diga en una frase el compromiso.</p><h2>A quién se aplica</h2><p>Nombre las unidades y los casos.</p><h2>Qué hacemos</h2><ul><li>Una regla por punto, en presente y sin tecnicismos.</li></ul><h2>Qué no hacemos</h2><ul><li>Lo que nunca se permite, aunque alguien lo pida.</li></ul><h2>Quién responde</h2><p>Diga quién cuida que se cumpla y a quién se pregunta.</p>",
    },
    "charter": {
        "body": "<h2>Quiénes somos</h2><p>Qué servicio damos y a quién.</p><h2>A qué nos comprometemos</h2><ul><li>Un compromiso que se pueda medir: qué, en cuánto tiempo y en qué horario.</li></ul><h2>Si no cumplimos</h2><p>Cómo reclamar, qué hacemos entonces y en cuánto tiempo respondemos.</p><h2>Cómo nos puede ayudar</h2><p>Qué necesitamos de usted para atenderle bien.</p><h2>Dónde encontrarnos</h2><p>Canales, direcciones y horarios.</p>",
    },
    "standard": {
        "body": '<h2>Qué recibe la persona</h2><p>El estándar en una frase que ella entienda.</p><h2>Cómo se mide</h2><table><tbody><tr><th scope="row">Qué se cuenta</th><td>Por ejemplo: llamadas atendidas en menos de 60 segundos.</td></tr><tr><th scope="row">Meta</th><td>Por ejemplo: 90 % al mes.</td></tr><tr><th scope="row">De dónde sale el dato</th><td>Sistema o registro.</td></tr><tr><th scope="row">Cada cuánto</th><td>Por ejemplo: cada mes.</td></tr></tbody></table><h2>Qué se hace si no se cumple</h2><p>Quién lo nota, qué se revisa y cuándo.</p>',
    },
    "case": {
        "body": "<h2>La situación</h2><p>Cuente qué pasó, con nombres inventados y sin datos que identifiquen a nadie.</p><h2>Qué se hizo</h2><p>En orden, con lo que se dijo.</p><h2>Qué salió bien y qué no</h2><ul><li>Un punto por línea.</li></ul><h2>Para pensar</h2><ol><li>¿Qué habría hecho usted?</li><li>¿Qué paso del procedimiento ayuda aquí?</li></ol>",
    },
}


def write(apps, schema_editor):
    template = apps.get_model("manual", "DocumentTemplate")
    for kind, fields in TEMPLATES.items():
        template.objects.get_or_create(kind=kind, defaults=fields)


class Migration(migrations.Migration):
    dependencies = [("manual", "0002_writing")]

    # Backwards the table goes as a whole.
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
