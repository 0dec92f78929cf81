"""PDF through typst: templates in templates/pdf, data passed as JSON, never as markup (S38)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder


def render_pdf(template_name: str, context: dict[str, Any], created_at: datetime) -> bytes:
    """PDF of the typst template `templates/pdf/<template_name>`.

    The template reads its data with `json.decode(sys.inputs.data)`. The same template,
    context and `created_at` (aware) give the same bytes, so a hash can be checked later.
    """
    root = Path(settings.BASE_DIR) / "templates" / "pdf"
    return typst.compile(
        str(root / template_name),
        root=str(root),
        ignore_system_fonts=True,  # the fonts typst carries: the same bytes on every machine
        sys_inputs={
            "data": json.dumps(context, cls=DjangoJSONEncoder, ensure_ascii=False),
            "created": created_at.isoformat(),
        },
        timestamp=int(created_at.timestamp()),
    )
