"""Train or watch a PyTorch network and write what it measures, epoch by epoch, to one HDF5 store."""

if __name__ == "analysis":  # its name in version 0.1, in a checkout
    from weightreel.former_names import stand_in

    stand_in(__name__)
