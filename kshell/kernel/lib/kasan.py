"""The kernel address sanitizer: what machine code does to objects that are not its own is reported, and goes on.

It runs where `kasan` stands on the kernel's command line, and watches the loads and stores of machine code in ring 0.
Bodies in Python, such as memcpy, are not watched.

C counterpart: mm/kasan/report.c, mm/kasan/common.c.
"""

from __future__ import annotations

from kshell.abi.loglevel import KERN_ERR
from kshell.kernel.kernel import Kernel
from kshell.kernel.lib.slab import Track, slab_of
from kshell.kernel.report.oops_report import dump_stack
from kshell.kernel.report.show_regs import Frame, place
from kshell.kernel.report.taint import add_taint
from kshell.kernel.report.unwind import machine_frames
from kshell.machine.ram import PAGE_MASK

LINE = "=" * 66
SLAB_SINCE = (6, 3)  # slab-use-after-free, and where the object says whether it was allocated
DOUBLE_SINCE = (6, 1)


def check_access(k: Kernel, stores: bool, physical: int, size: int) -> None:
    """Machine code in ring 0 loads or stores: report that if the bytes are nobody's."""
    kasan = k.slab.kasan if k.slab is not None else None
    page = kasan.pages.get(physical & PAGE_MASK) if kasan is not None else None
    if page is None or kasan is None or kasan.has_reported:
        return
    address = page | physical & ~PAGE_MASK
    start, _ = slab_of(k).object_at(address)
    given = slab_of(k).given.get(start)
    if given is not None and address + size <= start + given.size:
        return
    new = k.profile.version >= SLAB_SINCE
    freed = "slab-use-after-free" if new else "use-after-free"
    kind = freed if given is None and start in kasan.freed else "slab-out-of-bounds"
    k.cpu.ring0.save()
    _report(k, kind, address, f"{'Write' if stores else 'Read'} of size {size} at", _frames(k))


def may_free(k: Kernel, address: int) -> bool:
    """Whether an object may be given back; one that was already, and what is none, is reported."""
    slab = slab_of(k)
    if slab.kasan is None or address & PAGE_MASK not in slab.pages:
        return True
    if address in slab.given:
        slab.kasan.freed[address] = _track(k, slab.given[address].size)
        return True
    new = k.profile.version >= DOUBLE_SINCE
    kind = ("double-free" if address in slab.kasan.freed else "invalid-free") if new else "double-free or invalid-free"
    if not slab.kasan.has_reported:
        _report(k, kind, address, "Free of" if new else "", _frames(k))
    return False


def track_alloc(k: Kernel, address: int, size: int) -> None:
    """Remember who has allocated an object."""
    kasan = slab_of(k).kasan
    if kasan is not None and address & PAGE_MASK in slab_of(k).pages:
        kasan.allocated[address] = _track(k, size)
        kasan.freed.pop(address, None)


def _track(k: Kernel, size: int) -> Track:
    return Track(size, k.current.pid, [_line(frame) for frame in _frames(k)])


def _frames(k: Kernel) -> list[Frame]:
    """The functions of machine code that run; none where a body in Python acts by itself."""
    in_call = k.cpu.ring0.user_frame is not None
    return machine_frames(k, k.cpu.ring0.regs, in_call) if k.cpu.mmu.ring == 0 else []


def _line(frame: Frame) -> str:
    return f" {frame.symbol}" + (f" ({place(frame)})" if frame.file else "")


def _report(k: Kernel, kind: str, address: int, what: str, frames: list[Frame]) -> None:
    slab = slab_of(k)
    kasan = slab.kasan
    assert kasan is not None
    kasan.has_reported = True
    start, cache = slab.object_at(address)
    who = f"addr {address:016x} by task {k.current.comm}/{k.current.pid}"
    head = [
        LINE,
        f"BUG: KASAN: {kind} in {frames[0].symbol if frames else '0x0'}",
        *([f"{what} {who}"] if what else []),
        "",
    ]
    _say(k, head)
    dump_stack(k, frames)
    lines = [""]
    for verb, track in (("Allocated", kasan.allocated.get(start)), ("Freed", kasan.freed.get(start))):
        if track is not None:
            lines += [f"{verb} by task {track.pid}:", *track.frames, ""]
    lines += [f"The buggy address belongs to the object at {start:016x}"]
    lines += [f" which belongs to the cache {cache.name} of size {cache.used}"]
    _say(k, [*lines, *_where(k, address, start), LINE])
    add_taint(k, "B", lockdep_still_ok=False, why=f"KASAN: {kind}")


def _where(k: Kernel, address: int, start: int) -> list[str]:
    """Where the address lies, seen from the object: since 6.3 from what was asked for, before that from its cache's."""
    slab = slab_of(k)
    kasan, cache = slab.kasan, slab.object_at(address)[1]
    track = kasan.allocated.get(start) if kasan is not None else None
    new = k.profile.version >= SLAB_SINCE and track is not None
    size = track.size if new and track is not None else cache.used
    state = "" if not new else "allocated " if start in slab.given else "freed "
    inside = address - start < size
    offset, side = (address - start, "inside of") if inside else (address - start - size, "to the right of")
    region = f" {state}{size}-byte region [{start:016x}, {start + size:016x})"
    return [f"The buggy address is located {offset} bytes {side}", region]


def _say(k: Kernel, lines: list[str]) -> None:
    for line in lines:
        k.printk(KERN_ERR, line)
