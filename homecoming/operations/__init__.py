"""The guarded operations that revisions are written in, as ``op.<name>``; importing this package registers them."""

from homecoming.operations import ops

__all__ = ["ops"]
