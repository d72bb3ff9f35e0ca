"""kmalloc's relatives: what they give, what goes wrong with them, and what a module leaves behind."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kshell.cc.c_compiler import find_compiler
from kshell.kernel.boot.start import boot
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import KernelBug
from kshell.kernel.kernel import Kernel
from kshell.kernel.lib import kmem_cache as caches
from kshell.kernel.lib import slab_calls as calls
from kshell.kernel.lib.slab import KMALLOC_MAX_SIZE, ZERO_SIZE_PTR, slab_of
from kshell.shell.modules.insmod import insmod, rmmod
from tests.kernel.module_lab import Lab

GFP_KERNEL = 0x60_00C0


@pytest.fixture
def k() -> Kernel:
    return boot()


def log(k: Kernel) -> str:
    return "\n".join(record.text for record in k.log.since(0))


def string_at(k: Kernel, text: bytes) -> int:
    at = k.memory.static(64)
    k.memory.write(at, text + b"\0")
    return at


def test_an_array_is_as_large_as_the_product_unless_that_is_no_size(k: Kernel) -> None:
    at = calls.kcalloc(k, 3, 100, GFP_KERNEL)
    assert calls.ksize(k, at) == 512
    assert k.memory.read(at, 300) == bytes(300)
    assert calls.kmalloc_array(k, 1 << 33, 1 << 33, GFP_KERNEL) == 0
    assert calls.kcalloc(k, 0, 100, GFP_KERNEL) == ZERO_SIZE_PTR


def test_krealloc_keeps_what_was_there_and_frees_the_old_place(k: Kernel) -> None:
    at = calls.kmalloc(k, 20, GFP_KERNEL)
    k.memory.write(at, b"x" * 32)
    assert calls.krealloc(k, at, 32, GFP_KERNEL) == at
    larger = calls.krealloc(k, at, 100, GFP_KERNEL)
    assert k.memory.read(larger, 32) == b"x" * 32
    assert calls.kmalloc(k, 32, GFP_KERNEL) == at
    assert calls.krealloc(k, larger, 0, GFP_KERNEL) == ZERO_SIZE_PTR
    assert calls.krealloc(k, 0, 10, GFP_KERNEL) > ZERO_SIZE_PTR
    slab_of(k).fail_in = 1
    assert calls.krealloc(k, at, 4096, GFP_KERNEL) == 0
    assert k.memory.read(at, 32) == b"x" * 32


def test_copies_have_memory_of_their_own(k: Kernel) -> None:
    text = string_at(k, b"kernel")
    copy, start, data = (
        calls.kstrdup(k, text, GFP_KERNEL),
        calls.kstrndup(k, text, 3, GFP_KERNEL),
        calls.kmemdup(k, text, 4, GFP_KERNEL),
    )
    assert (k.memory.read(copy, 7), k.memory.read(start, 4), k.memory.read(data, 4)) == (b"kernel\0", b"ker\0", b"kern")
    assert len({text, copy, start, data}) == 4
    assert calls.kstrdup(k, 0, GFP_KERNEL) == 0


def test_too_much_is_null_and_warned_of_once(k: Kernel) -> None:
    assert calls.kmalloc(k, KMALLOC_MAX_SIZE, GFP_KERNEL)
    assert "WARNING" not in log(k)
    assert [calls.kmalloc(k, KMALLOC_MAX_SIZE + 1, GFP_KERNEL) for _ in range(2)] == [0, 0]
    assert log(k).count("WARNING: CPU: 0") == 1


def test_vmalloc_gives_whole_pages_with_a_hole_behind(k: Kernel) -> None:
    frames = k.ram.frames_used
    first, second = calls.vmalloc(k, 5000), calls.vzalloc(k, 1)
    assert (first & 0xFFF, second & 0xFFF) == (0, 0)
    assert k.memory.read(first, 8192) == bytes(8192)
    with pytest.raises(KernelFault):
        k.memory.read(first + 8192, 1)
    calls.vfree(k, first)
    with pytest.raises(KernelFault):
        k.memory.read(first, 1)
    calls.kvfree(k, second)
    calls.kvfree(k, calls.kmalloc(k, 8, GFP_KERNEL))
    calls.vfree(k, 0)
    assert calls.vmalloc(k, 0) == 0
    assert calls.vmalloc(k, 1 << 40) == 0
    assert "WARNING" not in log(k)
    calls.vfree(k, first)
    assert f"Trying to vfree() nonexistent vm area ({first:016x})" in log(k)
    assert k.ram.frames_used - frames < 12


def test_a_cache_has_objects_of_its_own(k: Kernel) -> None:
    frames = k.ram.frames_used
    cache = caches.kmem_cache_create(k, string_at(k, b"entries"), 40, 64, 0, 0)
    objects = [caches.kmem_cache_alloc(k, cache, GFP_KERNEL) for _ in range(300)]
    assert len(set(objects)) == 300
    assert all(each % 64 == 0 for each in objects)
    with pytest.raises(KernelBug):
        caches.kmem_cache_free(k, cache, calls.kmalloc(k, 40, GFP_KERNEL))
    for each in objects:
        k.memory.fill(each, 0xFF, 40)
        caches.kmem_cache_free(k, cache, each)
    again = caches.kmem_cache_zalloc(k, cache, GFP_KERNEL)
    assert again == objects[-1]
    assert k.memory.read(again, 40) == bytes(40)
    with pytest.raises(KernelBug):
        caches.kmem_cache_free(k, cache, objects[0])
    caches.kmem_cache_free(k, cache, again)
    caches.kmem_cache_destroy(k, cache)
    caches.kmem_cache_destroy(k, 0)
    with pytest.raises(KernelBug):
        caches.kmem_cache_alloc(k, cache, GFP_KERNEL)
    assert k.ram.frames_used - frames < 16


@pytest.mark.parametrize(
    ("release", "said"),
    [
        ("4.19", "kmem_cache_destroy entries: Slab cache still has objects"),
        ("6.19", "kmem_cache_destroy entries: Slab cache still has objects when called from "),
    ],
)
def test_a_cache_with_objects_stays_and_is_told_of(release: str, said: str) -> None:
    k = boot(release)
    cache = caches.kmem_cache_create(k, string_at(k, b"entries"), 40, 0, 0, 0)
    each = caches.kmem_cache_alloc(k, cache, GFP_KERNEL)
    caches.kmem_cache_destroy(k, cache)
    assert said in log(k)
    caches.kmem_cache_free(k, cache, each)
    caches.kmem_cache_destroy(k, cache)
    assert caches.kmem_cache_create(k, string_at(k, b"x"), 8, 0, 0, 5) == 0
    assert "constructor" in k.take_notes()[0]


def test_random_calls_never_give_the_same_memory_twice(k: Kernel) -> None:
    draw, held = random.Random(7), dict[int, int]()
    for _ in range(3000):
        if held and draw.random() < 0.5:
            address = draw.choice(list(held))
            assert k.memory.read(address, 8) == held.pop(address).to_bytes(8, "little")
            calls.kfree(k, address)
        else:
            address = calls.kmalloc(k, draw.choice((8, 20, 33, 100, 500, 5000, 20000)), GFP_KERNEL)
            assert address not in held
            held[address] = draw.randrange(1 << 64)
            k.memory.store(address, held[address])
    assert set(slab_of(k).given) == set(held)


SOURCE = {
    "py": """from kshell.linux import *
