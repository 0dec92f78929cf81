from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DocumentsConfig(AppConfig):
    name = "apps.documents"
    label = "documents"
    verbose_name = _("Documentos")

    def ready(self) -> None:
        from django.db.models.signals import m2m_changed, post_delete, post_save

        from apps.accounts.models import Holding, Person, Position
        from apps.documents import events, following, organigram, stamps
        from apps.documents.models import Document

        events.hand_over()
        m2m_changed.connect(stamps.renew_tree, sender=Document.audience.through)
        organigram.connect()
        post_save.connect(stamps.renew_words, sender=Position)
        post_delete.connect(stamps.renew_words, sender=Position)
        post_save.connect(following.holding_changed, sender=Holding)
        post_delete.connect(following.holding_changed, sender=Holding)
        post_save.connect(following.position_changed, sender=Position)
        post_save.connect(following.person_changed, sender=Person)
        m2m_changed.connect(following.roles_changed, sender=Person.groups.through)
        m2m_changed.connect(following.audience_changed, sender=Document.audience.through)
