"""Appendix: /proc and /sys."""
