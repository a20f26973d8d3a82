"""The rules of taking footage in: when it began, what is looked at, what becomes a track, which crops are kept."""
