"""The application's start-up hook, by the names it imports: see `homecoming.hook`."""

from homecoming.hook import deploy_monitor, run_auto_migration

__all__ = ["deploy_monitor", "run_auto_migration"]
