"""What every route shares: problems, authentication, idempotency, observation, documentation."""
