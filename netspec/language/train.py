"""How a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from netspec.language.fields import (
    boolean,
    choice,
    key,
    number,
    number_or_list,
    positive_or,
    section,
    several,
    steps,
    string,
    variant,
    whole,
)
from netspec.language.heads import METRICS, WATCHED
from netspec.language.patterns import Factors, patterns, rate_factors

Steps = int | str


def rate(default: float, *also: str) -> float:
    """The key `learning_rate`, which every optimizer has."""
    learning_rate: float = key(number(above=0), "The step size.", default, also=("lr", "rate", *also), examples=(1e-3,))
    return learning_rate


def decay(default: float) -> float:
    """The key `weight_decay`."""
    weight_decay: float = key(
        number(0), "Pulls the weights towards zero.", default, also=("decay", "wd", "l2"), examples=(1e-4,)
    )
    return weight_decay


def norms_decay() -> bool:
    """The key `decay_norms`, which every optimizer with `weight_decay` has."""
    decay_norms: bool = key(
        boolean(),
        "Whether `weight_decay` pulls at every trained number; false: at the kernels alone, and not at biases nor at a norm's "
        "`scale` and `shift`.",
        True,
        also=("bias_decay", "norm_decay", "decay_bias"),
    )
    return decay_norms


def beta(doc: str, default: float, *also: str) -> float:
    """A rate of exponential decay, at least 0 and less than 1."""
    value: float = key(number(0, below=1), doc, default, also=also, examples=(0.9,))
    return value


@dataclass(frozen=True, kw_only=True)
class Sgd:
    """Stochastic gradient descent, plain or with momentum."""

    type: ClassVar[str] = "sgd"
    learning_rate: float = rate(1e-2, "alpha")
    momentum: float = beta("The share of the last step that goes on.", 0.0)
    nesterov: bool = key(boolean(), "Looks ahead along the momentum.", False)
    weight_decay: float = decay(0.0)
    decay_norms: bool = norms_decay()
    rate_factors: Factors = rate_factors()

    @property
    def slots(self) -> int:
        """Parameter-sized arrays of state."""
        return int(self.momentum > 0)


@dataclass(frozen=True, kw_only=True)
class Adam:
    """Adam (Kingma and Ba, 2015)."""

    type: ClassVar[str] = "adam"
    slots: ClassVar[int] = 2
    learning_rate: float = rate(1e-3, "alpha")
    b1: float = beta("Decay of the mean of the gradient.", 0.9)
    b2: float = beta("Decay of the mean of its square.", 0.999)
    eps: float = key(number(above=0), "Keeps the division from zero.", 1e-8, also=("epsilon",), examples=(1e-7,))
    rate_factors: Factors = rate_factors()


@dataclass(frozen=True, kw_only=True)
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    type: ClassVar[str] = "adamw"
    weight_decay: float = decay(1e-4)
    decay_norms: bool = norms_decay()


@dataclass(frozen=True, kw_only=True)
class NAdam(Adam):
    """Adam with Nesterov momentum (Dozat, 2016)."""

    type: ClassVar[str] = "nadam"


@dataclass(frozen=True, kw_only=True)
class RmsProp:
    """RMSProp (Tieleman and Hinton, 2012)."""

    type: ClassVar[str] = "rmsprop"
    learning_rate: float = rate(1e-3)
    decay: float = beta("Decay of the mean of the gradient's square.", 0.9, "rho", "alpha", "smoothing")
    eps: float = key(number(above=0), "Keeps the division from zero.", 1e-8, also=("epsilon",), examples=(1e-7,))
    momentum: float = beta("The share of the last step that goes on.", 0.0)
    rate_factors: Factors = rate_factors()

    @property
    def slots(self) -> int:
        """Parameter-sized arrays of state."""
        return 1 + (self.momentum > 0)


@dataclass(frozen=True, kw_only=True)
class Adagrad:
    """Adagrad (Duchi, Hazan and Singer, 2011)."""

    type: ClassVar[str] = "adagrad"
    slots: ClassVar[int] = 1
    learning_rate: float = rate(1e-2, "alpha")
    initial_accumulator_value: float = key(number(0), "What the sum of squares begins with.", 0.1, examples=(0.1,))
    eps: float = key(number(above=0), "Keeps the division from zero.", 1e-7, also=("epsilon",), examples=(1e-7,))
    rate_factors: Factors = rate_factors()


@dataclass(frozen=True, kw_only=True)
class Lion:
    """Lion (Chen and others, 2023): the sign of a mean of the gradient."""

    type: ClassVar[str] = "lion"
    slots: ClassVar[int] = 1
    learning_rate: float = rate(1e-4, "alpha")
    b1: float = beta("Decay of the mean in the step.", 0.9)
    b2: float = beta("Decay of the mean that is kept.", 0.99)
    weight_decay: float = decay(1e-3)
    decay_norms: bool = norms_decay()
    rate_factors: Factors = rate_factors()


@dataclass(frozen=True, kw_only=True)
class Lamb:
    """LAMB (You and others, 2020): Adam with a step size a layer."""

    type: ClassVar[str] = "lamb"
    slots: ClassVar[int] = 2
    learning_rate: float = rate(1e-3, "alpha")
    b1: float = beta("Decay of the mean of the gradient.", 0.9)
    b2: float = beta("Decay of the mean of its square.", 0.999)
    eps: float = key(number(above=0), "Keeps the division from zero.", 1e-6, also=("epsilon",), examples=(1e-7,))
    weight_decay: float = decay(0.0)
    decay_norms: bool = norms_decay()
    rate_factors: Factors = rate_factors()


Optimizer = Sgd | Adam | AdamW | NAdam | RmsProp | Adagrad | Lion | Lamb
OPTIMIZERS: dict[str, type[Optimizer]] = {
    cls.type: cls for cls in (Sgd, Adam, AdamW, NAdam, RmsProp, Adagrad, Lion, Lamb)
}


@dataclass(frozen=True, kw_only=True)
class Constant:
    """The learning rate as it is."""

    type: ClassVar[str] = "constant"
    warmup: Steps = key(steps(), "Steps in which the rate rises from zero.", 0, examples=("5%",))


@dataclass(frozen=True, kw_only=True)
class Cosine:
    """Half a cosine from the learning rate down to `alpha` of it."""

    type: ClassVar[str] = "cosine"
    warmup: Steps = key(steps(), "Steps in which the rate rises from zero.", 0, examples=("5%",))
    decay_steps: Steps = key(
        steps(), "Steps until the end of the decay, warm-up included.", "100%", examples=("80%", 10_000)
    )
    alpha: float = key(number(0, below=1), "The share of the rate that stays.", 0.0, examples=(0.01,))


@dataclass(frozen=True, kw_only=True)
class Step:
    """The rate times `decay_rate`, once every `transition_steps`."""

    type: ClassVar[str] = "step"
    warmup: Steps = key(steps(), "Steps in which the rate rises from zero.", 0, examples=("5%",))
    transition_steps: Steps = key(steps(), "Steps between two drops.", "30%", examples=("25%", 1000))
    decay_rate: float = key(number(above=0), "The factor of a drop.", 0.1, examples=(0.5,))


@dataclass(frozen=True, kw_only=True)
class Exponential:
    """The rate times `decay_rate` ** (step / `transition_steps`)."""

    type: ClassVar[str] = "exponential"
    warmup: Steps = key(steps(), "Steps in which the rate rises from zero.", 0, examples=("5%",))
    transition_steps: Steps = key(
        steps(), "Steps in which the rate falls by `decay_rate`.", "10%", examples=("5%", 1000)
    )
    decay_rate: float = key(number(above=0), "The factor.", 0.7, examples=(0.9,))


@dataclass(frozen=True, kw_only=True)
class OneCycle:
    """Up to the learning rate and down to almost nothing, along cosines (Smith and Topin, 2018)."""

    type: ClassVar[str] = "one_cycle"
    warmup: ClassVar[Steps] = 0
    transition_steps: Steps = key(steps(), "Steps of the whole cycle.", "100%", examples=("100%", 10_000))
    pct_start: float = key(number(above=0, below=1), "The share of the cycle that rises.", 0.3, examples=(0.3,))
    div_factor: float = key(
        number(above=0), "The first rate is the learning rate divided by this.", 25.0, examples=(10,)
    )
    final_div_factor: float = key(number(above=0), "The last rate is the first divided by this.", 1e4, examples=(1000,))


@dataclass(frozen=True, kw_only=True)
class Piecewise:
    """The rate times a factor at each of the `boundaries`: constant between them."""

    type: ClassVar[str] = "piecewise"
    warmup: Steps = key(steps(), "Steps in which the rate rises from zero.", 0, examples=("5%",))
    boundaries: tuple[Steps, ...] = key(
        several(steps(), 1, "a list of steps, each a number or a share of the run like `50%`"),
        "The steps after which the rate changes, rising, warm-up included.",
        lambda: ("50%", "75%"),
        default_words="`[50%, 75%]`",
        also=("milestones", "values_at", "steps"),
        examples=(["50%", "75%"], [32_000, 48_000]),
    )
    scales: float | tuple[float, ...] = key(
        number_or_list(
            number(above=0),
            several(number(above=0), 1, "a list of numbers"),
            "a number greater than 0, or one a boundary",
        ),
        "The factor at each boundary, of the rate before it; one number is that of every boundary.",
        0.1,
        also=("gamma", "decay_rate", "factor", "factors"),
        examples=(0.1, [0.1, 0.5]),
    )

    @property
    def factors(self) -> tuple[float, ...]:
        """The factor at each boundary."""
        return self.scales if isinstance(self.scales, tuple) else (self.scales,) * len(self.boundaries)


@dataclass(frozen=True, kw_only=True)
class Plateau:
    """The rate times `factor` whenever a metric has not improved for more than `patience` epochs."""

    type: ClassVar[str] = "plateau"
    warmup: Steps = key(steps(), "Steps in which the rate rises from zero.", 0, examples=("5%",))
    metric: str = key(
        choice(*WATCHED), "What is watched, at the end of each epoch.", "validation_loss", also=("monitor",)
    )
    factor: float = key(
        number(above=0, below=1), "The factor of a drop.", 0.1, also=("gamma", "decay_rate"), examples=(0.5,)
    )
    patience: int = key(
        whole(0),
        "Epochs without improvement that are let pass: the rate drops after one more, and the count begins anew.",
        10,
        examples=(5,),
    )


Schedule = Constant | Cosine | Step | Exponential | OneCycle | Piecewise | Plateau
SCHEDULES: dict[str, type[Schedule]] = {
    cls.type: cls for cls in (Constant, Cosine, Step, Exponential, OneCycle, Piecewise, Plateau)
}


@dataclass(frozen=True, kw_only=True)
class CrossEntropy:
    """Softmax cross-entropy, in nats."""

    type: ClassVar[str] = "cross_entropy"
    label_smoothing: float = key(
        number(0, below=1), "The share of the label spread over all classes.", 0.0, examples=(0.1,)
    )


@dataclass(frozen=True, kw_only=True)
class BinaryCrossEntropy:
    """Cross-entropy of the sigmoid of each number, in nats; the mean over the labels where there are several."""

    type: ClassVar[str] = "binary_cross_entropy"


@dataclass(frozen=True, kw_only=True)
class MeanSquaredError:
    """The mean of (number - label)^2 over the numbers; of a class, its label is one-hot."""

    type: ClassVar[str] = "mean_squared_error"


@dataclass(frozen=True, kw_only=True)
class MeanAbsoluteError:
    """The mean of |number - label| over the numbers."""

    type: ClassVar[str] = "mean_absolute_error"


@dataclass(frozen=True, kw_only=True)
class Huber:
    """Half the squared error up to `delta`, beyond it a line of that slope (Huber, 1964); the mean over the numbers."""

    type: ClassVar[str] = "huber"
    delta: float = key(number(above=0), "The error at which the square becomes a line.", 1.0, examples=(1.0,))


Loss = CrossEntropy | BinaryCrossEntropy | MeanSquaredError | MeanAbsoluteError | Huber
LOSSES: dict[str, type[Loss]] = {
    cls.type: cls for cls in (CrossEntropy, BinaryCrossEntropy, MeanSquaredError, MeanAbsoluteError, Huber)
}


@dataclass(frozen=True, kw_only=True)
class EarlyStopping:
    """Stops where a metric has not improved for `patience` epochs."""

    metric: str = key(
        choice(*WATCHED),
        "What is watched, of those that measure the spec's labels.",
        "validation_loss",
        also=("monitor",),
    )
    patience: int = key(whole(1), "Epochs without improvement.", 5, examples=(5,))


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """When the run is saved."""

    every_epochs: int | None = key(
        whole(1), "Epochs between two checkpoints.", None, default_words="1", examples=(1, 10)
    )
    every_steps: int | None = key(whole(1), "Steps between two checkpoints.", None, examples=(1000,))
    keep: int = key(whole(1), "How many of the last are kept.", 3, examples=(3,))


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the run must reach on the test set: the command fails where it does not. One of the two bounds is needed."""

    metric: str | None = key(
        choice(*METRICS),
        "What is measured, of those that measure the spec's labels.",
        None,
        default_words="the first of those",
    )
    at_least: float | None = key(
        number(0, 1), "The least value that passes, where more is better.", None, examples=(0.97,)
    )
    at_most: float | None = key(
        number(0), "The largest value that passes, where less is better.", None, examples=(0.1,)
    )


