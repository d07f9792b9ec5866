"""What can go wrong with an event, drawn once.

PipelineError
 ├─ UnprocessableEventError    the event can never succeed     → dead-letter topic
 ├─ RefusedImageError          the picture can't be accepted   → outcome "refused", with its reason
 └─ ServiceUnavailableError    may succeed later               → the partition waits and tries again

"Ask a person" is not a failure: it is a decision (see routing).
"""


class PipelineError(Exception):
    """Base of all failures that the pipeline knows by name."""


class UnprocessableEventError(PipelineError):
    """An event that can never succeed; `reason` is a stable code, `detail` is for people."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.reason, self.detail)


class RefusedImageError(PipelineError):
    """A picture that the guard or the decoder turned down; `reason` is a stable code, `detail` is for people."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.reason, self.detail)


class ServiceUnavailableError(PipelineError):
    """A service (`kafka`, `store`, `triton`, ...) that did not answer as it should; it may succeed later."""

    def __init__(self, service: str, detail: str = "") -> None:
        super().__init__(f"{service} unavailable: {detail}" if detail else f"{service} unavailable")
        self.service = service
        self.detail = detail

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.service, self.detail)


class ConflictError(PipelineError):
    """Something changed since it was planned, or somebody was first: nothing was done."""


class NotEnoughDataError(PipelineError):
    """Labelled data that is too small for what is to be certified; `missing` more are needed, all of them right."""

    def __init__(self, detail: str, missing: int) -> None:
        super().__init__(detail)
        self.detail = detail
        self.missing = missing

    def __reduce__(self) -> tuple[type, tuple[str, int]]:
        return type(self), (self.detail, self.missing)


class RiskTooHighError(PipelineError):
    """Labelled data whose errors are more frequent than what is to be certified: more of it would not help."""
