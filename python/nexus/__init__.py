"""What the author of a module in Python imports; the same as @nexus/sdk, in snake_case. Standard library only.

    from nexus.modules.base import ExecutorModule, ModuleContext, ModuleResult

A module's entry file defines a class ``Module`` that extends one of the base classes.
"""

from .context import AbortSignal, ChildOutcome, Clock, ModuleContext, SetupContext
from .errors import Cancelled, TaskFault, workflow_error
from .modules.base import (
    AnalyzerModule,
    BaseModule,
    ExecutorModule,
    IntegrationModule,
    OrchestratorModule,
)
from .result import ModuleResult

__all__ = [
    "AbortSignal",
    "AnalyzerModule",
    "BaseModule",
    "Cancelled",
    "ChildOutcome",
    "Clock",
    "ExecutorModule",
    "IntegrationModule",
    "ModuleContext",
    "ModuleResult",
    "OrchestratorModule",
    "SetupContext",
    "TaskFault",
    "workflow_error",
]
