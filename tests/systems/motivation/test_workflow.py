"""The verbs from end to end with scripted models: what is asked, what is kept, what is refused."""

from __future__ import annotations
