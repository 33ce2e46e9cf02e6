"""How networks learn, and what they confuse: curves and confusion matrices from epoch to epoch."""

from __future__ import annotations

from weightreel.scenes.training import Training


def test_the_film_says_which_networks_it_shows() -> None:
    film = Training.__new__(Training)

    class Of:
        complete = True

        def __init__(self, title: str) -> None:
            self.title = title

    class Data:
        attributes: dict[str, object] = {"n_train": 5000, "name": "digits"}  # noqa: RUF012

    film.store = type("S", (), {"dataset": Data()})()
    film.about = [Of("CNN"), Of("Spectral CNN")]
    assert film.subject == "CNN and Spectral CNN, 5,000 images of digits"
    film.about = [Of("CNN"), Of("Spectral CNN"), Of("ResNet")]
    film.about[1].complete = False
    assert film.subject == "3 networks, 5,000 images of digits, still training"
