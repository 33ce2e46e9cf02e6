"""Half of an image black: which class is it then?"""

from weightreel.analysis.measures.attacks.noise import most_confident, outcome_of
from weightreel.analysis.measures.attacks.probe import Probe, as_json, register
from weightreel.analysis.store.schema.fields import AttackKind


@register
class HalfBlack(Probe):
    name = "half-black"

    def final(self):
        return {"half-black": self._answers}

    def described(self, network):
        about = {"kind": AttackKind.NOISE.value, "method": "the upper half of test images made black", "seed": 0}
        return {"attacks/half-black": about | {"parameters": as_json(dict(self.settings)), "threshold": 0.0}}

    def _answers(self, network):
        pixels = self.targets.test[0][: self.settings["images"]].copy()
        pixels[:, : pixels.shape[1] // 2] = 0
        probabilities = network.whole(pixels)
        outcome, at = outcome_of(probabilities), "attacks/half-black"
        chosen = most_confident(outcome, 0.0, 1, network.classes)
        return {
            f"{at}/prediction": outcome.prediction,
            f"{at}/confidence": outcome.confidence,
            f"{at}/gallery/pixels": pixels[chosen],
            f"{at}/gallery/trial": chosen,
            f"{at}/gallery/probabilities": probabilities[chosen],
        }
