"""Addresses of people and the organisation, and of the door."""

from django.urls import path

from apps.accounts.urls_door import door_urlpatterns
from apps.accounts.views import absences, activity, imports, organisation, people, resets, roles

app_name = "accounts"
organisation_urlpatterns = [
    path("organizacion/", organisation.organigram, name="organigram"),
    path("organizacion/vacantes/", organisation.gaps, name="gaps"),
    path("organizacion/unidades/nueva/", organisation.new_unit, name="unit-new"),
    path("organizacion/unidades/<int:pk>/", organisation.unit, name="unit"),
    path("organizacion/unidades/<int:pk>/cambiar/", organisation.edit_unit, name="unit-edit"),
    path("organizacion/unidades/<int:pk>/retirar/", organisation.retire_unit, name="unit-retire"),
    path("organizacion/cargos/nuevo/", organisation.new_position, name="position-new"),
    path("organizacion/cargos/<int:pk>/", organisation.position, name="position"),
    path("organizacion/cargos/<int:pk>/cambiar/", organisation.edit_position, name="position-edit"),
    path(
        "organizacion/cargos/<int:pk>/retirar/",
        organisation.retire_position,
        name="position-retire",
    ),
    path("organizacion/cargos/<int:pk>/asignar/", organisation.assign, name="position-assign"),
    path(
        "organizacion/titularidades/<int:pk>/terminar/",
        organisation.end_holding,
        name="holding-end",
    ),
    path("organizacion/personas/", people.people, name="people"),
    path("organizacion/personas/exportar/", people.export_people, name="people-export"),
    path("organizacion/personas/invitar/", people.invite, name="invite"),
    path("organizacion/personas/<int:pk>/", people.person, name="person"),
    path("organizacion/personas/<int:pk>/cambiar/", people.edit_person, name="person-edit"),
    path("organizacion/personas/<int:pk>/invitar/", people.resend, name="invitation-resend"),
    path("organizacion/personas/<int:pk>/anular/", people.revoke, name="invitation-revoke"),
    path("organizacion/personas/<int:pk>/desactivar/", people.deactivate, name="deactivate"),
    path("organizacion/personas/<int:pk>/activar/", people.reactivate, name="reactivate"),
    path("organizacion/personas/<int:pk>/roles/", people.person_roles, name="person-roles"),
    path("organizacion/personas/<int:pk>/ausencia/", absences.add, name="absence-new"),
    path("organizacion/personas/<int:pk>/restablecer/", resets.ask, name="reset-ask"),
    path("organizacion/ausencias/<int:pk>/quitar/", absences.cancel, name="absence-cancel"),
    path("organizacion/segundo-factor/", resets.waiting, name="resets"),
    path("organizacion/segundo-factor/<int:pk>/", resets.decide, name="reset"),
    path("organizacion/roles/", roles.matrix, name="roles"),
    path("organizacion/roles/nuevo/", roles.new, name="role-new"),
    path("organizacion/roles/<slug:key>/", roles.permissions, name="role"),
    path("organizacion/roles/<slug:key>/cambiar/", roles.edit, name="role-edit"),
    path("organizacion/roles/<slug:key>/borrar/", roles.delete, name="role-delete"),
    path("organizacion/importar/", imports.start, name="imports"),
    path("organizacion/importar/plantilla/<slug:kind>/", imports.template, name="import-template"),
    path("organizacion/importar/<uuid:pk>/", imports.report, name="import"),
    path("organizacion/importar/<uuid:pk>/aplicar/", imports.apply, name="import-apply"),
    path("organizacion/actividad/", activity.activity, name="activity"),
    path("organizacion/actividad/exportar/", activity.export_activity, name="activity-export"),
]
urlpatterns = [*organisation_urlpatterns, *door_urlpatterns]