@dataclass(frozen=True, kw_only=True)
class Train:
    """How the network is trained."""

    epochs: int = key(
        whole(1, 10**9),
        "How often the training set is seen. An epoch has whole steps only: what is left over waits for another epoch, for the "
        "order changes.",
        10,
        also=("num_epochs",),
        examples=(10,),
    )
    batch_size: int = key(
        whole(1, 10**9),
        "Examples in one batch: what goes through the network at once. A step takes one batch, or `accumulate` of them.",
        128,
        also=("batch",),
        examples=(128,),
    )
    accumulate: int = key(
        whole(1, 10**6),
        "Batches in one step: it takes the mean of their gradients, in the memory of one batch. Batch norm sees each by itself. "
        "All that counts steps counts these.",
        1,
        also=(
            "gradient_accumulation",
            "gradient_accumulation_steps",
            "accumulation_steps",
            "accumulate_grad_batches",
            "grad_accum",
        ),
        examples=(4,),
    )
    optimizer: Optimizer = key(
        variant(OPTIMIZERS, "adamw"),
        "The update rule.",
        AdamW,
        default_words="`adamw`",
        also=("optimiser", "optim"),
        examples=("sgd", {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9}),
    )
    schedule: Schedule = key(
        variant(SCHEDULES, "constant"),
        "How the learning rate changes.",
        Constant,
        default_words="`constant`",
        also=("scheduler", "lr_schedule"),
        examples=("cosine", {"type": "cosine", "warmup": "5%"}),
    )
    loss: Loss = key(
        variant(LOSSES, "cross_entropy"),
        "What is made small.",
        CrossEntropy,
        default_words="by `data.labels`: `cross_entropy`, `binary_cross_entropy` or `mean_squared_error`",
        also=("criterion",),
        examples=("cross_entropy", {"type": "cross_entropy", "label_smoothing": 0.1}),
    )
    from_: str | None = key(
        string(),
        "A run, one of its checkpoints, its model file or another weights file, relative to the spec: the arrays in it begin the "
        "training where name and shape agree. Read once, when the training begins.",
        None,
        default_words="drawn from the seed",
        also=(
            "pretrained",
            "init_from",
            "initialize_from",
            "load_from",
            "warm_start",
            "finetune_from",
            "initial_weights",
        ),
        examples=("runs/base",),
    )
    freeze: tuple[str, ...] = key(
        patterns(),
        "The layers that keep their values, running statistics too; a frozen batch norm computes as in prediction.",
        (),
        default_words="none",
        also=("frozen", "freeze_layers", "frozen_layers", "non_trainable", "untrained", "fixed"),
        examples=(["block1.*"], "block1.*"),
    )
    class_weights: tuple[float, ...] | Literal["balanced"] | None = key(
        positive_or("balanced"),
        "What the loss of an image of each class is multiplied by; `balanced`: by the mean number of images of a class, divided "
        "by that of its own. Of `several` labels, what a label that is on weighs beside one that is off.",
        None,
        also=("class_weight", "pos_weight", "weights"),
        examples=("balanced", [1, 5]),
    )
    precision: Literal["float32", "bfloat16"] = key(
        choice("float32", "bfloat16"),
        "The numbers of the computation; parameters stay float32.",
        "float32",
        also=("dtype",),
    )
    seed: int = key(whole(0, 2**32 - 1), "Everything random follows from it.", 0, also=("random_seed",), examples=(0,))
    gradient_clip: float | None = key(
        number(above=0),
        "The largest global norm of a gradient.",
        None,
        also=("clip", "grad_clip", "clip_norm"),
        examples=(1.0,),
    )
    early_stopping: EarlyStopping | None = key(
        section(EarlyStopping),
        "Ends the run early.",
        None,
        default_words="none",
        examples=({"metric": "validation_loss", "patience": 5},),
    )
    checkpoint: Checkpoint = key(
        section(Checkpoint),
        "When the run is saved. The best epoch is kept as well: that of the highest validation accuracy (training accuracy "
        "where `data.validation` is 0; the first metric of other labels), of equal ones that of the lowest loss; with "
        "`early_stopping` that of its metric.",
        Checkpoint,
        default_words="every epoch, 3 kept",
        also=("checkpoints",),
        examples=({"every_epochs": 1, "keep": 3},),
    )
    target: Target | None = key(
        section(Target),
        "What the run must reach.",
        None,
        default_words="none",
        examples=({"metric": "accuracy", "at_least": 0.97},),
    )

    @property
    def examples_per_step(self) -> int:
        """Examples in one step: those of all its batches."""
        return self.batch_size * self.accumulate
