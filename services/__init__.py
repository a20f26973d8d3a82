"""The four services. Each is an island: they meet in contracts, in the jobs table and in views, never in imports."""
