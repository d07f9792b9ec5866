"""Makes the risk model: pictures whose text is labelled, read, measured, and learned from."""
