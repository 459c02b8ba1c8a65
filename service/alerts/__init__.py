"""Alerts: subscriptions are matched against what changed, and what they are owed is written into messages, once."""
