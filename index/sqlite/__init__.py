"""The index in one file: SQLite's FTS5 for the words, roaring bitmaps for filters and facets."""
