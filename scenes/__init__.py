"""Films of a store, one a file here, and what they are made of."""

if __name__ == "scenes":  # its name in version 0.1, in a checkout
    from weightreel.former_names import stand_in

    stand_in(__name__)
else:
    from weightreel.scenes.camera.configured import import_manim_with_ours

    import_manim_with_ours()
