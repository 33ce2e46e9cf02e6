"""What a store holds of attacks, fooling images, saliency and certificates: the part of the schema that is Part 1."""

from __future__ import annotations

from enum import StrEnum

from weightreel.analysis.store.schema.field import STRING, Attribute, Field

_RUN = "/runs/RUN"
_ATTACK = f"{_RUN}/attacks/ATTACK"
_PATH = f"{_ATTACK}/path"
_PLACE = f"{_ATTACK}/place"
_SALIENCY = f"{_RUN}/saliency"
_MASKING = f"{_RUN}/masking"
_CERTIFICATE = f"{_RUN}/certificates/CERTIFICATE"

_PIXELS = ("height", "width", "channel")


class AttackKind(StrEnum):
    """What a trial of an attack is; an attack without the attribute is noise (schemas before 1.2)."""

    NOISE = "noise"
    """An input drawn from a distribution; a success is an answer with confidence ≥ threshold."""
    GRADIENT = "gradient"
    """A test image within epsilon of which a wrong answer was looked for; a success is a wrong answer."""
    MINIMUM_NORM = "minimum-norm"
    """A test image whose nearest wrong answer was looked for; `distance` is how far it lies."""
    WORST_CASE = "worst-case"
    """A test image that several attacks were put on, one after the other, until it fell."""
    FOOLING = "fooling"
    """Noise, changed by gradient ascent until it is answered as the target with confidence ≥ threshold."""


ATTACK_DIMENSIONS = {
    "picture": "pictures kept of an attack",
    "preview": "the first trials, whose whole answers are kept",
    "trial": "trials at the last epoch",
    "history_trial": "the first trials, repeated at every epoch",
    "path_example": "examples whose way through an attack is kept",
    "path_step": "steps of an attack; 0 is the clean image",
    "batchnorm": "BatchNorm layers, in the order of the network",
    "saliency_epoch": "epochs at which input gradients are kept",
    "saliency_example": "examples whose input gradients are kept",
    "test_image": "test images",
    "masked": "test images on which it is looked at whether gradients are hidden",
    "masking_step": "steps of the attack there; 0 is the clean image",
    "certified": "test images that certificates were asked for",
    "copy": "noisy copies of one image",
}

