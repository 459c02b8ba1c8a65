"""The API: what programs read and decide with, under `/api/v1`."""
