"""Memory from the heap (C: <linux/slab.h>)."""

from __future__ import annotations

from typing import Any, TypeVar, overload

from kshell.linux.kernel import Kernel
from kshell.linux.types import Const, GfpT, Ptr, SizeT, Struct, Text, UInt, ULong, Void

_T = TypeVar("_T")

GFP_ATOMIC = 0x48_0020  # it may not sleep
GFP_KERNEL = 0x60_00C0  # it may sleep


@overload
def kmalloc(k: Kernel, size: SizeT, flags: GfpT) -> Ptr[Void]:
    """So many bytes."""


@overload
def kmalloc(k: Kernel, size: type[_T], flags: GfpT) -> Ptr[_T]:
    """Room for one of a type."""


def kmalloc(k: Kernel, size: Any, flags: GfpT) -> Ptr[Any]:
    """Memory for one struct, or of `size` bytes: ``p = kmalloc(k, e, GFP_KERNEL)``; NULL where there is none.

    NULL  there is no memory left

    >>> q = kmalloc(k, e, GFP_KERNEL)
    """


@overload
def kzalloc(k: Kernel, size: SizeT, flags: GfpT) -> Ptr[Void]:
    """So many bytes."""


@overload
def kzalloc(k: Kernel, size: type[_T], flags: GfpT) -> Ptr[_T]:
    """Room for one of a type."""


def kzalloc(k: Kernel, size: Any, flags: GfpT) -> Ptr[Any]:
    """Memory that is all zeros, for one struct or of `size` bytes; NULL where there is none.

    NULL  there is no memory left

    >>> q = kzalloc(k, e, GFP_KERNEL)
    """


@overload
def kmalloc_array(k: Kernel, n: SizeT, size: SizeT, flags: GfpT) -> Ptr[Void]:
    """So many times so many bytes."""


@overload
def kmalloc_array(k: Kernel, n: SizeT, size: type[_T], flags: GfpT) -> Ptr[_T]:
    """Room for `n` of a type."""


def kmalloc_array(k: Kernel, n: SizeT, size: Any, flags: GfpT) -> Ptr[Any]:
    """Memory for `n` structs, or for `n` times `size` bytes; NULL, too, where the product does not fit.

    NULL  there is no memory left, or it is too much

    >>> q = kmalloc_array(k, 3, e, GFP_KERNEL)
    """


@overload
def kcalloc(k: Kernel, n: SizeT, size: SizeT, flags: GfpT) -> Ptr[Void]:
    """So many times so many bytes."""


@overload
def kcalloc(k: Kernel, n: SizeT, size: type[_T], flags: GfpT) -> Ptr[_T]:
    """Room for `n` of a type."""


def kcalloc(k: Kernel, n: SizeT, size: Any, flags: GfpT) -> Ptr[Any]:
    """The same, all zeros.

    NULL  there is no memory left, or it is too much

    >>> q = kcalloc(k, 3, e, GFP_KERNEL)
    """


def krealloc(k: Kernel, pointer: Ptr[Const[Void]], size: SizeT, flags: GfpT) -> Ptr[Void]:
    """Memory of another size with what was in the old one, which is freed if it is another one.

    NULL  there is no memory left; the old one is still there

    >>> q = Ptr[e](krealloc(k, q, 2 * sizeof(e), GFP_KERNEL))
    """


def ksize(k: Kernel, pointer: Ptr[Const[Void]]) -> SizeT:
    """How many bytes there are behind a pointer that kmalloc gave: it may be more than were asked for.

    >>> x = Int(ksize(k, q))
    """


def kfree(k: Kernel, pointer: Ptr[Const[Void]]) -> None:
    """Give memory back; NULL does nothing.

    >>> kfree(k, q)
    """


class kmem_cache(Struct):
    """A cache: objects of one size that are often needed."""


def kmem_cache_create(
    k: Kernel, name: Text, size: UInt, align: UInt, flags: ULong, ctor: Ptr[Void] | None
) -> Ptr[kmem_cache]:
    """A new cache for objects of `size` bytes; there are no constructors here, so `ctor` is NULL.

    NULL  there is no memory left, or ctor is not NULL

    >>> cache = kmem_cache_create(k, "entries", sizeof(e), 0, 0, NULL)
    """


def kmem_cache_alloc(k: Kernel, cache: Ptr[kmem_cache], flags: GfpT) -> Ptr[Void]:
    """An object of a cache, whatever was in it before.

    NULL  there is no memory left

    >>> q = Ptr[e](kmem_cache_alloc(k, kmem_cache_create(k, "e", sizeof(e), 0, 0, NULL), GFP_KERNEL))
    """


def kmem_cache_zalloc(k: Kernel, cache: Ptr[kmem_cache], flags: GfpT) -> Ptr[Void]:
    """The same, all zeros.

    NULL  there is no memory left

    >>> q = Ptr[e](kmem_cache_zalloc(k, kmem_cache_create(k, "e", sizeof(e), 0, 0, NULL), GFP_KERNEL))
    """


def kmem_cache_free(k: Kernel, cache: Ptr[kmem_cache], pointer: Ptr[Void]) -> None:
    """Give an object back to its cache.

    >>> kmem_cache_free(k, Ptr[kmem_cache](NULL), q)
    """


def kmem_cache_destroy(k: Kernel, cache: Ptr[kmem_cache]) -> None:
    """Take a cache down, all of whose objects were given back; NULL does nothing.

    >>> kmem_cache_destroy(k, Ptr[kmem_cache](NULL))
    """