ATTACK_FIELDS: tuple[Field, ...] = (
    Field(f"{_RUN}/test/label", "u1", ("test_image",), "class", "true classes of the test images", False),
    Field(f"{_RUN}/test/prediction", "u1", ("test_image",), "class", "answer to each test image", False),
    Field(f"{_RUN}/test/confidence", "f4", ("test_image",), "1", "softmax probability of the answer", False),
    Field(f"{_ATTACK}/prediction", "u1", ("trial",), "class", "answer to each trial at the last epoch", False),
    Field(f"{_ATTACK}/confidence", "f4", ("trial",), "1", "softmax probability of the answer", False),
    Field(f"{_ATTACK}/gallery/pixels", "u1", ("picture", *_PIXELS), "1/255", "most confident successes", False),
    Field(f"{_ATTACK}/gallery/trial", "u4", ("picture",), "trial", "trial number of each picture", False),
    Field(f"{_ATTACK}/gallery/probabilities", "f4", ("picture", "class"), "1", "whole answer to each picture", False),
    Field(f"{_ATTACK}/preview/pixels", "u1", ("preview", *_PIXELS), "1/255", "the first trials' inputs", False),
    Field(
        f"{_ATTACK}/preview/probabilities",
        "f4",
        ("epoch", "preview", "class"),
        "1",
        "whole answers to the first trials",
        False,
    ),
    Field(
        f"{_ATTACK}/history/prediction", "u1", ("epoch", "history_trial"), "class", "answers of the first trials", False
    ),
    Field(f"{_ATTACK}/history/confidence", "f4", ("epoch", "history_trial"), "1", "their confidences", False),
    # Where noise lies among the images, at every epoch.
    Field(f"{_PLACE}/logit_scale", "f4", ("epoch",), "1", "mean over noise of the logits' standard deviation", False),
    Field(
        f"{_PLACE}/image_logit_scale", "f4", ("epoch",), "1", "mean over validation images of the same", False
    ),
    Field(
        f"{_PLACE}/distance",
        "f4",
        ("epoch", "class"),
        "1",
        "mean distance of noise to the mean of each class, in the features before the last linear layer",
        False,
    ),
    Field(
        f"{_PLACE}/spread", "f4", ("epoch", "class"), "1", "mean distance of a class's own images to its mean", False
    ),
    Field(
        f"{_PLACE}/batchnorm_shift",
        "f4",
        ("epoch", "batchnorm"),
        "1",
        "root mean square over channels of (mean of noise - running mean) / running standard deviation",
        False,
    ),
    Field(
        f"{_PLACE}/batchnorm_ratio",
        "f4",
        ("epoch", "batchnorm"),
        "1",
        "geometric mean over channels of noise's standard deviation / the running one",
        False,
    ),
    # Gradient and minimum-norm attacks: a trial is a test image.
    Field(f"{_ATTACK}/image", "u4", ("trial",), "image", "number of each trial's image among the test images", False),
    Field(f"{_ATTACK}/label", "u1", ("trial",), "class", "its true class", False),
    Field(f"{_ATTACK}/clean/prediction", "u1", ("trial",), "class", "answer to the image without attack", False),
    Field(f"{_ATTACK}/clean/confidence", "f4", ("trial",), "1", "confidence of that answer", False),
    Field(
        f"{_ATTACK}/distance", "f4", ("trial",), "1", "norm of the perturbation, pixels in [0,1]; NaN if none", False
    ),
    # The worst case over several attacks: a trial is a test image.
    Field(
        f"{_ATTACK}/fallen/radius", "f8", ("trial",), "1",
        "smallest L∞ radius at which it fell, pixels in [0,1]; 0 if wrong without attack, NaN if it stands", False,
    ),
    Field(
        f"{_ATTACK}/fallen/by", "i2", ("trial",), "attack",
        "the attack that felled it, by place in the attribute `attacks`; -1 if it stands", False,
    ),
    Field(
        f"{_ATTACK}/nearest/distance", "f4", ("trial",), "1",
        "L∞ distance of the nearest wrong answer that FAB found; inf if none, NaN if it was not put on it", False,
    ),
    Field(
        f"{_ATTACK}/nearest/prediction", "u1", ("trial",), "class", "that answer; the true class if none", False
    ),
    # Whether gradients are hidden.
    Field(f"{_MASKING}/image", "u4", ("masked",), "image", "number of each among the test images", False),
    Field(f"{_MASKING}/label", "u1", ("masked",), "class", "true classes", False),
    Field(f"{_MASKING}/clean", "u1", ("masked",), "class", "answer to each without attack", False),
    Field(
        f"{_MASKING}/slope/loss", "f4", ("masked",), "nat",
        "largest slope of the cross-entropy along one value, pixels in [0,1], as float32 has it", False,
    ),
    Field(
        f"{_MASKING}/slope/margin", "f4", ("masked",), "1",
        "largest slope along one value of the true class's logit less the largest other", False,
    ),
    Field(
        f"{_MASKING}/loss", "f8", ("masked", "masking_step"), "nat",
        "cross-entropy after each step of PGD from the image itself", False,
    ),
    Field(f"{_MASKING}/single_step", "u1", ("masked",), "class", "answer after one step (FGSM)", False),
    Field(f"{_MASKING}/many_steps", "u1", ("masked",), "class", "answer after all steps of PGD", False),
    Field(f"{_MASKING}/black_box", "u1", ("masked",), "class", "answer after the Square attack", False),
    Field(f"{_MASKING}/unbounded/pgd", "u1", ("masked",), "class", "answer after PGD with a radius of 1", False),
    Field(
        f"{_MASKING}/unbounded/apgd", "u1", ("masked",), "class",
        "answer after Auto-PGD on logits of a fixed scale with a radius of 1", False,
    ),
    Field(f"{_PATH}/example", "u4", ("path_example",), "example", "which of the examples", False),
    Field(
        f"{_PATH}/perturbation",
        "i1",
        ("path_example", "path_step", *_PIXELS),
        "1",
        "perturbation after each step, in units of the attribute `scale`",
        False,
    ),
    Field(
        f"{_PATH}/probabilities", "f4", ("path_example", "path_step", "class"), "1", "whole answer after each step",
        False,
    ),
    # Fooling images: a trial is a target class.
    Field(f"{_ATTACK}/target", "u1", ("trial",), "class", "the class that is aimed at", False),
    Field(f"{_ATTACK}/start", "u1", ("trial", *_PIXELS), "1/255", "the noise at which each ascent begins", False),
    Field(f"{_ATTACK}/pixels", "u1", ("trial", *_PIXELS), "1/255", "the image at which it ends", False),
    Field(f"{_ATTACK}/steps", "u4", ("trial",), "steps", "steps taken", False),
    Field(
        f"{_PATH}/confidence", "f4", ("trial", "path_step"), "1",
        "confidence in the target after each step; the last value is repeated", False,
    ),
    # Input gradients.
    Field(f"{_SALIENCY}/epoch", "u4", ("saliency_epoch",), "epochs", "epochs that were kept", False),
    Field(f"{_SALIENCY}/example", "u4", ("saliency_example",), "example", "which of the examples", False),
    Field(
        f"{_SALIENCY}/gradient",
        "i1",
        ("saliency_epoch", "saliency_example", *_PIXELS),
        "1",
        "gradient of the loss by pixels in [0,1], in units of `scale`",
        False,
    ),
    Field(
        f"{_SALIENCY}/scale", "f4", ("saliency_epoch", "saliency_example"), "nat", "unit of each gradient", False
    ),
    # Certificates of randomised smoothing.
    Field(f"{_CERTIFICATE}/image", "u4", ("certified",), "image", "number of each among the test images", False),
    Field(f"{_CERTIFICATE}/label", "u1", ("certified",), "class", "true classes", False),
    Field(
        f"{_CERTIFICATE}/selection", "u4", ("certified", "class"), "votes", "votes that select the class", False
    ),
    Field(
        f"{_CERTIFICATE}/votes", "u4", ("certified", "class"), "votes", "votes that bound its probability", False
    ),
    Field(
        f"{_CERTIFICATE}/certified_class", "i2", ("certified",), "class", "the class certified; -1 abstains", False
    ),
    Field(
        f"{_CERTIFICATE}/radius", "f4", ("certified",), "1",
        "L2 radius within which it is the smoothed answer, pixels in [0,1]; NaN abstains", False,
    ),
    Field(
        f"{_CERTIFICATE}/prediction", "i2", ("certified",), "class",
        "the smoothed answer without a radius (PREDICT); -1 abstains", False,
    ),
    Field(f"{_CERTIFICATE}/clean", "u1", ("certified",), "class", "the network's own answer, without noise", False),
    Field(f"{_CERTIFICATE}/sample/pixels", "u1", ("copy", *_PIXELS), "1/255", "noisy copies of one image", False),
    Field(f"{_CERTIFICATE}/sample/prediction", "u1", ("copy",), "class", "the answers to them", False),
)  # fmt: skip

