"""A training of one's own, watched: `python docs/examples/own_training.py`, then `weightreel film run.h5 --films esd`.

The picture below the README's five lines is the poster of that film.
"""

# The last lines stand as in the README.
# ruff: noqa: B007, E402

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
pixels, digits = (torch.as_tensor(part) for part in load_digits(return_X_y=True))
images, labels = pixels.float() / 16, digits.long()
model = nn.Sequential(
    nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)
)  # fmt: skip
optimiser = torch.optim.Adam(model.parameters(), 2e-3)


def train(model: nn.Module) -> float:
    """Train for an epoch; the mean loss."""
    total = 0.0
    for rows in torch.randperm(len(images)).split(64):
        loss = nn.functional.cross_entropy(model(images[rows]), labels[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        total += loss.item() * len(rows) / len(images)
    return total


from weightreel import Recorder

with Recorder("run.h5", model) as rec:  # any nn.Module; your own code trains it
    for epoch in range(50):
        rec.epoch(loss=train(model))
