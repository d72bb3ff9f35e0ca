"""Physical memory: frames are zeroed, counted and given back."""

from __future__ import annotations

import os

import pytest

from kshell.machine.ram import PAGE_SIZE, OutOfMemory, Ram


def test_a_frame_is_zeroed_even_when_it_was_used_before() -> None:
    ram = Ram(16 * PAGE_SIZE)
    frame = ram.alloc_frame()
    ram.bytes[frame : frame + 4] = b"dirt"
    ram.free_frame(frame)
    again = [ram.alloc_frame() for _ in range(3)]
    assert frame in again
    assert all(ram.bytes[f : f + PAGE_SIZE] == bytes(PAGE_SIZE) for f in again)


def test_every_frame_but_the_first_can_be_had_and_then_no_more() -> None:
    ram = Ram(16 * PAGE_SIZE)
    frames = {ram.alloc_frame() for _ in range(ram.frames_total)}
    assert frames == set(range(PAGE_SIZE, 16 * PAGE_SIZE, PAGE_SIZE))
    assert ram.frames_used == ram.frames_total
    with pytest.raises(OutOfMemory):
        ram.alloc_frame()
    assert ram.frames_used == ram.frames_total
    for frame in frames:
        ram.free_frame(frame)
    assert ram.frames_used == 0


def test_words_and_bytes_are_the_same_memory() -> None:
    ram = Ram(4 * PAGE_SIZE)
    ram.words[PAGE_SIZE >> 3] = 0x1122334455667788
    assert ram.bytes[PAGE_SIZE : PAGE_SIZE + 8] == bytes.fromhex("8877665544332211")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_has_memory_of_its_own() -> None:
    ram = Ram(4 * PAGE_SIZE)
    pid = os.fork()
    if not pid:
        ram.words[600] = 1
        os._exit(0)
    os.waitpid(pid, 0)
    assert ram.words[600] == 0
