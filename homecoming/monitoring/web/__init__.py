"""The status page as it is served: an ASGI application, who may see it, one look for all, and the server of its own."""
