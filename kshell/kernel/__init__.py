"""The kernel that a student reads. Start with docs/reading-order.md."""
