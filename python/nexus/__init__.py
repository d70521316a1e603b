"""What the author of a module in Python imports; the same as @nexus/sdk, in snake_case. Standard library only.

    from nexus.modules.base import ExecutorModule, ModuleContext, ModuleResult

A module's entry file defines a class ``Module`` that extends one of the base classes.
"""

from .modules.base import *  # noqa: F403 - the names are those of the base module
from .modules.base import __all__ as __all__
