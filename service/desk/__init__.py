"""The web desk: what came in, searched and read, server-rendered, in Arabic and English."""

from service.desk.app import create_app

__all__ = ["create_app"]
