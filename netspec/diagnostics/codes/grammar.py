"""NS2: the grammar, and values that contradict each other."""

from netspec.diagnostics.code import Code

_HEAD = "netspec: 1\nname: example\n"
_DIGITS = _HEAD + "input: [8, 8, 1]\n"
_CONV = "blocks:\n  - conv: {filters: 4, kernel: 3}\n"

CODES: tuple[Code, ...] = (
    Code(
        "NS201",
        "empty block",
        "A block is [CONV]*N -> POOL?, or has `branches` or a group of `blocks` in the place of the convolutions.",
        "A block without layers does nothing; most often its layers stand at the wrong indentation.",
        _DIGITS + "blocks:\n  - {repeat: 2}\nfc: [10]\n",
        _DIGITS + "blocks:\n  - {repeat: 2, conv: {filters: 4, kernel: 3}}\nfc: [10]\n",
    ),
    Code(
        "NS202",
        "too many layers",
        "With every `repeat` written out, a spec may have 10,000 layers.",
        "More is nearly always a slip of the keyboard.",
        _DIGITS + "blocks:\n  - conv: {filters: 4, kernel: 1, repeat: 1000000}\nfc: [10]\n",
        _DIGITS + "blocks:\n  - conv: {filters: 4, kernel: 1, repeat: 10}\nfc: [10]\n",
        arithmetic=("1 * 1000000 + 1 = 1000001",),
    ),
    Code(
        "NS203",
        "layer name taken",
        "Layer names are unique. `input` is the image.",
        "Layers are known by their names in reports, checkpoints and exports.",
        _DIGITS
        + "blocks:\n  - conv: {filters: 4, kernel: 3, name: stem}\n  - conv: {filters: 4, kernel: 3, name: stem}\nfc: [10]\n",
        _DIGITS
        + "blocks:\n  - conv: {filters: 4, kernel: 3, name: stem}\n  - conv: {filters: 4, kernel: 3, name: body}\nfc: [10]\n",
    ),
    Code(
        "NS204",
        "no layers",
        "Both `blocks` (M = 0) and `fc` (K = 0) may be absent, but not both at once.",
        "A network without layers gives its input back and has nothing to train.",
        _DIGITS,
        _DIGITS + "fc: [10]\n",
    ),
    Code(
        "NS205",
        "bias without effect",
        (
            "A bias before batch norm is subtracted again with the mean of each feature map. It is off by default "
            "under `norm: batch`."
        ),
        "It would be trained on rounding noise, which an optimizer like Adam magnifies.",
        _DIGITS + "blocks:\n  - conv: {filters: 4, kernel: 3, norm: batch, bias: true}\nfc: [10]\n",
        _DIGITS + "blocks:\n  - conv: {filters: 4, kernel: 3, norm: batch}\nfc: [10]\n",
        arithmetic=("(3 + 5) - ((3 + 5) + (7 + 5))/2 = 3 - (3 + 7)/2 = -2",),
        command="netspec validate --hints example.yaml",
    ),
    Code(
        "NS206",
        "setting without meaning",
        (
            "Global pooling (`window: all`) takes the whole map at once: there is nothing to stride over and "
            "nothing to pad."
        ),
        "A setting without effect suggests that something else was meant.",
        _DIGITS + _CONV + "    pool: {type: average, window: all, stride: 2}\nfc: [10]\n",
        _DIGITS + _CONV + "    pool: {type: average, window: all}\nfc: [10]\n",
    ),
    Code(
        "NS207",
        "input is not the data's size",
        "The size of the images of this source is known, and `input` says another one.",
        "Training would be refused at its first step, after the data have been read.",
        _HEAD + "input: [28, 28, 1]\nfc: [10]\ndata: {source: digits}\n",
        _HEAD + "input: [8, 8, 1]\nfc: [10]\ndata: {source: digits}\n",
        latent=True,
    ),
    Code(
        "NS208",
        "outputs are not the data's classes",
        "The last layer gives one number (logit) a class, so their counts are the same.",
        "With fewer outputs some labels have no output; with more, some outputs are never taught.",
        _DIGITS + "fc: [12]\ndata: {source: digits}\n",
        _DIGITS + "fc: [10]\ndata: {source: digits}\n",
        latent=True,
    ),
    Code(
        "NS209",
        "output is a map",
        "Without `fc` the network ends in a feature map. Training needs it to be 1x1.",
        "Then it is one number a class, which a label can be compared with.",
        _DIGITS + "blocks:\n  - conv: {filters: 10, kernel: 3}\ndata: {source: digits}\n",
        _DIGITS
        + "blocks:\n  - conv: {filters: 10, kernel: 3}\n    pool: {type: average, window: all}\ndata: {source: digits}\n",
        arithmetic=("6 * 6 * 10 = 360",),
        latent=True,
    ),
    Code(
        "NS210",
        "two checkpoint intervals",
        "Checkpoints are written every so many epochs or every so many steps.",
        "Which of the two is meant cannot be known, and what an interruption costs depends on it.",
        _DIGITS + "fc: [10]\ntrain:\n  checkpoint: {every_epochs: 1, every_steps: 50}\n",
        _DIGITS + "fc: [10]\ntrain:\n  checkpoint: {every_steps: 50}\n",
    ),
    Code(
        "NS211",
        "nesterov without momentum",
        "Nesterov's method looks ahead along the momentum.",
        "With momentum 0 there is nothing to look along: it would be plain gradient descent under another name.",
        _DIGITS + "fc: [10]\ntrain:\n  optimizer: {type: sgd, nesterov: true}\n",
        _DIGITS + "fc: [10]\ntrain:\n  optimizer: {type: sgd, nesterov: true, momentum: 0.9}\n",
    ),
    Code(
        "NS212",
        "nothing to watch",
        (
            "Early stopping, or the schedule `plateau`, watches a metric of the validation set, and `data.validation: 0` holds "
            "no examples out for one."
        ),
        "The run would never stop early, and the rate never drop, without a word.",
        _DIGITS + "fc: [10]\ndata: {validation: 0}\ntrain:\n  early_stopping: {metric: validation_loss, patience: 3}\n",
        _DIGITS
        + "fc: [10]\ndata: {validation: 0.1}\ntrain:\n  early_stopping: {metric: validation_loss, patience: 3}\n",
    ),
    Code(
        "NS213",
        "path without use",
        "The `digits` images come with netspec; no file is read.",
        "The images that `path` names would not be trained on.",
        _DIGITS + "fc: [10]\ndata: {source: digits, path: images}\n",
        _DIGITS + "fc: [10]\ndata: {source: digits}\n",
    ),
    Code(
        "NS214",
        "resize without use",
        "Only image folders are resized; the images of other sources have one size.",
        "The key would have no effect.",
        _DIGITS + "fc: [10]\ndata: {source: digits, resize: true}\n",
        _DIGITS + "fc: [10]\ndata: {source: digits}\n",
    ),
    Code(
        "NS215",
        "augmentation larger than the image",
        "A crop or a cutout is as large as the image.",
        "It leaves nothing to learn from.",
        _DIGITS + "fc: [10]\ndata:\n  augment: {cutout: 8}\n",
        _DIGITS + "fc: [10]\ndata:\n  augment: {cutout: 2}\n",
        arithmetic=("8*8 - 8*8 = 0",),
    ),
    Code(
        "NS230",
        "activation on the logits",
        "The last layer has an activation, and the loss takes what it gives for the logits of a softmax, or of sigmoids.",
        (
            "A logit is any number: the larger, the likelier. ReLU makes all unlikely classes alike and passes no gradient to them; "
            "after a sigmoid no class of ten can be given more than 23 %. The loss applies the softmax itself."
        ),
        _DIGITS + "fc: [64, {units: 10, activation: sigmoid}]\n",
        _DIGITS + "fc: [64, 10]\n",
    ),
    Code(
        "NS231",
        "dropout on the logits",
        "The last layer has a dropout: in training, some of the logits are 0, whatever the image.",
        (
            "Dropout is for what other layers read. Here it makes the class that is shown look as unlikely as any, so that the loss "
            "punishes what was right. `defaults` for `fc` reach the last layer too."
        ),
        _DIGITS + "defaults: {fc: {dropout: 0.5}}\nfc: [64, 10]\n",
        _DIGITS + "fc: [{units: 64, dropout: 0.5}, 10]\n",
    ),
    Code(
        "NS232",
        "steps meant as epochs",
        "A schedule counts steps, one for each batch (or each `accumulate` batches). Here it counts so few that epochs were meant: the run has many more steps.",
        "A rate that drops every 30 steps instead of every 30 epochs is as good as 0 before the first epoch ends.",
        _HEAD
        + "input: [28, 28, 1]\nfc: [10]\ndata: {source: mnist}\n"
        + "train:\n  epochs: 90\n  schedule: {type: step, transition_steps: 30}\n",
        _HEAD
        + "input: [28, 28, 1]\nfc: [10]\ndata: {source: mnist}\n"
        + "train:\n  epochs: 90\n  schedule: {type: step, transition_steps: 12630}\n",
        arithmetic=("90*421//30 = 1263", "90*421//12630 = 3"),
    ),
    Code(
        "NS233",
        "learning rate beyond any in use",
        "The learning rate is larger than networks are trained with by this optimizer, or so small that no weight moves.",
        "Most often a sign is missing, as in 1e3 for 1e-3. The loss would be infinite after a few steps, or never change.",
        _DIGITS + "fc: [10]\ntrain:\n  optimizer: {type: adam, learning_rate: 1e3}\n",
        _DIGITS + "fc: [10]\ntrain:\n  optimizer: {type: adam, learning_rate: 1e-3}\n",
    ),
    Code(
        "NS234",
        "pool above conv",
        "In a block the convolutions run first and the pooling layer last, in whatever order they are written.",
        "Who reads the block from top to bottom sees another network than the one that is trained.",
        _DIGITS + "blocks:\n  - pool: {window: 2}\n    conv: {filters: 4, kernel: 3}\nfc: [10]\n",
        _DIGITS + "blocks:\n  - conv: {filters: 4, kernel: 3}\n    pool: {window: 2}\nfc: [10]\n",
    ),
    Code(
        "NS220",
        "schedule that contradicts itself",
        "A schedule needs steps for each of its parts: at least one between two drops, a decay that ends after the warm-up "
        "(`decay_steps` counts the warm-up in) and takes two steps or more, a cycle whose rising share, `pct_start`, is "
        "a step or more, and boundaries that rise, each with its factor.",
        "The learning rate would be nothing like what is asked for: 0 from the first steps on, or not a number.",
        _DIGITS + "fc: [10]\ntrain:\n  schedule: {type: cosine, warmup: 50, decay_steps: 50}\n",
        _DIGITS + "fc: [10]\ntrain:\n  schedule: {type: cosine, warmup: 50, decay_steps: 100}\n",
        arithmetic=("50 - 50 = 0", "100 - 50 = 50"),
    ),
    Code(
        "NS221",
        "run too short for the schedule",
        "The run ends before a part of its schedule has come to its end: the warm-up, the decay, the cycle, the first drop or "
        "a boundary; or before the patience of a `plateau` has. The steps of a run are its epochs times the whole steps that "
        "the training part has.",
        "A warning: the rate never is what the schedule was made for.",
        _DIGITS + "fc: [10]\ntrain:\n  epochs: 4\n  schedule: {type: constant, warmup: 1000}\n",
        _DIGITS + "fc: [10]\ntrain:\n  epochs: 4\n  schedule: {type: constant, warmup: 5%}\n",
        arithmetic=("1437 - 144 = 1293", "4 * 10 = 40"),
    ),
    Code(
        "NS222",
        "learning rate that vanishes",
        "For more than half of the run the rate is less than a hundred-thousandth of `learning_rate`. Most often `decay_steps` "
        "or `transition_steps` was meant in epochs: they count steps, of which an epoch has many.",
        "A warning: nothing is learned in that time.",
        _DIGITS + "fc: [10]\ntrain:\n  schedule: {type: step, transition_steps: 12, decay_rate: 0.01}\n",
        _DIGITS + "fc: [10]\ntrain:\n  schedule: {type: step, transition_steps: 30%, decay_rate: 0.01}\n",
        arithmetic=("1437 - 144 = 1293", "10 * 10 = 100", "12 * 5 / 2 = 30"),
    ),
    Code(
        "NS223",
        "norm over a single value",
        "Batch norm subtracts the mean over the images of a batch and the positions of the map. With one image a batch and a "
        "map of one position, as `fc` has, that is the mean of one number. So is that of instance norm over a map of one "
        "position, whatever the batch, and that of layer norm over one feature.",
        "The output would be `shift` whatever the image is, and no layer before it would learn.",
        _DIGITS + "fc: [{units: 16, norm: batch}, 10]\ntrain: {batch_size: 1}\n",
        _DIGITS + "fc: [{units: 16, norm: batch}, 10]\ntrain: {batch_size: 32}\n",
        arithmetic=("1 * 1 * 1 = 1", "32 * 1 * 1 = 32"),
    ),
    Code(
        "NS224",
        "one number for several classes",
        "`cross_entropy` compares the softmax of the last layer's numbers with the class. Of one number the softmax is 1. "
        "`binary_cross_entropy` tells two classes apart by one number, the logit of the second.",
        "The loss would be 0 for every image, and the accuracy that of one class.",
        _DIGITS + "fc: [1]\ndata: {source: npz, path: two-classes.npz}\n",
        _DIGITS + "fc: [2]\ndata: {source: npz, path: two-classes.npz}\n",
    ),
    Code(
        "NS260",
        "stopped before the rate drops",
        "Early stopping and the schedule `plateau` watch the same metric, and the run stops in or before the epoch after which "
        "the rate would drop: it drops after one epoch more than its `patience`.",
        "A warning: the rate never drops, and the run is that of a constant one.",
        _DIGITS
        + "fc: [10]\ntrain:\n  epochs: 50\n  schedule: {type: plateau, patience: 5}\n  early_stopping: {patience: 5}\n",
        _DIGITS
        + "fc: [10]\ntrain:\n  epochs: 50\n  schedule: {type: plateau, patience: 5}\n  early_stopping: {patience: 12}\n",
        arithmetic=("5 + 1 = 6", "2 * (5 + 1) = 12"),
    ),
    Code(
        "NS261",
        "nothing decays",
        "`decay_norms: false` says what weight decay leaves out, and `weight_decay` is 0.",
        "A warning: the key has no effect, and most often the decay was forgotten.",
        _DIGITS + "fc: [10]\ntrain:\n  optimizer: {type: sgd, decay_norms: false}\n",
        _DIGITS + "fc: [10]\ntrain:\n  optimizer: {type: sgd, decay_norms: false, weight_decay: 1e-4}\n",
    ),
    Code(
        "NS262",
        "saturation without colours",
        "`saturation` draws pixels towards their grey or away from it, and the images have no red, green and blue.",
        "Grey images would stay as they are; of other channels nobody knows the grey.",
        _DIGITS + "fc: [10]\ndata:\n  augment: {contrast: 0.2, saturation: 0.2}\n",
        _DIGITS + "fc: [10]\ndata:\n  augment: {contrast: 0.2}\n",
    ),
    Code(
        "NS263",
        "nothing to mix with",
        "`mixup` and `cutmix` mix each image with another one of its batch, and a batch has one image.",
        "A warning: each image would be mixed with itself.",
        _DIGITS + "fc: [10]\ndata:\n  augment: {mixup: 0.2}\ntrain: {batch_size: 1}\n",
        _DIGITS + "fc: [10]\ndata:\n  augment: {mixup: 0.2}\ntrain: {batch_size: 32}\n",
    ),
    Code(
        "NS264",
        "range upside down",
        "A range is written as its least value, then its largest.",
        "Which of the two bounds was meant cannot be known.",
        _DIGITS + "fc: [10]\ndata:\n  augment: {zoom: [1.2, 0.8]}\n",
        _DIGITS + "fc: [10]\ndata:\n  augment: {zoom: [0.8, 1.2]}\n",
    ),
    Code(
        "NS265",
        "more batches than examples",
        "A step takes `accumulate` batches, each of one example at least, and the training part has fewer.",
        "There is nothing to make a step of.",
        _DIGITS + "fc: [10]\ntrain:\n  accumulate: 2000\n",
        _DIGITS + "fc: [10]\ntrain:\n  accumulate: 4\n",
        arithmetic=("1437 - 144 = 1293",),
    ),
    Code(
        "NS240",
        "channels before height and width",
        "`input` is written as [height, width, channels], and 1, 3 or 4 rows of many channels look like an image whose "
        "channels stand first, as PyTorch has them.",
        "A warning: three rows leave no room for a kernel, and no data set has such images.",
        _HEAD + "input: [3, 32, 32]\nfc: [10]\n",
        _HEAD + "input: [32, 32, 3]\nfc: [10]\n",
    ),
    Code(
        "NS241",
        "larger than any network",
        "A layer has more than 65,536 filters or 16,777,216 units, or one image has more than 4,294,967,296 numbers: eight "
        "times what published networks have, or more.",
        "A warning: a digit too many, or a key that was given another one's value. No machine could hold the network.",
        _DIGITS
        + "blocks:\n  - conv: {filters: 1000000, kernel: 3}\n    pool: {type: average, window: all}\nfc: [10]\n",
        _DIGITS + "blocks:\n  - conv: {filters: 100, kernel: 3}\n    pool: {type: average, window: all}\nfc: [10]\n",
    ),
    Code(
        "NS242",
        "angle in radians",
        "`rotate` and `shear` are in degrees, and the value is below 1, or π, π/2 or π/3.",
        "A warning: less than a degree moves hardly a pixel, and the augmentation would do nothing.",
        _DIGITS + "fc: [10]\ndata:\n  augment: {rotate: 0.26}\n",
        _DIGITS + "fc: [10]\ndata:\n  augment: {rotate: 15}\n",
    ),
    Code(
        "NS243",
        "escape in a path",
        "In double quotes a backslash begins an escape: `\\t` is a tab, `\\n` the end of a line, `\\_` a space that does not "
        "break. Single quotes and no quotes leave backslashes as they are.",
        "A warning: no file has such a name, and the error that follows would speak of a path that nobody wrote.",
        _DIGITS + 'fc: [10]\ndata: {source: npz, path: "C:\\temp\\new.npz"}\n',
        _DIGITS + "fc: [10]\ndata: {source: npz, path: 'C:\\temp\\new.npz'}\n",
    ),
)
