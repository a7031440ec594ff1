"""A plan as pure JAX functions: `init`, `apply`, `predict`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from netspec.analysis.plan import Plan, PlannedLayer
from netspec.analysis.pooling import WINDOWS
from netspec.analysis.stages import Stage, stages
from netspec.language.kinds import KINDS
from netspec.lowering import initialize
from netspec.lowering.around import lead
from netspec.lowering.heads import answers
from netspec.lowering.kinds import Arrays, Run, lowering
from netspec.lowering.options import compiler_options
from netspec.lowering.settings import held
from netspec.lowering.standardizing import norm_of
from netspec.lowering.stepwise import stepwise

Variables = dict[str, dict[str, dict[str, jax.Array]]]
Outputs = dict[str, jax.Array]
Choices = Mapping[str, Any]
"""The algorithm of a layer by its name; a layer that is left out runs the plain XLA lowering."""


class Network:
    """A network that computes. Shapes are static but for the batch."""

    def __init__(self, plan: Plan, choices: Choices | None = None) -> None:
        self.plan = plan
        self.choices: Choices = choices or {}
        self.dtype = jnp.dtype(plan.spec.train.value.precision)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.plan}>"

    def init(self, seed: int | None = None) -> Variables:
        """New variables: {"params": {layer: {"kernel", "bias", ...}}, "state": {layer: {"mean", "variance"}}}, float32.

        `state["input"]` holds the images' mean and deviation a channel, 0 and 1 until data sets them. Without a seed,
        the spec's. They are drawn, whatever `train.from` names: a training reads that.
        """
        seed = self.plan.spec.train.value.seed if seed is None else seed
        layers = self.plan.layers
        params = {layer.name: initialize.parameters(layer, seed) for layer in layers if layer.shapes}
        state = {layer.name: initialize.statistics(layer) for layer in layers if layer.statistics}
        channels = self.plan.input[2]
        state["input"] = {"mean": np.zeros(channels, np.float32), "deviation": np.ones(channels, np.float32)}
        return jax.device_put({"params": params, "state": state})  # type: ignore[no-any-return]

    def apply(self, variables: Variables, images: jax.Array) -> jax.Array:
        """Logits (batch, classes) of normalized images (batch, height, width, channels), float32; pure and jittable.

        Without fc, the last feature map (batch, height, width, channels), or (batch, channels) where that is 1x1.
        Raises ValueError where the images do not have the spec's size.
        """
        return self.forward(variables, images)[0]

    @held
    def forward(
        self,
        variables: Variables,
        images: jax.Array,
        *,
        training: bool = False,
        key: jax.Array | None = None,
        outputs: Outputs | None = None,
    ) -> tuple[jax.Array, Variables]:
        """Logits, and the variables with their running statistics moved where `training` is true; not those of frozen layers.

        `key` is a JAX random key; each layer folds its number into it. Needed for dropout in training. `outputs`
        receives what each layer gives, by its name; of a convolution whose pooling runs first, the pooled map.
        """
        if images.shape[1:] != self.plan.input:
            raise ValueError(
                f"expected images of shape (batch, {', '.join(map(str, self.plan.input))}). Received: {images.shape}"
            )
        values, led = {0: images.astype(self.dtype)}, dict[int, jax.Array]()
        state = dict(variables["state"])
        mode = {"training": training, "products": bool(self.choices)}
        for stage in stages(self.plan):
            layer = stage.layer
            key_here = None if key is None else jax.random.fold_in(key, layer.value - 1)
            run = self._run(stage, variables, key=key_here, within=self._within(stage.within), **mode)
            x, moved = self._given(run, [self._written(values[value]) for value in layer.reads], led)
            values[stage.result.value] = x
            if moved:
                state[layer.name] = moved
            if outputs is not None:
                outputs[layer.name] = x
        return self._logits(x), {"params": variables["params"], "state": state}

    @held
    def activations(self, variables: Variables, images: jax.Array) -> dict[str, jax.Array]:
        """The output of every layer by its name, for normalized images, as inference computes it."""
        values = self._values(variables, images, self.plan.layers, {})
        return {layer.name: x.astype(jnp.float32) for layer, x in zip(self.plan.layers, values[1:], strict=True)}

    @held
    def stepwise(
        self, variables: Variables, images: jax.Array, layer: PlannedLayer
    ) -> tuple[list[jax.Array], list[tuple[str, jax.Array]]]:
        """What one layer itself reads, behind its leading steps, and what each of its further steps gives, by its name.

        The first of these is the layer's kind (of a convolution the sums of products), the last gives what `activations`
        has; all (batch, ...), of normalized images in inference. What stands behind the layer is not computed.
        """
        led = dict[int, jax.Array]()
        values = self._values(variables, images, self.plan.layers[: layer.value - 1], led)
        run, arrays = self._led(self._run(Stage(layer), variables), [values[value] for value in layer.reads], led)
        return arrays, list(stepwise(run, *arrays))

    def _values(
        self, variables: Variables, images: jax.Array, layers: Iterable[PlannedLayer], led: dict[int, jax.Array]
    ) -> list[jax.Array]:
        """The images, and what each of the first layers gives of them in inference."""
        values = [images.astype(self.dtype)]
        for layer in layers:
            run = self._run(Stage(layer), variables)
            values.append(self._given(run, [values[value] for value in layer.reads], led)[0])
        return values

    def predict(self, variables: Variables, raw: jax.Array | np.ndarray) -> jax.Array:
        """What the head says, (batch, outputs), such as class probabilities, of images as the data source gives them (uint8 pixels or floats).

        They are normalized inside the compiled function by `state["input"]`.
        """
        return self._predict(variables, raw)  # type: ignore[no-any-return]

    @held
    def normalize(self, variables: Variables, raw: jax.Array | np.ndarray) -> jax.Array:
        """(raw - mean) / deviation a channel, float32."""
        statistics = variables["state"]["input"]
        shape = (1, 1, 1, self.plan.input[2])
        return (jnp.asarray(raw, jnp.float32) - statistics["mean"].reshape(shape)) / statistics["deviation"].reshape(
            shape
        )

    @cached_property
    def _predict(self) -> Any:
        return self.jit(
            lambda variables, raw: answers(self.plan, self.apply(variables, self.normalize(variables, raw)))
        )

    def jit(self, function: Any, **options: Any) -> Any:
        """`jax.jit` with the compiler options of this machine."""
        return jax.jit(function, compiler_options=compiler_options(jax.default_backend()), **options)

    def _given(self, run: Run, arrays: list[jax.Array], led: dict[int, jax.Array]) -> tuple[jax.Array, Arrays]:
        """What a layer gives, and its new statistics; `led` as for `_led`."""
        run, arrays = self._led(run, arrays, led)
        return lowering(run.stage.layer.kind).apply(run, *arrays)

    def _led(self, run: Run, arrays: list[jax.Array], led: dict[int, jax.Array]) -> tuple[Run, list[jax.Array]]:
        """The run with the statistics of the leading steps, and the arrays behind them.

        `led` takes in what is behind the leading steps of a layer, by the layer's number, for those that they lead too.
        """
        layer = run.stage.layer
        if KINDS[layer.kind].flattens:
            arrays = [x.reshape((x.shape[0], -1)) for x in arrays]
        if layer.layer.led_by is not None:
            arrays = [led[layer.layer.led_by]]
        elif layer.settings.leading:
            x, moved = lead(run, arrays[0])
            arrays[0] = led[layer.value] = self._written(x)
            run = replace(run, statistics=moved)
        return run, arrays

    def _run(self, stage: Stage, variables: Variables, **how: Any) -> Run:
        """The stage with its arrays. A layer on its own has no choice that asks anything of a neighbour."""
        params, state = (variables[part].get(stage.layer.name, {}) for part in ("params", "state"))
        choice, norm = (self.choices.get(name) for name in (stage.layer.name, norm_of(stage.layer.name)))
        if stage.within is None and WINDOWS in (choice, getattr(choice, "output", None)):
            choice = None
        return Run(stage, params, state, choice, norm, frozen=stage.layer.name in self.plan.frozen, **how)

    def _within(self, layer: PlannedLayer | None) -> Callable[[jax.Array], jax.Array] | None:
        """What runs a layer that stands within another, on that one's sums: it has no arrays of its own."""
        if layer is None:
            return None
        run = Run(Stage(layer), {}, {}, self.choices.get(layer.name))
        return lambda sums: self._written(lowering(layer.kind).apply(run, self._written(sums))[0])

    def _written(self, x: jax.Array) -> jax.Array:
        """x, and in the backward pass its cotangent, written to memory once.

        XLA:CPU would fuse a layer's end into each of the shifted reads of the next one, and compute it each time.
        """
        return jax.lax.optimization_barrier(x) if self.choices else x

    def _logits(self, x: jax.Array) -> jax.Array:
        x = x.astype(jnp.float32)
        return x.reshape((x.shape[0], x.shape[3])) if x.ndim == 4 and x.shape[1:3] == (1, 1) else x
