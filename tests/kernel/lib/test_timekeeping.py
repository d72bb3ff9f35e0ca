"""The time that a module is told, and delays, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kernel.core.clock import BODY_NS, BOOT_EPOCH_NS
from tests.kernel.lib.script_lab import LANGUAGES, ScriptLab

PY = """
def op(k: Kernel, what: Int, a: Long, b: Long) -> Long:
    now = timespec64()
    start = ktime_get(k)
    if what == 0:
        return start
    elif what == 1:
        return ktime_get_real(k)
    elif what == 2:
        udelay(k, ULong(a))
    elif what == 3:
        ndelay(k, ULong(a))
    elif what == 4:
        mdelay(k, ULong(a))
    elif what == 5:
        ktime_get_real_ts64(k, addr(now))
        return now.tv_sec * NSEC_PER_SEC + now.tv_nsec - S64(ktime_get_real_ns(k))
    elif what == 6:
        ktime_get_ts64(k, addr(now))
        return now.tv_sec - ktime_get_seconds(k) + ktime_get_real_seconds(k)
    elif what == 7:
        return ktime_ms_delta(ktime_add(start, ktime_set(a, b)), start) * 1000000 + ktime_to_us(ktime_set(0, b))
    return ktime_sub(ktime_get(k), start)
"""
C = """
#include <linux/delay.h>
#include <linux/ktime.h>
static long op(int what, long a, long b)
{
	struct timespec64 now;
	ktime_t start = ktime_get();
	switch (what) {
	case 0: return start;
	case 1: return ktime_get_real();
	case 2: udelay(a); break;
	case 3: ndelay(a); break;
	case 4: mdelay(a); break;
	case 5: ktime_get_real_ts64(&now); return now.tv_sec * NSEC_PER_SEC + now.tv_nsec - (s64)ktime_get_real_ns();
	case 6: ktime_get_ts64(&now); return now.tv_sec - ktime_get_seconds() + ktime_get_real_seconds();
	case 7: return ktime_ms_delta(ktime_add(start, ktime_set(a, b)), start) * 1000000 + ktime_to_us(ktime_set(0, b));
	}
	return ktime_sub(ktime_get(), start);
}
"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_module_is_told_the_simulated_time(tmp_path: Path, language: str) -> None:
    lab = ScriptLab(tmp_path, language, {"py": PY, "c": C}[language])
    (start,) = lab.run([(0, 0, 0)])
    assert lab.k.clock.ns >= start > 0
    since_boot, real = lab.run([(0, 0, 0), (1, 0, 0)])
    assert 0 < real - BOOT_EPOCH_NS - since_boot <= 3 * BODY_NS
    assert lab.run([(2, 5, 0), (3, 700, 0), (4, 2, 0)]) == [ns + 2 * BODY_NS for ns in (5_000, 700, 2_000_000)]
    assert lab.run([(5, 0, 0)]) == [-BODY_NS]
    assert lab.run([(6, 0, 0)]) == [BOOT_EPOCH_NS // 10**9]
    assert lab.run([(7, 3, 2_500_000)]) == [3_002 * 1_000_000 + 2_500]