MODULE_LICENSE("GPL")
def start(k: Kernel) -> int:
    for i in range(3):
        kmalloc(k, 20, GFP_KERNEL)
    kfree(k, kmalloc(k, 20, GFP_KERNEL))
    vmalloc(k, 5000)
    return 0
def stop(k: Kernel) -> None:
    kstrdup(k, "bye", GFP_KERNEL)
module_init(start)
module_exit(stop)
""",
    "c": """#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
MODULE_LICENSE("GPL"); static int __init start(void) { for (int i = 0; i < 3; i++)
kmalloc(20, GFP_KERNEL); kfree(kmalloc(20, GFP_KERNEL));

vmalloc(5000); return 0; }
static void __exit stop(void) {
kstrdup("bye", GFP_KERNEL); }
module_init(start); module_exit(stop);
""",
}
LINES = {"py": (5, 7, 10), "c": (6, 8, 10)}


@pytest.mark.parametrize("language", ["py", "c"] if find_compiler() is not None else ["py"])
def test_what_a_module_leaves_behind_is_named_with_its_lines(tmp_path: Path, language: str) -> None:
    k, (one, two, three) = boot(), LINES[language]
    (tmp_path / f"m.{language}").write_text(SOURCE[language], encoding="utf-8")
    insmod(k, str(tmp_path / f"m.{language}"))
    k.take_notes()
    rmmod(k, "m")
    (note,) = (each for each in k.take_notes() if "memory" in each)
    file = f"m.{language}"
    assert note == (
        "m is unloaded and leaves 5064 bytes of memory that it has allocated: "
        f"20 bytes in {file}:{one} (3 times), 5000 bytes in {file}:{two}, 4 bytes in {file}:{three}. "
        "Nobody can free that any more; Linux would not tell"
    )
    insmod(k, str(tmp_path / f"m.{language}"))
    k.take_notes()
    rmmod(k, "m")
    assert "leaves 5064 bytes" in str(k.take_notes())


def test_an_allocation_that_is_told_to_fail_does_so_once(tmp_path: Path) -> None:
    lab = Lab(tmp_path)
    slab_of(lab.k).fail_in = 2
    lab.load(
        """
        def try_it(k: Kernel) -> Long:
            found: Long = 0
            for i in range(4):
                found = found * 10 + (1 if kmalloc(k, 8, GFP_KERNEL) else 0)
            return found
        EXPORT_SYMBOL(try_it)
        """
    )
    assert lab.k.call_out(lab.address("try_it")) == 1011
    assert lab.dmesg()[-2:] == [
        "FAULT_INJECTION: forcing a failure.",
        "name failslab, interval 1, probability 100, space 0, times 1",
    ]
