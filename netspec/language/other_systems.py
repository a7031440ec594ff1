"""The words of other systems, each with what says it here.

What a key of the format is called elsewhere stands at the key itself (`also` in `key(...)`).
"""

from __future__ import annotations

from functools import lru_cache

BOOLEANS = {
    "yes": "true",
    "on": "true",
    "1": "true",
    "y": "true",
    "no": "false",
    "off": "false",
    "0": "false",
    "n": "false",
}
"""Words for true and false in YAML 1.1 and in command lines."""
VALUES = {
    "avg": "average", "ave": "average", "mean": "average", "avgpool": "average", "averagepool": "average", "averagepooling": "average",
    "maximum": "max", "maxpool": "max", "maxpooling": "max", "global": "all", "whole": "all", "full": "all",
    "linear": "none fc", "identity": "add none", "swish": "silu", "hswish": "hard_swish", "hsigmoid": "hard_sigmoid", "paramrelu": "prelu",
    "parametricrelu": "prelu", "layernormalization": "layer", "layernorm": "layer", "ln": "layer", "groupnorm": "group",
    "groupnormalization": "group", "gn": "group", "instancenorm": "instance", "instancenormalization": "instance", "in": "instance",
    "lrn": "local_response", "localresponsenorm": "local_response", "localresponsenormalization": "local_response",
    "residual": "add", "skip": "add", "shortcut": "add", "sum": "add", "plus": "add", "addition": "add", "eltwise": "add", "elementwise": "add", "resnet": "add",
    "concatenate": "concat", "concatenation": "concat", "cat": "concat", "merge": "concat", "depthconcat": "concat", "densenet": "concat",
    "spatialdropout": "spatial", "channel": "spatial", "maps": "spatial", "standard": "unit", "element": "unit",
    "1x1": "conv", "1x1conv": "conv", "conv1x1": "conv", "downsample": "conv", "projection": "conv", "projected": "conv", "linearprojection": "conv", "convolution": "conv", "zeropad": "pool", "optionb": "conv", "lrelu": "leaky_relu", "leaky": "leaky_relu",
    "logistic": "sigmoid", "batchnorm": "batch norm", "batchnormalization": "batch norm", "bn": "batch norm", "normalization": "norm",
    "act": "activation", "relu": "activation", "nonlinearity": "activation", "weight": "conv fc", "dense": "fc",
    "fp32": "float32", "float": "float32", "single": "float32", "bf16": "bfloat16",
    "mse": "mean_squared_error", "mseloss": "mean_squared_error", "l2": "mean_squared_error", "crossentropyloss": "cross_entropy",
    "categoricalcrossentropy": "cross_entropy", "sparsecategoricalcrossentropy": "cross_entropy", "softmaxwithloss": "cross_entropy",
    "softmaxcrossentropy": "cross_entropy", "ce": "cross_entropy", "nll": "cross_entropy", "nllloss": "cross_entropy",
    "sigmoid": "binary_cross_entropy", "sigmoidcrossentropy": "binary_cross_entropy", "sigmoidbinarycrossentropy": "binary_cross_entropy",
    "sigmoidcrossentropywithlogits": "binary_cross_entropy", "softmax": "cross_entropy", "logsoftmax": "cross_entropy",
    "softmaxcrossentropywithlogits": "cross_entropy", "softmaxcrossentropywithintegerlabels": "cross_entropy",
    "bce": "binary_cross_entropy", "bceloss": "binary_cross_entropy", "bcewithlogits": "binary_cross_entropy",
    "bcewithlogitsloss": "binary_cross_entropy", "binarycrossentropy": "binary_cross_entropy", "mae": "mean_absolute_error",
    "maeloss": "mean_absolute_error", "l1": "mean_absolute_error", "l1loss": "mean_absolute_error", "smoothl1": "huber", "huberloss": "huber",
    "multilabel": "several", "multiclass": "class", "categorical": "class", "binary": "binary_cross_entropy class", "regression": "numbers", "rmse": "root_mean_square_error",
    "fmnist": "fashion-mnist", "imagefolder": "images", "folder": "images",
    "steplr": "step", "exponentiallr": "exponential", "exponentialdecay": "exponential", "exp": "exponential", "onecyclelr": "one_cycle",
    "1cycle": "one_cycle", "cosineannealinglr": "cosine", "cosineannealing": "cosine", "cosinedecay": "cosine", "fixed": "constant",
    "reducelronplateau": "plateau", "reduceonplateau": "plateau", "reducelr": "plateau", "multisteplr": "piecewise", "multistep": "piecewise",
    "piecewiseconstant": "piecewise", "piecewiseconstantdecay": "piecewise",
    "updown": "vertical", "ud": "vertical", "horizontalandvertical": "both",
    "valacc": "validation_accuracy", "valaccuracy": "validation_accuracy", "validationacc": "validation_accuracy",
    "valloss": "validation_loss", "acc": "accuracy", "rms": "rmsprop",
    "inchannels": "depthwise", "sameupper": "same", "samelower": "same",
}  # fmt: skip
"""Words for a value that is one of a few, as `squeezed` gives them; of several, the first that the place takes."""
OFF = ("none", "no", "off", "false", "null", "~", "disabled", "disable", "never", "0", "0.0")
"""Words for what is not wanted, where the format leaves its key out."""
SPATIAL = ("dropout2d", "spatialdropout", "spatialdropout2d", "featuredropout", "channeldropout")
"""Words for a dropout of whole feature maps."""
PASSED_ON = ("identity", "skip", "shortcut", "pass", "none", "input", "residual", "~", "null", "")
"""Words for a branch that is the map itself."""
FOREIGN = frozenset({
    "adamax", "adadelta", "radam", "adabelief", "adafactor", "ftrl", "lars", "rprop", "asgd", "lbfgs", "sgdw",
    "meanabsolutepercentageerror", "hinge",
    "softsign", "celu", "rrelu", "glu", "logsigmoid", "hardtanh", "weightnorm", "spectralnorm", "reflect", "circular", "replicate", "causal", "float16", "fp16", "half",
    "float64", "double", "kmnist", "emnist", "qmnist", "svhn", "stl10", "usps", "polynomial", "poly", "cyclic",
    *SPATIAL, "rescale", "rescaling", "min", "multiply", "lppool", "conv1d", "conv3d", "convtranspose", "conv2dtranspose", "deconv", "convtranspose2d",
    "separableconv", "lstm", "gru", "rnn", "embedding", "attention", "upsample", "upsampling",
})  # fmt: skip
"""Words for what the format does not have, as `squeezed` gives them: however near a word of the format is, they mean another thing."""
LOGITS = ("softmax", "log_softmax")
"""What the loss applies itself: the last layer gives logits."""
IMPLIED = (*LOGITS, "flatten")
"""Layers that no spec writes: what they do is done without."""
_NORM = ("batchnorm", "batchnormalization", "batchnormalize", "bn", "norm", "usebn", "usebatchnorm", "withbn")
_SWITCHED = (("true", "batch"), ("yes", "batch"), ("1", "batch"), ("false", "none"), ("no", "none"), ("0", "none"))
_BRIDGED = (
    "shortcut",
    "residual",
    "skip",
    "skipconnection",
    "skipconnections",
    "residualconnection",
    "resnet",
    "identity",
    "useresconnect",
)
_NORMS = {"layer": ("layernorm", "layernormalization"), "group": ("groupnorm", "groupnormalization"),
    "instance": ("instancenorm", "instancenormalization"), "local_response": ("lrn", "localresponse", "localresponsenorm")}  # fmt: skip