ATTACK_ATTRIBUTES: tuple[Attribute, ...] = (
    Attribute(_RUN, "defence", STRING, "settings of a network beyond the report's two, as JSON", False),
    Attribute(_ATTACK, "kind", STRING, ", ".join(kind.value for kind in AttackKind), False),
    Attribute(_ATTACK, "order", "i8", "place among the attacks", False),
    Attribute(_ATTACK, "method", STRING, "how the inputs are made"),
    Attribute(_ATTACK, "parameters", STRING, "parameters of the method, as JSON"),
    Attribute(_ATTACK, "seed", "i8", "seed; trial i depends on (seed, i) alone"),
    Attribute(_ATTACK, "threshold", "f8", "a trial is a success at this confidence or above (noise, fooling)", False),
    Attribute(_ATTACK, "attacks", STRING, "attacks of a worst case in their order, as JSON", False),
    Attribute(_MASKING, "parameters", STRING, "radius, steps and queries, as JSON", False),
    Attribute(_MASKING, "seed", "i8", "seed of the images and of the Square attack", False),
    Attribute(f"{_ATTACK}/place", "batchnorms", STRING, "names of the BatchNorm layers, as JSON", False),
    Attribute(f"{_PATH}/perturbation", "scale", "f8", "unit of the perturbation: pixels in [0,1]", False),
    Attribute(_CERTIFICATE, "sigma", "f8", "standard deviation of the noise, pixels in [0,1]"),
    Attribute(_CERTIFICATE, "failure_probability", "f8", "probability with which a certificate may be wrong"),
    Attribute(_CERTIFICATE, "n_selection", "i8", "noisy copies that select the class"),
    Attribute(_CERTIFICATE, "n_estimation", "i8", "noisy copies that bound its probability"),
    Attribute(_CERTIFICATE, "seed", "i8", "seed of the noise"),
    Attribute(_CERTIFICATE, "order", "i8", "place among the certificates"),
    Attribute(f"{_CERTIFICATE}/sample", "of", "i8", "which of the certified images the copies are of", False),
)
