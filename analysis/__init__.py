"""Train or watch a PyTorch network and write what it measures, epoch by epoch, to one HDF5 store."""
