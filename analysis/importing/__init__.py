"""From checkpoints that other code wrote to a store: files, their order, their tensors, what is measured of them."""
