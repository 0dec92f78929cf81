import pytest

from tests.manual.makers import Press


@pytest.fixture
def press(quality, supervisor, unit, make_position) -> Press:
    """Publishes procedures written by the supervisor and approved by quality."""
    return Press(
        quality=quality,
        author=supervisor,
        unit=unit,
        position=make_position("Agente telefónico"),
    )
