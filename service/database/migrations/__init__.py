"""The schema, step by step; `env.py` is run by Alembic."""
