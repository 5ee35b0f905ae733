"""Files: one table of formats, reading, writing, and finding pictures in folders."""
