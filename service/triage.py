"""Triage: what people decide on cases."""
