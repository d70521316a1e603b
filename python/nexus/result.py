"""What a module gives back for a task. A failure can be returned or raised; both become the specification's error."""

from .errors import to_workflow_error


class ModuleResult:
    """``error`` may be a text, an exception or an error object; ``next_module`` is the module that gets the task next."""

    __slots__ = ("error", "metadata", "next_module", "output_data", "success")

    def __init__(self, success, output_data=None, error=None, metadata=None, next_module=None):
        self.success = success
        self.output_data = output_data
        self.error = None if error is None else to_workflow_error(error)
        self.metadata = {} if metadata is None else metadata
        self.next_module = next_module

    @classmethod
    def ok(cls, output_data=None, *, metadata=None, next_module=None):
        return cls(True, output_data, metadata=metadata, next_module=next_module)

    @classmethod
    def fail(cls, error, *, metadata=None, next_module=None):
        return cls(False, error=error, metadata=metadata, next_module=next_module)

    def __repr__(self):
        shown = f"output_data={self.output_data!r}" if self.success else f"error={self.error!r}"
        return f"ModuleResult(success={self.success!r}, {shown})"

    def __eq__(self, other):
        if not isinstance(other, ModuleResult):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None
