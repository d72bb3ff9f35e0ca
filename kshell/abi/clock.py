"""The clocks of clock_gettime().

C counterpart: include/uapi/linux/time.h.
"""

from __future__ import annotations

CLOCK_REALTIME = 0
CLOCK_MONOTONIC = 1
CLOCK_PROCESS_CPUTIME_ID = 2
CLOCK_THREAD_CPUTIME_ID = 3
CLOCK_MONOTONIC_RAW = 4
CLOCK_REALTIME_COARSE = 5
CLOCK_MONOTONIC_COARSE = 6
CLOCK_BOOTTIME = 7
CLOCK_REALTIME_ALARM = 8
CLOCK_BOOTTIME_ALARM = 9
CLOCK_SGI_CYCLE = 10  # was one machine's; the number stays taken
CLOCK_TAI = 11

NSEC_PER_SEC = 1_000_000_000
TICK_NSEC = 4_000_000  # HZ is 250
