"""Everything that knows Triton: the client, one adapter per model, the model repository."""
