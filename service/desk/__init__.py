"""The web desk, server-rendered, in Arabic and English: `service.desk.app` puts it together."""
