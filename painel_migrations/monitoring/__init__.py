"""Where every database stands: history, health, metrics, alerts, a page. Nothing here changes a database."""
