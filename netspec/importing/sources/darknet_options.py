"""Which options the sections of a cfg have: those that are read, those that change nothing, those of the training alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from netspec.importing.graph import Origin
from netspec.importing.sizes import Broken
from netspec.language.spelling import likest
from netspec.text.source import Span


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CROPPED = "flip angle saturation exposure shift"
"""Of `crop`: how images are changed in training."""
READ: dict[str, str] = {
    "convolutional": "batch_normalize filters size stride stride_x stride_y pad padding dilation groups activation",
    "connected": "output batch_normalize activation",
    "maxpool": "size stride stride_x stride_y padding",
    "avgpool": "",
    "dropout": "probability",
    "normalization": "size alpha beta kappa",
    "route": "layers groups group_id",
    "shortcut": "from activation",
    "softmax": "temperature",
    "cost": "type scale ratio smooth noobj thresh sse SSE",
    "crop": f"crop_height crop_width noadjust {CROPPED}",
}
"""What is read of each kind of section that comes in; of `cost` and `crop`, what concerns the training alone too."""

NEUTRAL: dict[str, dict[str, float]] = {
    "convolutional": dict.fromkeys(
        _words(
            "binary xnor flipped antialiasing assisted_excitation rotate sway stretch stretch_sway deform coordconv cbn "
            "use_bin_output angle share_index reverse"
        ),
        0,
    ),
    "maxpool": {"maxpool_depth": 0, "antialiasing": 0},
    "dropout": dict.fromkeys(_words("dropblock dropblock_size_abs dropblock_size_rel"), 0),
    "shortcut": {"alpha": 1, "beta": 1, "assisted_excitation": 0},
    "softmax": {"groups": 1, "spatial": 0},
}
"""Options that change the network, unless they are this."""

TRAINING = _words(
    "learning_rate burnin_update dont_update onlyforward stopbackward train_only_bn clip dynamic_minibatch grad_centr "
    "stream wait_stream noloss dot truth smooth"
)
"""Of any section: how it is trained and run, and not what it computes."""

NET = _words(
    "height width channels batch subdivisions momentum decay learning_rate learning_rate_min policy max_batches steps "
    "scales step scale gamma power burn_in seq_scales sgdr_cycle sgdr_mult adam B1 B2 eps max_crop min_crop center random "
    "notruth flip angle aspect saturation exposure hue blur gaussian_noise mixup cutmix mosaic mosaic_bound letter_box "
    "label_smooth_eps time_steps track augment_speed sequential_subdivisions try_fix_nan loss_scale init_sequential_"
    "subdivisions max_chart_loss weights_reject_freq equidistant_point badlabels_rejection_percentage num_sigmas_reject_"
    "badlabels ema_alpha ema_start_iter adversarial_lr attention contrastive contrastive_jit_flip contrastive_color "
    "unsupervised workspace_size_limit_MB optimized_memory dynamic_minibatch"
)
"""Of `[net]`, which is about the images and the training."""


@dataclass(slots=True)
class Section:
    """A section with its options, each with the line that it stands in."""

    kind: str
    span: Span
    options: dict[str, tuple[str, Span]] = field(default_factory=dict)
    again: list[str] = field(default_factory=list)
    """Options that stand there once more with another value; the first counts."""

    def whole(self, name: str, default: int) -> int:
        """An option that is a whole number. Raises Broken."""
        text, span = self.options.get(name, (str(default), self.span))
        try:
            return int(text)
        except ValueError:
            raise Broken(f"`{name}={text}` is no whole number", Origin(self.kind, span)) from None

    def real(self, name: str, default: float) -> float:
        """An option that is a number. Raises Broken."""
        text, span = self.options.get(name, (str(default), self.span))
        try:
            return float(text)
        except ValueError:
            raise Broken(f"`{name}={text}` is no number", Origin(self.kind, span)) from None

    def reals(self, name: str) -> list[float]:
        """An option that is numbers with commas between. Raises Broken."""
        text, span = self.options.get(name, ("", self.span))
        try:
            return [float(one) for one in text.split(",") if one.strip()]
        except ValueError:
            raise Broken(f"`{name}={text}` are no numbers", Origin(self.kind, span)) from None

    def at(self, name: str) -> Span:
        """The place of an option, or of the section."""
        return self.options[name][1] if name in self.options else self.span

    def for_training(self) -> list[str]:
        """The options that are about the training alone."""
        images = set(CROPPED.split()) if self.kind == "crop" else set()
        return [name for name in self.options if name in TRAINING | images and self.kind not in ("cost", "softmax")]

    def unread(self) -> Iterator[tuple[str, Span, str | None]]:
        """The options that may change what the section computes, and that nothing reads, as they are written; and what may be meant."""
        net = self.kind in ("net", "network")
        known = NET if net else TRAINING | set(READ.get(self.kind, "").split())
        neutral_ones = NEUTRAL.get(self.kind, {})
        for name, (text, span) in self.options.items():
            neutral = neutral_ones.get(name)
            if name not in known and (neutral is None or self.real(name, neutral) != neutral):
                yield f"{name}={text}", span, likest(name, known | neutral_ones.keys())
