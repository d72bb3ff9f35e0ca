"""For all tests: no example of hypothesis is judged by a clock, since machines are shared and noisy."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("kshell", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kshell")
