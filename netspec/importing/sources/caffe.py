"""Caffe's networks as text (`.prototxt`): those for training and for deployment, of the old form and the new."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from netspec.importing.building import Building, Wire
from netspec.importing.graph import Graph, Origin
from netspec.importing.heads import says
from netspec.importing.sizes import Broken, sized
from netspec.importing.sources.caffe_options import shared, unread
from netspec.importing.sources.prototxt import Block, parsed
from netspec.language.activations import Elu, LeakyRelu, Prelu, Relu, Sigmoid, Tanh
from netspec.language.fields import Pair
from netspec.language.heads import NUMBERS, SEVERAL, TWO
from netspec.language.kind import elements
from netspec.language.norms import BatchNorm, LocalResponseNorm
from netspec.language.steps import Dropout
from netspec.text.source import Source

DATA = ("data", "imagedata", "hdf5data", "memorydata", "windowdata", "dummydata", "input", "python")
ENDS = (
    "softmax",
    "softmaxwithloss",
    "softmax_loss",
    "accuracy",
    "sigmoidcrossentropyloss",
    "euclideanloss",
    "silence",
    "argmax",
    "hingeloss",
    "multinomiallogisticloss",
)
"""What measures or ends a network, which the training has."""
Reader = Callable[[Block, list[Wire], Origin], Wire]


def read(
    source: Source, name: str, weights: Callable[[], bytes] | None = None, size: Sequence[int] | None = None
) -> Graph:
    """The graph of a prototxt. Raises Broken."""
    if weights is not None:
        raise Broken("weights of Caffe are not read: convert the model to ONNX, and import that")
    return _Reader(parsed(source), name, size).graph()


class _Reader:
    def __init__(self, net: Block, name: str, given: Sequence[int] | None) -> None:
        self.layers = [one for one in (*net.blocks("layer"), *net.blocks("layers")) if _is_meant(one)]
        if not self.layers:
            raise Broken("it has no `layer`: is it the solver, or a list of labels?")
        data = next((one for one in self.layers if _kind(one) in DATA), None)
        self.building = Building(net.text("name") or name, "Caffe", sized(_input(net, data), given))
        tops = net.texts("input")[:1] or (data.texts("top")[:1] if data is not None else [])
        self.blobs = {top: Wire(0) for top in tops}
        self.labels = {top for one in self.layers if _kind(one) in DATA for top in one.texts("top")[1:]}
        self.labels |= set(net.texts("input")[1:])
        self.end: Wire | None = None
        self.losses: list[str] = []
        self.owners: dict[str, str] = {}
        """For each name of weights, the layer that has them first."""
        self.at = Wire(0)
        self.readers = self._readers()

    def graph(self) -> Graph:
        """All layers of the phase that trains."""
        for layer in self.layers:
            kind = _kind(layer)
            origin = Origin(layer.text("name", kind), layer.at("name"))
            if kind in DATA:
                continue
            bottoms = [self._blob(name, origin) for name in layer.texts("bottom") if name not in self.labels]
            self._checked(layer, kind, origin)
            if kind in ENDS:
                self.building.note(f"{layer.text('type')}: the loss of the training has it")
                if "softmax" in kind or "loss" in kind:
                    self.end = bottoms[0] if bottoms else self.end
                    self.losses.append(kind)
                continue
            self._layer(layer, kind, bottoms, origin)
        graph = self.building.done(self.end or self.at)
        graph.ended = bool(self.losses)
        if "sigmoidcrossentropyloss" in self.losses:
            head = TWO if elements(graph.shape(graph.output)) == 1 else SEVERAL
            says(graph, head, head.losses[0])
        elif "euclideanloss" in self.losses:
            says(graph, NUMBERS, NUMBERS.losses[0])
        return graph

    def _checked(self, layer: Block, kind: str, origin: Origin) -> None:
        """Says which options nothing reads, and which weights are those of another layer."""
        for option, span in unread(layer):
            self.building.unsaid(Origin(origin.name, span), f"`{option}` is nothing that the format has")
        for name in shared(layer):
            first = self.owners.setdefault(name, origin.name)
            if first != origin.name:
                what = f"it has the weights `{name}` of `{first}`; the format shares none between layers"
                self.building.unsaid(Origin(origin.name, layer.at("param")), what)
        rates = [one.real("lr_mult", 1.0) for one in layer.blocks("param") if kind != "batchnorm"]
        if any(rate not in (1, 2) for rate in rates):
            self.building.note("`lr_mult` is left out: `train.freeze` and `rate_factors` of an optimizer say such")

    def _layer(self, layer: Block, kind: str, bottoms: list[Wire], origin: Origin) -> None:
        if not bottoms:
            raise Broken("it has no `bottom`: nothing is read", origin)
        reader = self.readers.get(kind)
        if reader is None:
            self.building.unsaid(
                Origin(origin.name, layer.at("type")), f"a layer `{layer.text('type')}` is none that the format has"
            )
        self.at = reader(layer, bottoms, origin) if reader is not None else bottoms[0]
        for top in layer.texts("top"):
            self.blobs[top] = self.at

    def _readers(self) -> dict[str, Reader]:
        """What reads each kind of layer."""
        return {
            "convolution": self._convolution,
            "depthwiseconvolution": self._convolution,
            "pooling": self._pooling,
            "innerproduct": self._innerproduct,
            "relu": self._relu,
            "prelu": self._prelu,
            "elu": self._elu,
            "sigmoid": self._sigmoid,
            "tanh": self._tanh,
            "dropout": self._dropout,
            "lrn": self._lrn,
            "batchnorm": self._batchnorm,
            "scale": self._scale,
            "concat": self._concat,
            "eltwise": self._eltwise,
            "split": self._split,
            "flatten": self._flatten,
        }

    def _blob(self, name: str, origin: Origin) -> Wire:
        if name not in self.blobs:
            raise Broken(f"`{name}` is given by no layer before this one", origin)
        return self.blobs[name]

    def _convolution(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        own = layer.block("convolution_param")
        pad = _pair(own, "pad", 0)
        return self.building.conv(
            bottoms[0],
            origin,
            filters=own.whole("num_output", 0),
            kernel=_pair(own, "kernel", 0, "kernel_size"),
            stride=_pair(own, "stride", 1),
            pads=((pad[0], pad[0]), (pad[1], pad[1])),
            dilation=_pair(own, "dilation", 1),
            groups=own.whole("group", 1),
            bias=own.flag("bias_term", True),
        )

    def _pooling(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        own = layer.block("pooling_param")
        kind = {"MAX": "max", "0": "max", "AVE": "average", "1": "average"}.get(own.text("pool", "MAX"))
        if kind is None:
            self.building.unsaid(origin, f"pooling by `{own.text('pool')}` is none that the format has")
            return bottoms[0]
        if own.flag("global_pooling", False):
            return self.building.whole(bottoms[0], origin, kind)
        pad = _pair(own, "pad", 0)
        return self.building.pool(
            bottoms[0],
            origin,
            type=kind,
            window=_pair(own, "kernel", 0, "kernel_size"),
            stride=_pair(own, "stride", 1),
            pads=((pad[0], pad[0]), (pad[1], pad[1])),
            counted=True,
            ceil=own.text("round_mode", "CEIL") in ("CEIL", "0") and own.flag("ceil_mode", True),
        )

    def _innerproduct(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        own = layer.block("inner_product_param")
        return self.building.fc(bottoms[0], origin, units=own.whole("num_output", 0), bias=own.flag("bias_term", True))

    def _relu(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        slope = layer.block("relu_param").real("negative_slope", 0.0)
        return self.building.step(bottoms[0], LeakyRelu(slope=slope) if slope else Relu(), origin)

    def _prelu(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        if layer.block("prelu_param").flag("channel_shared", False):
            self.building.unsaid(origin, "one trained slope for all channels; the format has one for each")
        return self.building.step(bottoms[0], Prelu(), origin)

    def _elu(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        return self.building.step(bottoms[0], Elu(alpha=layer.block("elu_param").real("alpha", 1.0)), origin)

    def _sigmoid(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        return self.building.step(bottoms[0], Sigmoid(), origin)

    def _tanh(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        return self.building.step(bottoms[0], Tanh(), origin)

    def _dropout(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        rate = layer.block("dropout_param").real("dropout_ratio", 0.5)
        return self.building.step(bottoms[0], Dropout(rate=rate), origin)

    def _lrn(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        own = layer.block("lrn_param")
        if own.text("norm_region", "ACROSS_CHANNELS") not in ("ACROSS_CHANNELS", "0"):
            place = Origin(origin.name, own.at("norm_region"))
            self.building.unsaid(place, "a local response norm within each channel", "the format's is across channels")
            return bottoms[0]
        norm = LocalResponseNorm(
            size=own.whole("local_size", 5),
            alpha=own.real("alpha", 1.0),
            beta=own.real("beta", 0.75),
            k=own.real("k", 1.0),
        )
        return self.building.step(bottoms[0], norm, origin)

    def _batchnorm(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        own = layer.block("batch_norm_param")
        momentum = own.real("moving_average_fraction", 0.999)
        norm = BatchNorm(eps=own.real("eps", 1e-5), momentum=momentum, scale=False, shift=False)
        return self.building.step(bottoms[0], norm, origin)

    def _scale(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        if len(bottoms) > 1:
            return self.building.join("multiply", bottoms, origin)
        shift = layer.block("scale_param").flag("bias_term", False)
        return self.building.scaled(bottoms[0], origin, scale=True, shift=shift)

    def _concat(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        own = layer.block("concat_param")
        if own.whole("axis", own.whole("concat_dim", 1)) != 1:
            self.building.unsaid(origin, "values are joined along another axis than the channels")
        return self.building.join("concat", bottoms, origin)

    def _eltwise(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        own = layer.block("eltwise_param")
        place, how = Origin(origin.name, own.at("operation")), own.text("operation", "SUM")
        if how not in ("SUM", "1"):
            what = {"MAX": "the largest of each cell is taken", "2": "the largest of each cell is taken"}
            self.building.unsaid(place, f"{what.get(how, 'maps are multiplied')} (`{how}`); the format adds maps")
        elif any(float(c) != 1 for c in own.texts("coeff")):
            place = Origin(origin.name, own.at("coeff"))
            self.building.unsaid(place, f"maps are added times {', '.join(own.texts('coeff'))} (`coeff`)")
        return self.building.join("add", bottoms, origin)

    def _split(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        return bottoms[0]

    def _flatten(self, layer: Block, bottoms: list[Wire], origin: Origin) -> Wire:
        return Wire(bottoms[0].value, True)


def _kind(layer: Block) -> str:
    """The type of a layer, of the old form (`INNER_PRODUCT`) and the new one."""
    text = layer.text("type").lower()
    return text if text in ENDS else text.replace("_", "")


def _is_meant(layer: Block) -> bool:
    """Whether a layer is of the network that trains: not of the test phase alone."""
    phases = [one.text("phase") for one in layer.blocks("include")]
    left_out = [one.text("phase") for one in layer.blocks("exclude")]
    return ("TEST" not in phases or "TRAIN" in phases) and "TRAIN" not in left_out


def _input(net: Block, data: Block | None) -> tuple[int | None, int | None, int | None]:
    """Height, width and channels of the images, as far as the file says them."""
    dims = net.numbers("input_dim") or [n for shape in net.blocks("input_shape")[:1] for n in shape.numbers("dim")]
    if not dims and data is not None:
        shapes = data.block("input_param").blocks("shape")
        dims = shapes[0].numbers("dim") if shapes else []
    if len(dims) >= 4:
        return dims[2], dims[3], dims[1]
    crop = data.block("transform_param").whole("crop_size", 0) if data is not None else 0
    crop = crop or (data.block("data_param").whole("crop_size", 0) if data is not None else 0)
    if crop:
        return crop, crop, 3
    return None, None, None


def _pair(block: Block, name: str, default: int, both: str | None = None) -> Pair:
    """A size along height and width: once for both, a number each, or `_h` and `_w`."""
    numbers = block.numbers(both or name)
    if numbers:
        return numbers[0], numbers[-1]
    return block.whole(f"{name}_h", default), block.whole(f"{name}_w", default)
