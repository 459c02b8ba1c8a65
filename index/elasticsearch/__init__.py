"""The index on Elasticsearch 8.19 or 9.x: Documents behind two aliases, searched like those of the SQLite file."""
