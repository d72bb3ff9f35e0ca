"""mremap, madvise and mincore, compared with the Linux underneath: results, errors, and what is mapped afterwards."""

from __future__ import annotations

import random

from kshell.kernel.boot.start import boot
from tests.kernel.mm.test_address_space_oracle import (
    ANON,
    DOWN,
    EIGHT,
    FIXED,
    NUMBERS,
    PAF,
    PAGE,
    SHARED,
    U64,
    Call,
    Program,
    R,
    W,
    X,
    at,
    compare,
    mmap,
    mprotect,
    munmap,
    pytestmark,
)

__all__ = ["pytestmark"]
NUMBERS |= {"mremap": 25, "mincore": 27, "madvise": 28}
POPULATE, LOCKED = 0x8000, 0x2000
VEC = at(40)
LENGTHS = [1, PAGE, PAGE, 2 * PAGE, 2 * PAGE + 1, 3 * PAGE, 5 * PAGE - 1]
ODD_LENGTHS = [1, 1 << 40, 1 << 47, 1 << 48, 1 << 63, U64]
PLACES = [0, 1 << 47, U64 & ~4095, 0x7FFF_FFFF_F000]
ADVICE = [0, 1, 2, 3, 4, 4, 8, 9, 10, 11, 16, 17, 18, 19, 20, 22, 23, 5, 6, 7, 24, 99, U64]


def mremap(address: int, old: int, new: int, flags: int, place: int = 0) -> Call:
    return "mremap", [address, old, new, flags, place]


def madvise(address: int, size: int, advice: int) -> Call:
    return "madvise", [address, size, advice]


def mincore(address: int, size: int, vector: int = VEC) -> Call:
    return "mincore", [address, size, vector]


POPULATED = mmap(at(0), 8 * PAGE, R | W, PAF | POPULATE)
BY_HAND: list[Program] = [
    [EIGHT, mremap(at(0), 8 * PAGE, 4 * PAGE, 0), mremap(at(0), 4 * PAGE, 12 * PAGE, 0)],
    [EIGHT, mmap(at(8), PAGE, R), mremap(at(0), 8 * PAGE, 9 * PAGE, 0), mremap(at(0), 8 * PAGE, 8 * PAGE, 0)],
    [EIGHT, mremap(at(2), 2 * PAGE, 4 * PAGE, 3, at(20)), mremap(at(20), PAGE, PAGE, 3, at(7))],
    [EIGHT, mremap(at(2), 2 * PAGE, PAGE, 3, at(20)), mremap(at(0), PAGE, PAGE, 3, at(0)), mremap(at(0), PAGE, 0, 1)],
    [EIGHT, mremap(at(30), (1 << 64) - PAGE, PAGE, 3, at(40)), mremap(at(2), (1 << 64) - PAGE, PAGE, 3, at(40))],
    [EIGHT, mremap(at(6), 4 * PAGE, 5 * PAGE, 1), mremap(at(30), PAGE, 2 * PAGE, 1), mremap(at(0), 0, PAGE, 1)],
    [
        EIGHT,
        mremap(at(1), PAGE, PAGE, 5, at(24)),
        mprotect(at(4), PAGE, R),
        mremap(at(3), 3 * PAGE, 3 * PAGE, 3, at(16)),
    ],
    [EIGHT, mremap(at(0), PAGE, PAGE, 7, at(20)), mremap(at(0), PAGE, 2 * PAGE, 7, at(30)), mremap(at(0), 1, 1, 8)],
    [EIGHT, *(mremap(at(0), PAGE, PAGE, 3, place) for place in PLACES), mremap(at(0, 1), PAGE, PAGE, 1)],
    [POPULATED, mmap(VEC, PAGE), mincore(at(0), 8 * PAGE), madvise(at(2), 2 * PAGE, 4), mincore(at(0), 8 * PAGE)],
    [POPULATED, munmap(at(3), PAGE), madvise(at(0), 8 * PAGE, 4), madvise(at(9), PAGE, 4), madvise(at(3), 0, 4)],
    [POPULATED, mmap(VEC, PAGE), *(madvise(at(0), PAGE, advice) for advice in ADVICE), mincore(at(0), 8 * PAGE)],
    [mmap(at(0), PAGE, R, SHARED | ANON | FIXED), mmap(VEC, PAGE), madvise(at(0), PAGE, 22), madvise(at(0), PAGE, 23)],
    *([mmap(at(0), PAGE, prot, PAF), madvise(at(0), PAGE, 22), madvise(at(0), PAGE, 23)] for prot in range(8)),
    [EIGHT, mincore(at(0, 1), PAGE), mincore(at(0), PAGE, 1 << 47), mincore(at(0), U64), mincore(at(0), PAGE, at(30))],
]


def at_random(seed: int) -> Program:
    """Calls on a dozen pages, so that they meet each other; none moves where the kernel likes."""
    dice = random.Random(seed)
    program: Program = [mmap(VEC, 2 * PAGE, R | W, PAF | POPULATE)]
    kinds = [PAF, PAF, PAF, SHARED | ANON | FIXED, PAF | POPULATE, PAF | LOCKED, PAF | DOWN]

    def size() -> int:
        return dice.choice(ODD_LENGTHS) if dice.random() < 0.1 else PAGE * dice.randint(1, 5)

    def one() -> Call:
        page, extra = dice.randrange(12), dice.choice([0] * 9 + [1])
        kind = dice.randrange(9)
        if kind <= 2:
            prot = dice.choice([0, R, R | W, R | W, R | X])
            return mmap(at(page), PAGE * dice.choice([1, 2, 3, 5]), prot, dice.choice(kinds))
        if kind == 3:
            return munmap(at(page, extra), dice.choice(LENGTHS))
        if kind == 4:
            return mprotect(at(page, extra), dice.choice(LENGTHS), dice.choice([0, R, R | W, X]))
        if kind <= 6:
            flags = dice.choice([0, 2, 3, 3, 3, 7, 8, 9])
            place = dice.choice([*(at(dice.randrange(20)) for _ in range(6)), at(page, 1), *PLACES])
            return mremap(at(page, extra), size(), size(), flags, place if flags & 2 else 0)
        if kind == 7:
            return madvise(at(page, extra), dice.choice([0, *LENGTHS, U64]), dice.choice(ADVICE))
        vector = dice.choice([VEC, VEC, VEC, VEC + 2 * PAGE - 1, 1 << 47, at(50)])
        return mincore(at(page, extra), dice.choice([PAGE, 3 * PAGE, 9 * PAGE, 1, 0, U64, 1 << 48]), vector)

    return [*program, *(one() for _ in range(14))]


def test_calls_written_by_hand_answer_what_linux_answers() -> None:
    compare(boot("6.19"), BY_HAND)


def test_calls_at_random_answer_what_linux_answers() -> None:
    compare(boot("6.19"), [at_random(seed) for seed in range(60)])
