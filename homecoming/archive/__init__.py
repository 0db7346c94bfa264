"""The retired scripts: which there were, where they still lie about in an application, and how they come to rest.

Nothing here is loaded by an upgrade: the verbs `archive` and `archive-undo` load it, and need the development
requirements.
"""
