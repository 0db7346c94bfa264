"""Writing revisions: what the schema asks for and the history does not make, in guarded operations."""
