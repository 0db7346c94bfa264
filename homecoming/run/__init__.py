"""Bringing a database to a revision: plan, preflight, apply, verify; and back."""
