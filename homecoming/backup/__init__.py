"""Backups that are proven, and restores that are drilled.

This room knows none of the application's tables: what it needs of a schema it reads from the live catalogue, and what
makes one is the history. A backup is a file and a manifest beside it, which says what was in the database at the moment
of the backup: rows and a checksum a table, revision, fingerprint.
"""