_GATED = ("gate", "se", "usese", "squeezeexcite", "squeezeexcitation", "seblock", "semodule", "attention")
SWITCHES = {
    **{(name, word): f"norm: {norm}" for name in _NORM for word, norm in _SWITCHED},
    **{(name, word): "shortcut: add" for name in _BRIDGED for word in ("true", "yes", "1", "identity")},
    **{(name, word): "shortcut: none" for name in _BRIDGED for word in ("false", "no", "0")},
    **{
        (name, word): "shortcut: add"
        for name in ("type", "kind", "blocktype")
        for word in ("residual", "resnet", "res", "skip")
    },
    **{
        (name, word): f"norm: {norm}"
        for norm, names in _NORMS.items()
        for name in names
        for word in ("true", "yes", "1")
    },
    **{(name, word): "gate: {}" for name in _GATED for word in ("true", "yes", "1")},
    ("concat", "true"): "join: concat",
    ("add", "true"): "shortcut: add",
    ("preactivation", "true"): "order: [norm, activation, conv]",
    ("preact", "true"): "order: [norm, activation, conv]",
    ("depthwise", "true"): "groups: depthwise",
    **{(name, "true"): "window: all" for name in ("globalpooling", "globalpool")},
    **{
        ("rescale", word): "normalize: unit"
        for word in ("1./255", "1/255", "1.0/255", "1./255.", "1/255.", "1.0/255.0")
    },
    ("nobias", "true"): "bias: false",
    ("nobias", "false"): "bias: true",
    ("horizontalflip", "true"): "flip: horizontal",
    ("randomflip", "true"): "flip: horizontal",
    ("randomhorizontalflip", "true"): "flip: horizontal",
    ("hflip", "true"): "flip: horizontal",
    ("verticalflip", "true"): "flip: vertical",
    ("randomverticalflip", "true"): "flip: vertical",
    ("vflip", "true"): "flip: vertical",
    ("earlystopping", "true"): "early_stopping: {}",
}
"""A key, as `squeezed` gives it, with its value, as the key and value that say the same."""

