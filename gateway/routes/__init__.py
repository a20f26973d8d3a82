"""The routes: thin, one module a resource. Each turns HTTP into a call of an adapter and its result into a body."""
