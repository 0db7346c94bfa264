"""Every schema that an application's models ever had: out of its git history, and as databases for tests."""