KEYS: dict[str, tuple[str, ...]] = {
    "numoutput": ("filters", "units"), "output": ("filters", "units"), "out": ("filters", "units"), "nout": ("filters", "units"),
    "nbfilter": ("filters",), "outplanes": ("filters",), "planes": ("filters",), "maps": ("filters",), "featuremaps": ("filters",),
    "outch": ("filters",), "hidden": ("units",), "hiddenunits": ("units",), "hiddensize": ("units",), "nodes": ("units",), "outputdim": ("units",),
    "kernelshape": ("kernel",), "filtershape": ("kernel",), "ksize": ("kernel", "window"), "k": ("kernel", "window"),
    "pool": ("type",), "method": ("type",), "poolwindow": ("window",), "windowsize": ("window",), "subsample": ("stride",), "pads": ("padding",), "bordermode": ("padding",),
    "nonlinearity": ("activation",), "actfn": ("activation",), "activationfn": ("activation",), "transferfunction": ("activation",),
    "dropoutrate": ("dropout",), "dropoutratio": ("dropout",), "p": ("dropout",), "normlayer": ("norm",),
    "convolutional": ("conv",), "maxpool": ("pool",), "maxpooling": ("pool",), "subsampling": ("pool",),
    "innerproduct": ("fc",), "ip": ("fc",), "connected": ("fc",), "classifier": ("fc",), "head": ("fc",), "denses": ("fc",), "linears": ("fc",),
    "inception": ("branches",), "parallel": ("branches",), "paths": ("branches",), "towers": ("branches",), "split": ("branches",),
    "branch": ("branches",), "mergemode": ("join",), "merge": ("join",), "aggregate": ("join",), "combine": ("join",), "mergetype": ("join",),
    "residualconnection": ("shortcut",), "bridge": ("shortcut",), "identity": ("shortcut",), "seblock": ("gate",), "semodule": ("gate",),
    "reductionratio": ("reduction",), "seratio": ("reduction",), "ratio": ("reduction",), "droppathrate": ("drop",),
    "normeps": ("eps",), "bneps": ("eps",), "bnmomentum": ("momentum",), "decay": ("momentum",), "affine": ("scale",), "gamma": ("scale", "decay_rate", "scales", "factor"),
    "negativeslope": ("slope",), "leakyslope": ("slope",), "slope": ("slope",), "features": ("blocks",), "backbone": ("blocks",), "stages": ("blocks",), "convblocks": ("blocks",), "convlayers": ("blocks",),
    "inputdim": ("input",), "inputsize": ("input",), "imagesize": ("input",), "imageshape": ("input",), "inputshape": ("input",),
    "baselr": ("learning_rate",), "maxlr": ("learning_rate",), "initlr": ("learning_rate",), "initiallr": ("learning_rate",), "lr0": ("learning_rate",),
    "initiallearningrate": ("learning_rate",), "eta": ("learning_rate",), "mom": ("momentum",),
    "accuracy": ("at_least",), "minaccuracy": ("at_least",), "beta1": ("b1",), "beta2": ("b2",), "weightdecayrate": ("weight_decay",), "l2reg": ("weight_decay",),
    "randomzoom": ("zoom",), "randomshear": ("shear",), "randomerasing": ("erase",), "randomshift": ("shift",),
    "widthshiftrange": ("shift",), "heightshiftrange": ("shift",), "itersize": ("accumulate",),
    "rotation": ("rotate",), "rotationrange": ("rotate",), "randomrotation": ("rotate",), "randomcrop": ("crop",),
    "clipgradnorm": ("gradient_clip",), "maxnorm": ("gradient_clip",), "maxgradnorm": ("gradient_clip",), "clipnorm": ("gradient_clip",),
    "valsplit": ("validation",), "validationfraction": ("validation",), "valfraction": ("validation",), "valsize": ("validation",),
    "warmupsteps": ("warmup",), "burnin": ("warmup",), "angle": ("rotate",), "globalclipnorm": ("gradient_clip",), "manualseed": ("seed",),
    "randomseed": ("seed",), "transforms": ("augment",), "transform": ("augment",), "decaysteps": ("transition_steps",), "classname": ("type",),
    "saveevery": ("every_epochs",), "saveinterval": ("every_epochs",), "savefreq": ("every_epochs",), "maxtokeep": ("keep",), "savetotallimit": ("keep",),
    "nepochs": ("epochs",), "nbepoch": ("epochs",), "maxepochs": ("epochs",), "maxepoch": ("epochs",),
    "trainepochs": ("epochs",), "totalepochs": ("epochs",), "bs": ("batch_size",), "minibatch": ("batch_size",), "minibatchsize": ("batch_size",),
    "trainbatchsize": ("batch_size",), "solver": ("optimizer",), "lossfunction": ("loss",), "lossfn": ("loss",), "objective": ("loss",),
    "lrscheduler": ("schedule",), "lrschedule": ("schedule",), "lrpolicy": ("schedule",), "learningrateschedule": ("schedule",),
}  # fmt: skip
"""Words for keys, as `squeezed` gives them, besides those at the keys themselves, each with the keys that it may be where they are known."""
COUNTING = ("max", "total", "limit", "rate", "num", "n", "nb", "number", "of", "the", "size", "sizes", "value")
"""Words beside that of a key which say nothing more: `num_filters`, `kernel_size`."""
NEEDLESS = (
    "in_channels", "in_features", "input_dim", "in_planes", "inplanes", "in_ch", "input_channels", "verbose", "num_workers", "workers",
    "device", "gpu", "gpus", "cuda", "pin_memory", "metrics", "restore_best_weights", "save_best_only", "log_interval", "print_every",
    "log_every", "data_format", "trainable", "download", "inplace", "shuffle",
)  # fmt: skip
"""Keys that no spec has: what they say follows from the layer before, is done anyway, or is a matter of the command."""
OUTPUTS = (
    "output",
    "outputs",
    "classes",
    "numclasses",
    "nclasses",
    "outputsize",
    "outputdim",
    "outputunits",
    "logits",
    "numlabels",
)
"""Keys, as `squeezed` gives them, that say how many units the last layer has."""
IN_EPOCHS = {
    "stepsize": "transition_steps",
    "tmax": "decay_steps",
    "warmupepochs": "warmup",
    "decayepochs": "decay_steps",
    "dropevery": "transition_steps",
}
"""Keys, as `squeezed` gives them, that count epochs elsewhere, each with the one that counts steps or a share of the run here."""
SIDES = ("size", "imagesize", "resolution", "side", "shape", "dim", "dims", "spatial")
"""Keys of an image, as `squeezed` gives them, that say its height and width in one."""
KIND_OF_LAYER = ("type", "kind", "class", "classname", "layer", "layertype", "op")
"""Keys, as `squeezed` gives them, whose value says of what kind a layer in a list is."""
AXES = (("kernel", "h", "w"), ("stride", "h", "w"), ("pad", "h", "w"), ("padding", "h", "w"), ("window", "h", "w"), ("pool", "h", "w"),
    ("kernel", "height", "width"), ("pool", "height", "width"), ("stride", "height", "width"), ("nb", "row", "col"))  # fmt: skip
