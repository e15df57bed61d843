"""How the weights are moved: schedules, optimizers, stages."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from .fields import Section, knob, section


class ScheduleConfig(Section):
    """The shape of the learning rate over a stage."""

    kind: Literal["stlr", "one_cycle", "clr", "sgdr", "constant"] = knob(
        "stlr", label="Schedule",
        help="stlr: slanted triangular (1801.06146, 3.2). one_cycle: cosine up and down. clr: cyclical triangles "
        "(1506.01186). sgdr: cosine with warm restarts (1608.03983). constant: flat after a warm-up.",
    )
    cut_frac: float = knob(
        0.1, label="Cut fraction", unit="share of steps", ge=0.0, le=0.9,
        help="The share of the stage in which the rate rises.",
    )
    ratio: float = knob(
        32.0, label="Ratio", unit="times", ge=1.0, le=1_000.0, log=True,
        help="How much smaller the lowest rate is than the peak.",
    )
    clr_mode: Literal["triangular", "triangular2", "exp_range"] = knob(
        "triangular", label="CLR mode", advanced=True,
        help="triangular: equal peaks. triangular2: each peak half the last. exp_range: decays by gamma a step.",
    )
    cycles: float = knob(
        2.0, label="Cycles", unit="cycles", ge=0.5, le=50.0, advanced=True,
        help="How many triangles (clr) or periods (sgdr, rounded to a whole number) a stage holds.",
    )
    cycle_multiplier: float = knob(
        2.0, label="Cycle multiplier", unit="times", ge=1.0, le=4.0, advanced=True,
        help="sgdr: each period is this much longer than the one before.",
    )
    gamma: float = knob(
        0.9999, label="Gamma", unit="a step", gt=0.0, le=1.0, advanced=True,
        help="clr exp_range: the peak is multiplied by this after each step.",
    )
    pct_start: float = knob(
        0.25, label="One-cycle rise", unit="share of steps", ge=0.0, le=0.9, advanced=True,
        help="one_cycle: the share of the stage in which the rate rises.",
    )
    warmup: float = knob(
        0.0, label="Warm-up", unit="share of steps", ge=0.0, le=0.9, advanced=True,
        help="constant: the share of the stage in which the rate rises from 0.",
    )


class OptimizerConfig(Section):
    """What turns gradients into steps."""

    kind: Literal["adamw", "adam", "sgd", "nt_asgd"] = knob(
        "adamw", label="Optimizer",
        help="adamw is right nearly always. adam: the same without weight decay. nt_asgd: averaged SGD with the "
        "non-monotone trigger (1708.02182, 3), for long language-model training.",
    )
    beta1: float = knob(
        0.7, label="Beta 1", unit="decay a step", ge=0.0, le=0.999, advanced=True,
        help="Decay of the gradient's mean (0.7 in 1801.06146, 4.1); the momentum of sgd.",
    )
    beta2: float = knob(
        0.99, label="Beta 2", unit="decay a step", ge=0.0, le=0.9999, advanced=True,
        help="Decay of the squared gradient's mean (0.99 in 1801.06146, 4.1).",
    )
    weight_decay: float = knob(
        0.01, label="Weight decay", unit="a step", ge=0.0, le=1.0, log=True, advanced=True,
        help="Pulls weights towards zero, apart from the gradient.",
    )
    eps: float = knob(
        1e-5, label="Epsilon", unit="gradient", gt=0.0, le=0.1, log=True, advanced=True,
        help="Added to the root of the squared gradient's mean.",
    )
    clip: float = knob(
        0.4, label="Gradient clipping", unit="norm", zero="off", ge=0.0, le=100.0, advanced=True,
        help="Longest gradient a step may use; 0 switches clipping off.",
    )
    accumulation: int = knob(
        1, label="Accumulation", unit="batches a step", ge=1, le=1_024, advanced=True,
        help="Adds up the gradients of several batches before a step: the large batch's result in a small one's "
        "memory. Only batch norm tells them apart, which sees the small batches unless it is frozen.",
    )
    nonmonotone: int = knob(
        5, label="Non-monotone interval", unit="checks", ge=1, le=100, advanced=True,
        help="nt_asgd: averaging begins when validation is worse than the best before the last checks.",
    )


class StageSettings(Section):
    """What both kinds of training have in common."""

    lr: float
    factor: float
    batch_size: int = knob(
        32, label="Batch size", unit="documents", ge=1, le=4_096, log=True,
        help="How many rows are trained on at once. Less uses less memory.",
    )
    bptt: int = knob(
        70, label="Chunk length", unit="tokens", ge=4, le=2_048,
        help="How many tokens the network reads at once; its state is carried from chunk to chunk.",
    )
    schedule: ScheduleConfig = section(ScheduleConfig, label="Schedule", help="The learning rate over a stage.")
    optimizer: OptimizerConfig = section(OptimizerConfig, label="Optimizer", help="How the weights are moved.")
    early_stopping: int = knob(
        0, label="Early stopping", unit="epochs", zero="never", ge=0, le=1_000, advanced=True,
        help="Stop a stage after this many epochs without a better validation loss; 0: never.",
    )


class LanguageModelConfig(StageSettings):
    """Fine-tuning (or training) the language model on the corpus' own texts."""

    lr: float = knob(
        4e-3, label="Peak learning rate", unit="per step", gt=0.0, le=10.0, log=True,
        help="The largest learning rate of the last layer group (0.004 in 1801.06146, 4.1).",
    )
    factor: float = knob(
        1.3, label="Discriminative factor", unit="a group", ge=1.0, le=10.0,
        help="Each earlier layer group learns this much slower than the one after it. The published 2.6 (1801.06146, "
        "3.2) suits a large network that was pretrained for long; a small one tuned on few texts learns less by it.",
    )
    epochs: int = knob(
        10, label="Epochs", unit="epochs", zero="left out", ge=0, le=1_000,
        help="Passes over all texts; 0 skips this stage. Some thousand texts gain up to about 10, a million words "
        "of them or more are well served with 2 to 4.",
    )
    batch_size: int = knob(
        32, label="Batch size", unit="rows", ge=1, le=4_096, log=True,
        help="How many streams of text are read side by side. Less uses less memory.",
    )
    jitter: bool = knob(
        False, label="Vary the chunk length", advanced=True,
        help="Draw each chunk's length at random around the set one and scale the rate with it (1708.02182, 5).",
    )
    alpha: float = knob(
        2.0, label="Activation regularisation", unit="weight", ge=0.0, le=100.0, advanced=True,
        help="AR: weight of the mean square of the last layer's dropped output (1708.02182, 4.6).",
    )
    beta: float = knob(
        1.0, label="Temporal regularisation", unit="weight", ge=0.0, le=100.0, advanced=True,
        help="TAR: weight of the mean squared change of the last layer's raw output (1708.02182, 4.6).",
    )
    interpolate: bool = knob(
        True, label="As much tuning as helps", advanced=True, before=False,
        help="The classifier begins between the pretrained weights and the tuned ones, where a cross-validated "
        "regression on its training documents does best (2109.01903). Off: with the tuned ones, as published. A "
        "language model that begins from nothing, and a head with a hidden layer, have no use for it.",
    )
    softmax: Literal["full", "adaptive", "sampled"] = knob(
        "full", label="Softmax", advanced=True,
        help="full is exact. adaptive and sampled are faster for very large vocabularies and approximate.",
    )


