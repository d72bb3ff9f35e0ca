"""Appendix: the words of each release's reports."""
