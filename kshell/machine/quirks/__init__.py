"""What exists only because the emulator errs."""
