"""Kibana over the index: a data view, saved searches and dashboards, built from `objects.toml` and brought there."""
