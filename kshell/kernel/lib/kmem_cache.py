"""Caches of a module's own: objects of one size, with pages of their own.

C counterpart: mm/slab_common.c.  There are no constructors: kshell's caches call none.
"""

from __future__ import annotations

from kshell.abi.c_types import ConstCharPtr, GfpT, Ptr, UInt, ULong
from kshell.abi.loglevel import KERN_ERR
from kshell.kernel.core.pointers import KernelBug
from kshell.kernel.core.sections import EXPORT_SYMBOL
from kshell.kernel.entry.oops import dump_stack, warn
from kshell.kernel.kernel import Kernel
from kshell.kernel.lib.slab import Cache, slab_of
from kshell.kernel.lib.slab_calls import caller_of, gfp_zero, may_free, should_failslab, track_alloc

STRUCT_SIZE = 192  # of struct kmem_cache, in which nothing is looked at
WARNS_SINCE = (5, 17)  # when the objects that are left became a WARN


def kmem_cache_create(k: Kernel, name: ConstCharPtr, size: UInt, align: UInt, flags: ULong, ctor: Ptr) -> Ptr:
    """A new cache for objects of `size` bytes; NULL where there is no memory left, and for one with a constructor."""
    if ctor:
        k.note("kmem_cache_create: kshell's caches call no constructor; give each object its first values by hand")
        return 0
    slab, unit = slab_of(k), max(align, 8)
    address = slab.alloc(STRUCT_SIZE, caller_of(k))
    if address:
        text = k.memory.read_string(name, 64).decode("utf-8", "surrogateescape")
        slab.caches[address] = Cache(text or "?", -(-(max(size, 8) + slab.redzone) // unit) * unit, max(size, 8))
    return address


def _cache(k: Kernel, address: int, what: str) -> Cache:
    found = slab_of(k).caches.get(address)
    if found is None:
        raise KernelBug(f"{what}: at {address:#x} there is no struct kmem_cache")
    return found


def kmem_cache_alloc(k: Kernel, cachep: Ptr, flags: GfpT) -> Ptr:
    """An object, whatever was in it before; NULL where there is none left."""
    cache = _cache(k, cachep, "kmem_cache_alloc")
    if should_failslab(k):
        return 0
    address = slab_of(k).take(cache, cache.used, caller_of(k))
    track_alloc(k, address, cache.used)
    if address and flags & gfp_zero(k):
        k.memory.fill(address, 0, cache.used)
    return address


def kmem_cache_zalloc(k: Kernel, cachep: Ptr, flags: GfpT) -> Ptr:
    """The same, zeros."""
    return kmem_cache_alloc(k, cachep, flags | gfp_zero(k))


def kmem_cache_free(k: Kernel, cachep: Ptr, objp: Ptr) -> None:
    """Give an object back to its cache; one of another cache is a BUG."""
    if not may_free(k, objp):
        return
    if objp not in _cache(k, cachep, "kmem_cache_free").live:
        raise KernelBug(f"kmem_cache_free({objp:#x}): that cache has no such object")
    slab_of(k).release(objp)


def kmem_cache_destroy(k: Kernel, cachep: Ptr) -> None:
    """Take a cache down; NULL is no error.  With objects in it that were not given back it stays, with a warning."""
    if not cachep:
        return
    cache, slab = _cache(k, cachep, "kmem_cache_destroy"), slab_of(k)
    if cache.live and k.profile.version >= WARNS_SINCE:
        where = k.symbols.describe(caller_of(k))
        warn(k, f"kmem_cache_destroy {cache.name}: Slab cache still has objects when called from {where}")
    elif cache.live:
        k.printk(KERN_ERR, f"kmem_cache_destroy {cache.name}: Slab cache still has objects")
        dump_stack(k)
    else:
        del slab.caches[cachep]
        slab.drop(cache)
        slab.release(cachep)


EXPORT_SYMBOL(kmem_cache_create)
EXPORT_SYMBOL(kmem_cache_alloc)
EXPORT_SYMBOL(kmem_cache_zalloc)
EXPORT_SYMBOL(kmem_cache_free)
EXPORT_SYMBOL(kmem_cache_destroy)
