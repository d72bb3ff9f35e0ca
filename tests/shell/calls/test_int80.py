"""Calls by `int 0x80` as a person sees them."""

from __future__ import annotations

from tests.shell.lab import Lab

STACK = "0x7ffffffde000"


def test_a_call_is_made_with_the_other_number(lab: Lab) -> None:
    (call,) = lab.json('syscall --abi i386 write 1 "hi\\n" 3')["calls"]
    assert (call["nr"], call["ret"], call["abi"]) == (4, 3, "i386")
    assert "abi" not in lab.json("syscall getpid")["calls"][0]
    assert lab.text("syscall --abi i386 getpid").splitlines()[0].endswith("= 77  [int 0x80]")


def test_a_cut_is_explained_where_it_happens(lab: Lab) -> None:
    found = lab.json(f"syscall --abi i386 write 1 {STACK} 3")
    sentence = f"buf was {STACK}, an address on the stack, in rcx, and is 0xfffde000"
    assert sentence in found["because"]
    assert f"{STACK} -> 0xfffde000" in lab.text(f"trace syscall --abi i386 write 1 {STACK} 3")
    assert "int 0x80 takes 32 bits" in lab.results("syscall --abi i386 getrandom 0 0x700000000 0")[0].notes[0]


def test_a_traced_call_goes_in_by_the_gate_and_out_by_iretq(lab: Lab) -> None:
    hops = lab.json("trace syscall --abi i386 getpid")["hops"]
    whats = [hop["what"] for hop in hops]
    way_in = ["int80", "pt_regs_32", "number_32", "slot_32", "arguments"]
    assert whats == ["instruction", "instruction", *way_in, "result", "iretq", "instruction"]
    assert hops[1]["text"] == "int 0x80"


def test_an_error_says_why_in_the_words_of_that_table(lab: Lab) -> None:
    assert "IA32_NR_syscalls = 388" in lab.json("syscall --abi i386 5000")["because"]
    assert "ptrace is i386 call 26" in lab.json("syscall --abi i386 ptrace")["because"]
    assert "nothing has been behind it" in lab.json("syscall --abi i386 break")["because"]
    assert "a hole" in lab.json("syscall --abi i386 222")["because"]
    assert lab.json("syscall --abi i386 close 99")["because"].startswith("fd is not open")


def test_what_is_no_call_there_is_refused(lab: Lab) -> None:
    assert lab.error("syscall --abi i386 gettimeofda")["try"].startswith("man --abi i386 gettimeofday  (")
    assert lab.error("man --abi i386 newfstatat")["try"].startswith("man newfstatat  (")
    assert lab.error(f"syscall --abi i386 {1 << 64}")["try"].startswith("syscall --abi i386 -1  (")
    assert lab.error("syscall --abi i386 getpidd")["try"] == "syscall --abi i386 getpid"
    assert lab.error("syscall --abi i386 dup22 1 5")["try"] == "syscall --abi i386 dup2 1 5"
    assert lab.error("syscall --abi arm getpid")["try"] == "syscall --abi i386 getpid"
    assert lab.error("syscall --abi i386 dup2 1")["try"].startswith("syscall --abi i386 dup2 1 ")
    assert lab.error("syscall --abi i386 arch_prct")["try"].startswith("man --abi i386 arch_prctl")


def test_the_table_has_two_sides(lab: Lab) -> None:
    (entry,) = lab.json("table --abi i386 write")["entries"]
    assert (entry["nr"], entry["symbol"], entry["state"]) == (4, "__ia32_sys_write", "built")
    names = {each["name"]: (each["nr_64"], each["nr_i386"]) for each in lab.json("table --compare")["names"]}
    assert (names["write"], names["stat64"], names["arch_prctl"]) == ((1, 4), (None, 195), (158, 384))
    assert lab.error("table --compare --abi i386")["try"] == "table --compare write"
    assert lab.error("table --abi i386 wrte")["try"].startswith("table --abi i386 write")
    assert {each["state"] for each in lab.json("table --abi i386 --state hole")["entries"]} == {"hole"}


def test_a_page_of_that_side_has_its_registers(lab: Lab) -> None:
    page = lab.text("man --abi i386 stat64")
    assert "i386 call 195" in page
    assert "  ebx  const char __user *filename" in page
    assert "-ENOSYS" in lab.text("man --abi i386 ptrace")
