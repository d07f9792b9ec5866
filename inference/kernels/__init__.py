"""What the models compute, as plain functions of arrays; runs in Triton's model processes or in any process."""