"""Two keys for the two axes of one: what is common, and the ends for height and width."""
HALVED = {"flops": "macs", "flop": "macs"}
"""Keys whose value is twice that of the key here: a multiply-add is two floating-point operations."""
POOLS = {
    **dict.fromkeys(("gap", "global", "globalavg", "globalaverage", "globalpool", "globalpooling", "globalavgpool", "globalavgpooling",
        "globalaveragepool", "globalaveragepooling", "adaptiveavgpool", "adaptiveaveragepool"), ("average", "all")),
    **dict.fromkeys(("globalmax", "globalmaxpool", "globalmaxpooling", "adaptivemaxpool", "gmp"), ("max", "all")),
    **dict.fromkeys(("avgpool", "averagepool", "averagepooling", "avgpooling", "meanpool", "meanpooling"), ("average", None)),
    **dict.fromkeys(("maxpool", "maxpooling"), ("max", None)),
}  # fmt: skip
"""Words for a pooling layer as a whole, as `squeezed` gives them, each with its type and, where it says so, its window."""


POSITIONS = {
    **dict.fromkeys(("Conv2d", "Convolution2d"), ("conv", ("in_channels", "filters", "kernel", "stride", "padding", "dilation", "groups"))),
    **dict.fromkeys(("Conv2D", "Convolution2D"), ("conv", ("filters", "kernel", "stride", "padding"))),
    **dict.fromkeys(("Linear", "LazyLinear"), ("fc", ("in_features", "units"))),
    "Dense": ("fc", ("units", "activation")),
    **dict.fromkeys(("MaxPool2d", "MaxPooling2D", "MaxPool2D", "AvgPool2d", "AveragePooling2D", "AvgPool2D"), ("pool", ("window", "stride", "padding"))),
}  # fmt: skip
"""The calls that make a layer elsewhere: its kind, and what the values without a name are."""
VARIANT_POSITIONS = {
    "optimizer": ("learning_rate", "momentum"), "schedule": ("learning_rate", "momentum"), "loss": (), "group": ("groups", "in_channels", "eps"),
    "norm": ("in_channels", "eps", "momentum"), "local_response": ("size", "alpha", "beta", "k"),
}  # fmt: skip
"""By a type or its key, what the values without a name in such a call are, where that is not the order of the format."""


def plain_word(name: str) -> str:
    """A word without the dress of class names and of methods: in small letters, with `_`.

    >>> plain_word("nn.MaxPool2d"), plain_word("Conv2D"), plain_word("kernel-size")
    ('maxpool', 'conv', 'kernel_size')
    """
    word = name.rpartition(".")[2] if name.startswith(MODULES) else name
    return word.lower().replace("-", "_").removesuffix("2d").rstrip("_")


MODULES = ("nn.", "layers.", "keras.", "tf.", "torch.", "F.", "optim.", "optax.", "jax.", "datasets.", "torchvision.")


@lru_cache(maxsize=8192)
def squeezed(name: str) -> str:
    """A plain word in one piece, as which words for one thing are told: `max_pool`, `MaxPool2d` and `max-pool` are one.

    >>> squeezed("nn.MaxPool2d"), squeezed("max_pooling"), squeezed("kernelSize"), squeezed("DenseLayer")
    ('maxpool', 'maxpooling', 'kernelsize', 'dense')
    """
    word = plain_word(name).replace("_", "").replace(" ", "")
    return word.removesuffix("layer") or word
