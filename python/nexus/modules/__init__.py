"""The base classes of modules: ``nexus.modules.base``."""
