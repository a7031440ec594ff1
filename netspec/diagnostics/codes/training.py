"""NS6: training and runs. The examples are commands on a run that they make themselves in a few seconds."""

from netspec.diagnostics.code import Code


def _spec(train: str = "", *, layers: str = "[16, 10]", epochs: int = 1, batch: int = 100, more: str = "") -> str:
    """A network that trains in no time."""
    settings = "".join(f"  {line}\n" for line in (f"epochs: {epochs}", f"batch_size: {batch}", *filter(None, [train])))
    head = "netspec: 1\nname: example\ninput: [8, 8, 1]\n"
    return f"{head}{more}fc: {layers}\ndata: {{source: digits}}\ntrain:\n{settings}"


_RUN = "netspec train example.yaml --output run"
_ON = "netspec train --resume run --set train.epochs=2"


def _on_a_run(code: str, title: str, meaning: str, why: str, setup: str, command: str, repair: str) -> Code:
    """A code about a run directory, which `setup` follows on making."""
    return Code(code, title, meaning, why, _spec(), setup=f"{_RUN}\n{setup}", command=command, repair=repair)


CODES: tuple[Code, ...] = (
    _on_a_run(
        "NS601",
        "run in use",
        "Another process writes into the run directory. The lock ends with the process that holds it, even when that is "
        "killed: there is no lock file to remove. Wait for the process or end it; a new run may have another directory.",
        "Two runs in one directory would overwrite each other's checkpoints.",
        "",
        f"flock run/.lock {_ON}",
        _ON,
    ),
    Code(
        "NS602",
        "not a run",
        "The directory lacks what every run has, `spec.yaml` and `plan.json`, or these are not what the run wrote there. A "
        "run directory is what `netspec train` was given as `--output`, or has named itself. Neither is a spec one, nor a file "
        "of weights that an import wrote.",
        "What the network is, and what it was made of, stands in these.",
        _spec(),
        setup="mkdir folder",
        command="netspec evaluate folder",
        repair=f"{_RUN}\nnetspec evaluate run",
    ),
    _on_a_run(
        "NS603",
        "run exists",
        "The directory already holds a run, or files of a run's names that are of none. Go on with it by `--resume`, or give "
        "another directory.",
        "A new run would replace the checkpoints of the old one, and whatever else has the names of its files.",
        "",
        _RUN,
        "netspec train --resume run",
    ),
    _on_a_run(
        "NS604",
        "no checkpoint",
        "The run has no valid checkpoint to go on from or to load: it ended before the first one was written, or each of "
        "its files was damaged since. Each file that was passed over is named with the reason.",
        "Without a state there is nothing to go on from; to begin anew under the same name would hide that.",
        "rm run/checkpoints/* run/model.safetensors",
        "netspec evaluate run",
        "netspec train --resume run\nnetspec evaluate run",
    ),
    _on_a_run(
        "NS605",
        "damaged checkpoint",
        "A checkpoint's content does not match the SHA-256 in it, or the file is no checkpoint: it was cut short, "
        "altered, or copied from elsewhere. It is passed over for an older one: the steps since are done again.",
        "One altered byte is another network, and nothing else would show it. A disk that alters one file may have "
        "altered others.",
        "head -c 1000 run/model.safetensors > cut\nmv cut run/model.safetensors",
        "netspec evaluate run",
        "netspec evaluate run --checkpoint best",
    ),
    _on_a_run(
        "NS606",
        "another run",
        "What the run was started with and what it would go on with differ in something that steps depend on: the spec, "
        "the data or the seed. The number of epochs may grow, and what no step depends on may change: name, "
        "description, budget, target, when to save and to stop.",
        "Going on would give a network that neither spec describes.",
        "",
        "netspec train --resume run --set train.seed=1",
        _ON,
    ),
    _on_a_run(
        "NS607",
        "another environment",
        "The run goes on with other versions, options, algorithms or another number of cores than it was started with.",
        "A warning: the formulas are the same, but sums may be taken in another order. The last bits of the results may "
        "differ from those of a run that was never interrupted.",
        "",
        f"taskset --cpu-list 0 {_ON}",
        "netspec train example.yaml --output again",
    ),
    _on_a_run(
        "NS608",
        "model of another network",
        "The arrays of a model, a checkpoint or a run are not those of the spec that they are loaded for.",
        "Arrays that happen to fit would be taken for something that they are not.",
        "sed 's/16, 10/32, 10/' example.yaml > wider.yaml",
        "netspec compile wider.yaml -o out --platform cpu --run run",
        "netspec compile example.yaml -o out --platform cpu --run run",
    ),
    Code(
        "NS610",
        "not finite",
        "The loss or a gradient became infinite or not a number. That step was not made: the state is as before it, and "
        "no checkpoint holds a number that is not finite. The usual cause is a learning rate that is too high for the "
        "first steps, then images with values far outside what `normalize` expects.",
        "From the first such number on every weight is one, and the rest of the run is lost.",
        _spec("loss: mean_squared_error\n  optimizer: {type: sgd, learning_rate: 10}", layers="[10]", batch=32),
        _spec("loss: mean_squared_error\n  optimizer: {type: sgd, learning_rate: 0.1}", layers="[10]", batch=32),
        command="netspec train example.yaml",
    ),
    Code(
        "NS611",
        "target missed",
        "The run ended below `train.target`. The network is saved all the same.",
        "The exit status says that it is not what was asked for, so that nothing is built on it unseen.",
        _spec("target: {metric: accuracy, at_least: 1.0}"),
        _spec("target: {metric: accuracy, at_least: 0.05}"),
        command="netspec train example.yaml",
    ),
    Code(
        "NS612",
        "devices do not fit",
        "`--devices` asks for more devices than there are, or for a number that does not divide the batch, which is "
        "`train.batch_size` or, where they are fewer, all training examples.",
        "Each device takes an equal part of every batch.",
        _spec(),
        arithmetic=("100 % 64 = 36",),
        command="netspec train example.yaml --devices 64",
        repair="netspec train example.yaml",
    ),
    Code(
        "NS613",
        "length of an epoch unknown",
        "The schedule counts in shares of the run, and how many steps an epoch has follows from the data, which are not "
        "opened to compile a network. `--steps-per-epoch` says it.",
        "A schedule of another length is another training.",
        _spec("schedule: {type: cosine, warmup: 5%}").replace("digits", "npz, path: later.npz"),
        arithmetic=("1200 / 100 = 12",),
        command="netspec compile example.yaml -o out",
        repair="netspec compile example.yaml -o out --steps-per-epoch 12",
    ),
    Code(
        "NS614",
        "does not fit in memory",
        "One training step at `train.batch_size`, with the data set that stays on the device, is predicted to need more "
        "memory than the device has free: of a CPU what the system gives without swapping, within the limit of the control "
        "group; of a GPU what JAX may allocate. Activations grow with the batch; weights, gradients and optimizer state do "
        "not.",
        "The system would end the run, often only after minutes. The figure is made before anything is compiled; on CPU it "
        "agrees with XLA's own within a quarter. It is an error on a CPU where it exceeds what is free by more than that "
        "quarter. Less, or on a GPU, where the figure was compared with nothing, is a warning, and the run goes on.",
        _spec(layers="[{units: 1000000, repeat: 2}, 10]"),
        _spec(),
        ("4 * (64*10**6 + 10**12 + 10**7) = 4000296000000",),
        command="netspec train example.yaml",
    ),
    Code(
        "NS615",
        "choices do not fit",
        "The file that `--choices` names holds no choice of algorithms, or one of another network: a layer that is not "
        "there, a direction that it does not have, or an algorithm that does not support it. What fits is a run directory, "
        "its `plan.json`, or what `netspec bench --format json` prints, of the same layers.",
        "To leave such a choice out would be to measure something else than what was asked for.",
        _spec(),
        setup="echo '{}' > choices.json",
        command="netspec train example.yaml --choices choices.json",
        repair="netspec train example.yaml --output run\nnetspec train example.yaml --choices run",
    ),
    Code(
        "NS616",
        "cache out of order",
        "Compiled programs, the measurements by which algorithms are chosen, or what was found out of a streamed data set could "
        "not be read from or written to netspec's cache. The cache may be removed at any time; `NETSPEC_CACHE` says where it is, and `NETSPEC_CACHE=off` "
        "keeps nothing.",
        "A warning: the run goes on. It compiles, measures or looks through its data again, which takes time, or takes the choices of the rules.",
        _spec(layers="[10]", more="blocks:\n  - conv: {filters: 4, kernel: 3}\n"),
        command="NETSPEC_CACHE=example.yaml netspec train example.yaml --tune full",
        repair="netspec train example.yaml",
    ),
    Code(
        "NS617",
        "batch larger than the training set",
        "`train.batch_size` is more than the training examples that are left when validation is held out. A step takes all "
        "of them, and an epoch is one step.",
        "A warning: the weights move once an epoch, and a schedule or a number of epochs that was meant for many steps an "
        "epoch is far too short.",
        _spec(batch=2000),
        _spec(),
        ("1437 - 144 = 1293",),
    ),
    Code(
        "NS620",
        "training diverges",
        "The mean loss of an epoch is far above that of guessing, has risen to three times its least, or the norm of the "
        "gradient is a hundred times that of the first epoch. A tenth of the learning rate, clipped gradients or a "
        "`warmup` are the usual cures.",
        "A warning: the numbers are still finite, and the run goes on; but weights that have run away seldom come back.",
        _spec("optimizer: {type: sgd, learning_rate: 10}", layers="[{units: 16, activation: tanh}, 10]"),
        _spec("optimizer: {type: sgd, learning_rate: 0.1}", layers="[{units: 16, activation: tanh}, 10]"),
        command="netspec train example.yaml",
    ),
    Code(
        "NS621",
        "dead layer",
        "No unit of a layer with `relu` was above zero for any image of the validation set. A learning rate that is too high "
        "is the usual cause: one large step moves the biases far below zero. `norm: batch` and `leaky_relu` prevent it.",
        "A warning: the gradient of such a unit is zero, so that the layer, and all before it, learn no more.",
        _spec("optimizer: {type: sgd, learning_rate: 1}", layers="[2, 10]"),
        _spec("optimizer: {type: sgd, learning_rate: 0.01}", layers="[2, 10]"),
        command="netspec train example.yaml",
    ),
    Code(
        "NS622",
        "no better than guessing",
        "For three epochs the loss has been that of a network which gives every image the same answer. Either the learning "
        "rate is far too high or too low, or the gradient does not reach the first layers (many layers of `sigmoid` or "
        "`tanh` without norm), or the labels have nothing to do with the images.",
        "A warning: more epochs seldom change it, and each costs as much as the last.",
        _spec("optimizer: {type: sgd, learning_rate: 1e-9}", epochs=3, batch=50),
        _spec("optimizer: {type: sgd, learning_rate: 0.1}", epochs=3, batch=50),
        command="netspec train example.yaml",
    ),
    Code(
        "NS623",
        "setting of JAX without effect",
        "A variable of the environment asks JAX for other numbers (`JAX_ENABLE_X64`, `JAX_DEFAULT_MATMUL_PRECISION`, "
        "`JAX_THREEFRY_PARTITIONABLE` ...) or to look for mistakes in a program (`JAX_DISABLE_JIT`, `JAX_DEBUG_NANS`, "
        "`JAX_TRANSFER_GUARD` ...). netspec's commands set it aside.",
        "A warning: the spec alone says what is computed, and a run that went on without the variable would be another one.",
        _spec(),
        command="JAX_ENABLE_X64=1 netspec train example.yaml",
        repair="netspec train example.yaml",
    ),
    Code(
        "NS624",
        "JAX cannot start",
        "JAX or XLA refuses what the environment asks for: a platform without a device (`JAX_PLATFORMS`), a flag that this "
        "version does not know (`XLA_FLAGS`), or a value that is none. Or compiled kernels are asked for that this machine "
        "cannot run (`NETSPEC_KERNELS`), or a number of reading threads that is none (`NETSPEC_WORKERS`).",
        "Nothing can be computed. No other device is taken in silence: it might be a hundred times as slow.",
        _spec(),
        command="XLA_FLAGS=--xla_no_such_flag netspec train example.yaml",
        repair="netspec train example.yaml",
    ),
    _on_a_run(
        "NS625",
        "answer that is not finite",
        "A network gave an image a number that is infinite or none. Its weights are finite, or it would not have been loaded: "
        "they are so large that their products overflow. No training of netspec leaves such weights.",
        "There is no class to name, and JSON has no word for such a number.",
        """\
python3 -c "
from pathlib import Path
import numpy as np
from netspec.storage import tensors
np.save('image.npy', np.eye(8) * 16)
arrays, facts = tensors.load(Path('run/model.safetensors'))
for name in arrays:
    if 'kernel' in name:
        arrays[name] *= 1e38
Path('huge.safetensors').write_bytes(tensors.save_bytes(arrays, facts))
"
""",
        "netspec predict huge.safetensors image.npy",
        "netspec predict run image.npy",
    ),
    Code(
        "NS626",
        "no words for a layer",
        "The system that a network is exported to has no layer that computes the same: Keras has no local response norm, pools "
        "with no other padding than `same`, and has no convolution with stride and dilation at once; Flax has no local response "
        "norm and no `prelu` with a slope a channel. What LiteRT's converter fails on is told in its words.",
        "Another layer in its place would give other numbers, and nobody would be told.",
        _spec(layers="[10]", more="blocks:\n  - conv: {filters: 4, kernel: 3, norm: local_response}\n"),
        command="netspec export example.yaml --to keras-code -o example.py",
        repair="netspec export example.yaml --to pytorch-code -o example.py",
    ),
)
