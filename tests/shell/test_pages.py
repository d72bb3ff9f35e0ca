"""The pages of the system calls against the calls: what a page lists can happen, and what happens is listed."""

from __future__ import annotations

import random
import re

import pytest

from kshell.abi.errno import errno_name, is_error
from kshell.kernel.boot.start import boot
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.kernel import Kernel
from kshell.kernel.process.fork import FRAMES
from kshell.kernel.sched.wait import Waiting
from kshell.shell.calls.manual import page
from tests.kernel.entry.test_fuzz_calls import argument
from tests.kernel.module.images import image
from tests.shell.lab import Lab
from tests.shell.page_cases import ALL_FRAMES, ALL_INODES, AS_USER, CASES, DEAD_MODULE, PA, SLEEPING_CHILD, Step, module

PROFILES = ("4.19", "course", "6.19")


def documented(k: Kernel, nr: int) -> set[str]:
    definition = k.define_of(nr)
    assert definition is not None
    return {name for names, _ in page(definition, k.profile).errors for name in re.findall(r"E[A-Z0-9]+", names)}


def built(k: Kernel) -> dict[str, int]:
    return {row.name: nr for nr, row in k.table.by_number.items() if k.syscall_state(nr) == "built"}


def answer(k: Kernel, step: Step) -> str:
    """The errno's name that a step answers, or else the number."""
    name, *rest = step
    assert isinstance(name, str)
    args = [arg for arg in rest if not isinstance(arg, str)]
    run = run_stub(k, k.table.by_name[name].number, args)
    assert run.call is not None
    assert run.call.ret is not None
    return errno_name(-run.rax) if is_error(run.rax) else str(run.rax)


class Machines:
    """Machines of a profile: one of its own for a case that prepares something; the others, whose calls fail, share."""

    def __init__(self, profile: str) -> None:
        self.profile, self.shared = profile, dict[str, Kernel]()

    def for_case(self, before: tuple[Step, ...]) -> Kernel:
        cmdline = "uid=1000" if AS_USER in before else ""
        if set(before) - {AS_USER}:
            return boot(self.profile, cmdline)
        if cmdline not in self.shared:
            self.shared[cmdline] = boot(self.profile, cmdline)
        return self.shared[cmdline]


def answers(k: Kernel, before: tuple[Step, ...], step: Step) -> str:
    for first in before:
        if str(first[0]).startswith("until "):
            while answer(k, first[1:]) != str(first[0]).removeprefix("until "):
                pass
        elif first == ALL_FRAMES:
            while k.ram.frames_total - k.ram.frames_used > FRAMES - 1:
                k.ram.alloc_frame()
        elif first == SLEEPING_CHILD:
            assert answer(k, ("fork",)).isdigit()
            k.tasks[max(k.tasks)].waiting = Waiting("nothing", 0, interruptible=True)
        elif first == ALL_INODES:  # as if 32,768 files had been made
            k.fs.root.inode.sb.free_inodes = 0
        elif first == DEAD_MODULE:
            died = run_stub(k, k.table.by_name["init_module"].number, module(image("return 1 // 0")))
            assert died.outcome.kind == "killed"
        elif first != AS_USER:
            assert answer(k, first).isdigit(), first
    return answer(k, step)


@pytest.mark.parametrize("profile", PROFILES)
def test_every_errno_on_a_page_can_be_produced(profile: str) -> None:
    k, machines = boot(profile), Machines(profile)
    numbers = built(k)
    every = {(name, errno) for name, nr in numbers.items() for errno in documented(k, nr)}
    missing = set(every)
    for errno, before, step in CASES:
        if (step[0], errno) in (every if profile == "course" else missing):
            assert answers(machines.for_case(before), before, step) == errno, (before, step)
            missing.discard((str(step[0]), errno))
    assert not missing, f"tests/shell/page_cases.py has no case in CASES for {sorted(missing)}"


@pytest.mark.parametrize("cmdline", ["", "uid=1000"])
@pytest.mark.parametrize("profile", PROFILES)
def test_every_errno_that_random_calls_answer_is_on_the_page(profile: str, cmdline: str) -> None:
    rnd = random.Random(f"pages of {profile} {cmdline}")
    k = boot(profile, cmdline)
    pages = {nr: documented(k, nr) for nr in built(k).values()}
    pages.pop(335 if profile == "6.19" else -1, None)  # uretprobe: whatever is in rax, its caller never sees it
    for _ in range(400):
        nr = rnd.choice(sorted(pages))
        arguments = [argument(rnd) for _ in range(rnd.randrange(7))]
        run = run_stub(k, nr, arguments, budget=1_000_000)
        if run.call is not None and run.outcome.kind == "returned" and is_error(run.rax):
            assert errno_name(-run.rax) in pages[nr], (run.call.name, run.call.args, run.rax)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_page_without_errnos_says_why_there_is_none(profile: str) -> None:
    k = boot(profile)
    reasons = {}
    for name, nr in built(k).items():
        definition = k.define_of(nr)
        assert definition is not None
        if not documented(k, nr):
            reasons[name] = page(definition, k.profile).without_errors
            if reasons[name] == "this call always succeeds":
                assert "It cannot fail." in definition.doc, name
    assert reasons["exit"] == reasons["exit_group"] == "it does not return"
    assert reasons["brk"] == "it never answers an errno"
    assert reasons["getpid"] == "this call always succeeds"


def test_the_page_of_exit_has_no_result() -> None:
    lab = Lab()
    text = lab.text("man exit_group")
    assert "result" not in text
    assert "none: it does not return" in text
    assert "231, and then" not in text
    assert "none: it never answers an errno" in lab.text("man brk")


def test_the_page_of_getrandom_is_that_of_the_release() -> None:
    for profile, insecure, most in (
        ("4.19", False, "33554431"),
        ("course", False, "33554431"),
        ("6.19", True, "0x7ffff000"),
    ):
        text = Lab(profile).text("man getrandom")
        assert ("GRND_INSECURE" in text) == insecure
        assert most in text
        assert "[" not in text


def test_getrandom_is_cut_where_the_release_cuts_it() -> None:
    size = 34 << 20  # of 64 MiB of RAM
    for profile, most in (("4.19", 33554431), ("6.19", size)):
        k = boot(profile)
        where = int(answer(k, ("mmap", 0, size, 3, PA, -1, 0)))
        assert int(answer(k, ("getrandom", where, size, 0))) == most
