"""Lines as typed."""
