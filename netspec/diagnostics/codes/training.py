"""NS6: training and runs. NS60 is about run directories: no spec raises these, so they have no example."""

from netspec.diagnostics.code import Code

CODES: tuple[Code, ...] = (
    Code(
        "NS601",
        "run in use",
        "Another process writes into the run directory. Two runs in one directory would overwrite each "
        "other's checkpoints. The lock ends with the process that holds it, even when that is killed: "
        "there is no lock file to remove. Wait for the process, end it, or give another directory.",
    ),
    Code(
        "NS602",
        "not a run",
        "The directory lacks what every run has: `spec.yaml` and `checkpoints/`. A run directory is what "
        "`netspec train` was given as `--output`, or has named itself.",
    ),
    Code(
        "NS603",
        "run exists",
        "The directory already holds a run, and a new one would replace its checkpoints. Go on with it by "
        "`--resume`, or give another directory.",
    ),
    Code(
        "NS604",
        "no checkpoint",
        "The run has no valid checkpoint to go on from or to load: it ended before the first one was "
        "written, or each of its files was damaged since. Each file that was passed over is named with "
        "the reason.",
    ),
    Code(
        "NS605",
        "damaged checkpoint",
        "A checkpoint's content does not match the SHA-256 in it, or the file is no checkpoint: it was "
        "cut short, altered, or copied from elsewhere. It is passed over for an older one: the steps "
        "since are done again. A disk that alters one file may have altered others.",
    ),
    Code(
        "NS606",
        "another run",
        "What the run was started with and what it would go on with differ in something that steps depend "
        "on: the spec, the data or the seed. Going on would give a network that neither spec describes. "
        "The number of epochs may grow, and what no step depends on may change: name, description, "
        "budget, target, when to save and to stop.",
    ),
    Code(
        "NS607",
        "another environment",
        "The run goes on with other versions, options, algorithms or another number of cores than it was "
        "started with. The formulas are the same, but sums may be taken in another order: the last bits "
        "of the results may differ from those of a run that was never interrupted.",
    ),
    Code(
        "NS608",
        "model of another network",
        "The arrays of a model or checkpoint are not those of the spec beside it: one of the two was replaced.",
    ),
    Code(
        "NS610",
        "not finite",
        "The loss or a gradient became infinite or not a number. That step was not made: the state is as before it, and "
        "no checkpoint holds a number that is not finite. The usual cause is a learning rate that is too high for the "
        "first steps, then images with values far outside what `normalize` expects.",
    ),
    Code(
        "NS611",
        "target missed",
        "The run ended below `train.target`. The network is saved all the same; the exit status says that it is not what "
        "was asked for.",
    ),
    Code(
        "NS612",
        "devices do not fit",
        "`--devices` asks for more devices than there are, or for a number that does not divide the batch: each device "
        "takes an equal part of every batch, which is `train.batch_size` or, where they are fewer, all training examples.",
    ),
    Code(
        "NS613",
        "length of an epoch unknown",
        "The schedule counts in shares of the run, and how many steps an epoch has follows from the data, which are not "
        "opened to compile a network. `--steps-per-epoch` says it.",
    ),
    Code(
        "NS614",
        "does not fit in memory",
        "One training step at `train.batch_size`, with the data set that stays on the device, is predicted to need more memory than the "
        "device has free: of a CPU what the system gives without swapping, within the limit of the control group; of a "
        "GPU what JAX may allocate. The figure is a prediction, made before anything is compiled; on CPU it agrees with XLA's "
        "own within a quarter. It is an error on a CPU where it exceeds what is free by more than that quarter. Less, or on a "
        "GPU, where the figure was compared with nothing, is a warning, and the run goes on. Activations grow with the batch; weights, gradients and optimizer state do not.",
    ),
    Code(
        "NS615",
        "choices do not fit",
        "The file that `--choices` names holds no choice of algorithms, or one of another network: a layer that is not "
        "there, a direction that it does not have, or an algorithm that does not support it. What fits is a run directory, "
        "its `plan.json`, or what `netspec bench --format json` prints, of the same layers.",
    ),
    Code(
        "NS616",
        "cache out of order",
        "Compiled programs, or the measurements by which algorithms are chosen, could not be read from or written to "
        "netspec's cache. The run goes on: it compiles and measures again, or takes the cost model's choices. The cache may be removed at any time; "
        "`NETSPEC_CACHE` says where it is, and `NETSPEC_CACHE=off` keeps nothing.",
    ),
    Code(
        "NS620",
        "training diverges",
        "The mean loss of an epoch is far above that of guessing, has risen to three times its least, or the norm of the "
        "gradient is a hundred times that of the first epoch. The numbers are still finite, and the run goes on; but weights "
        "that have run away seldom come back. A tenth of the learning rate, clipped gradients or a `warmup` are the usual "
        "cures.",
    ),
    Code(
        "NS621",
        "dead layer",
        "No unit of a layer with `relu` was above zero for any image of the validation set. The gradient of such a unit is "
        "zero, so that the layer, and all before it, learn no more. A learning rate that is too high is the usual cause: one "
        "large step moves the biases far below zero. `norm: batch` and `leaky_relu` prevent it.",
    ),
    Code(
        "NS622",
        "no better than guessing",
        "For three epochs the loss has been that of a network which gives every image the same answer. Either the learning rate "
        "is far too high or too low, or the gradient does not reach the first layers (many layers of `sigmoid` or `tanh` "
        "without norm), or the labels have nothing to do with the images.",
    ),
)
