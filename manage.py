#!/usr/bin/env python
"""Cauce's command line."""

import os
import sys

if __name__ == "__main__":
    from apps.core.embedded import fill_environment

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    fill_environment()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
