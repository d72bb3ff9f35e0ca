"""kmalloc, kfree and their relatives, as machine code calls them.

C counterpart: include/linux/slab.h, mm/slab_common.c, mm/util.c, mm/vmalloc.c, mm/failslab.c.
"""

from __future__ import annotations

from kshell.abi.c_types import CharPtr, ConstCharPtr, ConstPtr, GfpT, Ptr, SizeT, ULong
from kshell.abi.loglevel import KERN_NOTICE
from kshell.abi.ptregs import SP
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.entry.oops import warn
from kshell.kernel.kernel import Kernel
from kshell.kernel.lib.slab import KMALLOC_MAX_SIZE, ZERO_SIZE_PTR, slab_of

SIZE_MAX = (1 << 64) - 1


def gfp_zero(k: Kernel) -> int:
    """The flag that asks for zeros (C: __GFP_ZERO); its bit moved after 4.19."""
    return 0x100 if k.profile.version >= (5, 0) else 0x8000


def caller_of(k: Kernel) -> int:
    """Where the machine code goes on that has called the present body (C: _RET_IP_)."""
    return k.memory.load(k.cpu.ring0.regs[SP]) if k.cpu.mmu.ring == 0 else 0


def should_failslab(k: Kernel) -> bool:
    """Whether it is the allocation that was told to fail."""
    slab = slab_of(k)
    if not slab.fail_in:
        return False
    slab.fail_in -= 1
    if slab.fail_in:
        return False
    k.printk(KERN_NOTICE, "FAULT_INJECTION: forcing a failure.")
    k.printk(KERN_NOTICE, "name failslab, interval 1, probability 100, space 0, times 1")
    return True


def may_free(k: Kernel, address: int) -> bool:
    """Whether an object may be given back: KASAN, where it runs, has a look first."""
    if slab_of(k).kasan is None:
        return True
    from kshell.kernel.lib import kasan  # which few kernels need

    return kasan.may_free(k, address)


def track_alloc(k: Kernel, address: int, size: int) -> None:
    """KASAN, where it runs, remembers who has allocated an object."""
    if slab_of(k).kasan is not None:
        from kshell.kernel.lib import kasan

        kasan.track_alloc(k, address, size)


def __kmalloc(k: Kernel, size: SizeT, flags: GfpT) -> Ptr:
    """`size` bytes of kernel memory, whatever was in them before; NULL where there are none left."""
    if size and should_failslab(k):
        return 0
    if size > KMALLOC_MAX_SIZE:
        return _kmalloc_order(k)
    address = slab_of(k).alloc(size, caller_of(k))
    track_alloc(k, address, size)
    if flags & gfp_zero(k) and address > ZERO_SIZE_PTR:
        k.memory.fill(address, 0, size)
    return address


def _kmalloc_order(k: Kernel) -> int:
    """More than the largest block of pages: NULL, and the first time a warning (C: WARN_ON_ONCE in page_alloc.c)."""
    if "kmalloc_order" not in k.warned:
        k.warned.add("kmalloc_order")
        warn(k)
    return 0


def kmalloc(k: Kernel, size: SizeT, flags: GfpT) -> Ptr:
    """The same, for code that does not inline it."""
    return __kmalloc(k, size, flags)


def kzalloc(k: Kernel, size: SizeT, flags: GfpT) -> Ptr:
    """`size` bytes of zeros."""
    return __kmalloc(k, size, flags | gfp_zero(k))


def kmalloc_array(k: Kernel, n: SizeT, size: SizeT, flags: GfpT) -> Ptr:
    """`n` times `size` bytes; NULL, too, where that is no size_t."""
    return __kmalloc(k, n * size, flags) if n * size <= SIZE_MAX else 0


def kcalloc(k: Kernel, n: SizeT, size: SizeT, flags: GfpT) -> Ptr:
    """The same, zeros."""
    return kmalloc_array(k, n, size, flags | gfp_zero(k))


def krealloc(k: Kernel, p: ConstPtr, new_size: SizeT, flags: GfpT) -> Ptr:
    """Memory of another size with what was in the old one, which is freed if it is not the same; NULL where there is
    none left: the old one is still there then."""
    if not new_size:
        kfree(k, p)
        return ZERO_SIZE_PTR
    size = slab_of(k).size_of(p) if p > ZERO_SIZE_PTR else 0
    if size >= new_size:
        return p
    address = __kmalloc(k, new_size, flags)
    if address and size:
        k.memory.write(address, k.memory.read(p, size))
        kfree(k, p)
    return address


def ksize(k: Kernel, objp: ConstPtr) -> SizeT:
    """How many bytes an object has, which may be more than were asked for."""
    return slab_of(k).size_of(objp) if objp > ZERO_SIZE_PTR else 0


def kfree(k: Kernel, objp: ConstPtr) -> None:
    """Give memory back; NULL is no error.  An address that kmalloc never gave is a BUG."""
    if objp > ZERO_SIZE_PTR and may_free(k, objp):
        slab_of(k).release(objp)


def kstrdup(k: Kernel, s: ConstCharPtr, gfp: GfpT) -> CharPtr:
    """A copy of a string; NULL of NULL, and where there is no memory left."""
    return _copied(k, k.memory.read_string(s) + b"\0", gfp) if s else 0


def kstrndup(k: Kernel, s: ConstCharPtr, most: SizeT, gfp: GfpT) -> CharPtr:
    """A copy of the first `most` characters of a string."""
    return _copied(k, k.memory.read_string(s, most) + b"\0", gfp) if s else 0


def kmemdup(k: Kernel, src: ConstPtr, size: SizeT, gfp: GfpT) -> Ptr:
    """A copy of `size` bytes."""
    return _copied(k, k.memory.read(src, size), gfp)


def _copied(k: Kernel, data: bytes, gfp: int) -> int:
    address = __kmalloc(k, len(data), gfp)
    if address > ZERO_SIZE_PTR:
        k.memory.write(address, data)
    return address


def vmalloc(k: Kernel, size: ULong) -> Ptr:
    """`size` bytes in whole pages, with a hole behind them; NULL where there are none left."""
    return slab_of(k).vmalloc(size, caller_of(k))


def vzalloc(k: Kernel, size: ULong) -> Ptr:
    """The same: fresh pages are zeros."""
    return slab_of(k).vmalloc(size, caller_of(k))


def vfree(k: Kernel, addr: ConstPtr) -> None:
    """Give such memory back; NULL is no error."""
    if addr and not slab_of(k).vfree(addr):
        warn(k, f"Trying to vfree() nonexistent vm area ({addr:016x})")


def kvfree(k: Kernel, addr: ConstPtr) -> None:
    """Give back what came from kmalloc or from vmalloc."""
    if not slab_of(k).vfree(addr):
        kfree(k, addr)


EXPORT_SYMBOL(__kmalloc)
EXPORT_SYMBOL(kmalloc)
EXPORT_SYMBOL(kzalloc)
EXPORT_SYMBOL(kmalloc_array)
EXPORT_SYMBOL(kcalloc)
EXPORT_SYMBOL(krealloc)
EXPORT_SYMBOL(ksize)
EXPORT_SYMBOL(kfree)
EXPORT_SYMBOL(kstrdup)
EXPORT_SYMBOL(kstrndup)
EXPORT_SYMBOL(kmemdup)
EXPORT_SYMBOL(vmalloc)
EXPORT_SYMBOL(vzalloc)
EXPORT_SYMBOL(vfree)
EXPORT_SYMBOL(kvfree)
