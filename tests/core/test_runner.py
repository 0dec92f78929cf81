"""The runner's own promises."""

import socket

import pytest
from django.test import Client
from pytest_socket import SocketConnectBlockedError

from tests.plugins import touched


def test_a_connection_that_leaves_the_host_is_refused():
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 80), timeout=0.2)


@pytest.mark.django_db
def test_a_request_is_noted_with_its_route():
    touched.routes.discard("salud/live")
    Client().get("/salud/live")
    assert "salud/live" in touched.routes
