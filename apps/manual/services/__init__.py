"""What can happen to the manual: its tree, its procedures, its drafts, its forms."""

from apps.manual.services.arranging import create_node, move_node, rename_node
from apps.manual.services.drafting import (
    Facts,
    add_step,
    carry,
    edit_step,
    move_step,
    remove_step,
    save_procedure,
)
from apps.manual.services.forms import create_form, publish_form
from apps.manual.services.opening import add_picture, create_document, save_template
from apps.manual.services.procedures import StepInput, record_procedure, write_procedure

__all__ = [
    "Facts",
    "StepInput",
    "add_picture",
    "add_step",
    "carry",
    "create_document",
    "create_form",
    "create_node",
    "edit_step",
    "move_node",
    "move_step",
    "publish_form",
    "record_procedure",
    "remove_step",
    "rename_node",
    "save_procedure",
    "save_template",
    "write_procedure",
]