class ClassifierConfig(StageSettings):
    """Training the classifier with gradual unfreezing."""

    lr: float = knob(
        4e-3, label="Peak learning rate", unit="per step", gt=0.0, le=10.0, log=True,
        help="The largest learning rate of the head. 0.01 was published with a factor of 2.6 (1801.06146, 4.1).",
    )
    factor: float = knob(
        1.0, label="Discriminative factor", unit="a group", ge=1.0, le=10.0,
        help="Each earlier layer group learns this much slower than the one after it. The published 2.6 (1801.06146, "
        "3.2) suits a large encoder that was pretrained for long; under a small one it starves the lower layers.",
    )
    epochs: tuple[int, ...] = knob(
        (1, 1, 1, 6), label="Epochs of each stage", unit="epochs",
        help="One number a stage. The first trains the head alone, each further one unfreezes one layer group more "
        "(1801.06146, 3.3), the last trains everything: some thousand documents gain up to about 6 epochs, ten "
        "thousands are well served with 2. The last epoch is kept that is not clearly worse than the best.",
    )
    refit: int = knob(
        2, label="Epochs on all labels", unit="epochs", ge=0, le=1_000, before=0,
        help="At last the classifier learns for so many epochs from the validation documents too, and the mean of its "
        "weights before and after is kept. What is chosen by them (the epoch that is kept, the temperature, the weight "
        "of the word counts) goes by the answers before. Worth about half a point with some hundred labels. 0: as "
        "published, it never learns from them.",
    )
    stage_decay: float = knob(
        1.0, label="Rate decay a stage", unit="times", gt=0.0, le=1.0, advanced=True,
        help="The peak rate of each stage after the first is multiplied by this once more (the reference halves it).",
    )
    loss: Literal["auto", "cross_entropy", "focal", "binary"] = knob(
        "auto", label="Loss", advanced=True,
        help="auto: cross entropy for one label a document, binary for several. focal: looks harder at what is wrong.",
    )
    focal_gamma: float = knob(
        2.0, label="Focal gamma", unit="exponent", ge=0.0, le=10.0, advanced=True,
        help="How strongly the focal loss turns away from what is already right.",
    )
    consistency: float = knob(
        0.0, label="Consistency", unit="weight", ge=0.0, le=100.0, advanced=True,
        help="R-Drop (2106.14448): each document is read twice, with other dropouts, and the two answers are drawn "
        "towards one another with this weight; the classifier's training takes up to twice as long. 0: each is read "
        "once. A weight of 1 is worth about half a point to the network with some hundred labels, and next to nothing "
        "to network and word counts together.",
    )
    label_smoothing: float = knob(
        0.0, label="Label smoothing", unit="share", ge=0.0, le=0.5, advanced=True,
        help="Share of the target that is spread over all labels.",
    )
    class_weights: Literal["none", "balanced"] = knob(
        "none", label="Class weights", help="balanced: a rare label counts as much as a common one."
    )
    freeze_batch_norm: bool = knob(
        False, label="Freeze batch norm", advanced=True,
        help="Keep the head's batch-norm statistics as they are while training.",
    )

    @field_validator("epochs")
    @classmethod
    def _epochs_in_range(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not 1 <= len(value) <= 10 or any(not 0 <= n <= 1_000 for n in value):
            raise ValueError("give one to ten stages of 0 to 1000 epochs, for example 1, 1, 1, 2")
        return value
