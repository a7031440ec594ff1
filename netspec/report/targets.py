"""Whether a run reached the target of its spec."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.language.heads import Head, Metric
from netspec.language.train import Target
from netspec.training.loop import Evaluation


@dataclass(frozen=True)
class Reached:
    """A target beside what was measured."""

    metric: Metric
    value: float | None
    """None where it is not defined on the test set: then nothing shows that the target was reached."""
    bound: float

    @classmethod
    def of(cls, target: Target, head: Head, test: Evaluation) -> Reached:
        """The target of a spec with this head, on its test set."""
        metric = head.main if target.metric is None else head.metric(target.metric)
        assert metric is not None, "NS253 refuses a target of another head"
        bound = target.at_most if metric.less else target.at_least
        assert bound is not None, "NS254 refuses a target without its bound"
        return cls(metric, {"loss": test.loss, **test.metrics}.get(metric.name), bound)

    @property
    def ok(self) -> bool:
        """Whether it was reached."""
        if self.value is None:
            return False
        return self.value <= self.bound if self.metric.less else self.value >= self.bound

    @property
    def shown(self) -> str:
        """The value, to four places."""
        return "(not defined on this set)" if self.value is None else f"{self.value:.4f}"

    @property
    def missed(self) -> str:
        """Where a value lies that misses it."""
        return "above" if self.metric.less else "below"
