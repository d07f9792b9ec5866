"""Everything that knows another vendor: Kafka administration, the S3 store, local servers, settings, logs."""
