"""What a module can do wrong, and what the kernel says about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kshell.kernel.core.layout import THREAD_SIZE
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import KernelPanic
from kshell.kernel.core.profile import PROFILES
from kshell.kernel.entry import machine_code
from kshell.kernel.entry.exec import run_stub
from kshell.kernel.report import oops_report
from kshell.kernel.report.pointer_format import hashed
from kshell.machine.paging import READ, WRITE
from kshell.shell.modules.insmod import rmmod
from tests.kernel.module_lab import HANDLER_LINE, Lab

HANDLER = "def handler(k: Kernel, n: int) -> Long:\n    "
DIVIDES = HANDLER + "return n // 0\n"
ANSWERS = HANDLER + "return n\n"


@pytest.fixture(params=["4.19", "6.19"])
def style(request: pytest.FixtureRequest) -> str:
    """The wording of which release."""
    assert isinstance(request.param, str)
    return request.param


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def styled(tmp_path: Path, style: str) -> Lab:
    """A course kernel that words its reports as `style` does (test_call is in the course kernel only)."""
    lab = Lab(tmp_path)
    new = PROFILES[style]
    lab.k.profile = lab.k.profile._replace(version=new.version, release=new.release)
    lab.k.release = new.release
    return lab


def killed_by(lab: Lab, nr: int = 335, *args: int) -> str:
    outcome = lab.call(nr, *(args or (5,))).outcome
    assert outcome.kind == "killed"
    assert outcome.signal is not None
    return outcome.signal.name


def report(lab: Lab) -> list[str]:
    """What the log says about the last test_call, behind the call's own line."""
    lines = lab.dmesg()
    inside = [i for i, line in enumerate(lines) if line.startswith("Inside SYSCALL_DEFINE1 block")]
    return lines[inside[-1] + 1 :]


def test_a_division_by_zero_is_reported_at_its_instruction_and_the_students_line(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    module = lab.handler(HANDLER + "x = n - 5\n    return n // x\n")
    assert killed_by(lab) == "SIGSEGV"
    who = "PID: 77 Comm: kshell Tainted: G           O      "
    state = ["divide error: 0000 [#1] SMP PTI", f"CPU: 0 {who}4.19.1 #1"]
    if style == "6.19":
        state = [
            "Oops: divide error: 0000 [#1] SMP NOPTI",
            f"CPU: 0 UID: 0 {who}6.19.0 #1 PREEMPT(voluntary)",
            "Tainted: [O]=OOT_MODULE",
        ]
    lines = report(lab)
    assert lines[: len(state) + 2] == [
        *state,
        "Hardware name: kshell, simulated",
        f"RIP: 0010:handler+0x1b/0x22 [m] (m.py:{HANDLER_LINE + 2})",
    ]
    code, rsp, rax, rdx = lines[len(state) + 2 : len(state) + 6]
    text = lab.k.memory.read(module.address, 0x1B + 22).hex(" ")
    assert code == f"Code: {text[: 3 * 0x1B]}<f7> f9{text[3 * 0x1D - 1 :]}"  # idiv ecx
    assert rsp.endswith(" EFLAGS: 00010246")  # a fault saves the flags with RF set
    stack = int(rsp.split()[1].removeprefix("0018:"), 16)
    assert lab.k.shell_task.stack < stack < lab.k.shell_task.regs_address
    assert lines[len(state) + 6].startswith(f"RBP: {stack + 0x10:016x} ")  # sub rsp, 0x10
    assert rax.startswith("RAX: 0000000000000005 ")
    assert rax.endswith("RCX: 0000000000000000")
    assert rdx.endswith("RDI: 0000000000000005")


def test_bug_is_an_invalid_opcode_with_its_file_and_line(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    lab.handler(HANDLER + "BUG_ON(n == 5)\n    return 0\n")
    assert lab.result(335, 4) == 0
    assert killed_by(lab) == "SIGSEGV"
    assert report(lab)[:3] == [
        "------------[ cut here ]------------",
        f"kernel BUG at {lab.folder}/m.py:{HANDLER_LINE + 1}!",
        "invalid opcode: 0000 [#1] SMP PTI" if style == "4.19" else "Oops: invalid opcode: 0000 [#1] SMP NOPTI",
    ]
    assert any("<0f> 0b " in line for line in report(lab) if line.startswith("Code: "))  # ud2


def test_the_call_trace_is_innermost_first_and_names_each_function_once(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    inner = "def inner(k: Kernel) -> int:\n    BUG()\n    return 0\n"
    lab.handler(HANDLER + "n += 1\n    return inner(k)\n" + inner)
    lab.call(335, 5)
    lines = report(lab)
    assert f"RIP: 0010:inner+0x4/0xd [m] (m.py:{HANDLER_LINE + 4})" in lines
    trace = lines[lines.index("Call Trace:") + 1 :]
    if style == "6.19":
        assert trace.pop(0) == " <TASK>"
        assert " </TASK>" in trace
    user = next(at for at, line in enumerate(trace) if line.startswith("RIP: 0033:0x40"))
    assert trace[0] == f" handler+0x19/0x1e [m] (m.py:{HANDLER_LINE + 2})"
    assert trace[user - 2 : user] == [" do_syscall_64+0xa/0x10", " entry_SYSCALL_64_after_hwframe+0x44/0xa9"]
    assert len(set(trace[:user])) == user
    assert trace[user + 1].startswith("Code: bf 05 00 00 00 b8 4f 01 00 00 0f 05 <")  # the program's own
    assert trace[user + 2].endswith("ORIG_RAX: 000000000000014f")
    assert " RDI: 0000000000000005" in trace[user + 4]


def test_machine_code_and_bodies_in_python_are_in_one_call_trace(lab: Lab) -> None:
    text = "buf: Array[Char] = Array(Char, 8)\n"
    lab.handler(HANDLER + "return inner(k, Ptr[Char](8))\n" + text + INNER)
    assert killed_by(lab) == "SIGKILL"
    lines = report(lab)
    trace = lines[lines.index("Call Trace:") + 1 :]
    assert lines[0] == "BUG: unable to handle kernel NULL pointer dereference at 0000000000000008"
    assert any(line.startswith("RIP: 0010:strlen+0x") for line in lines)
    assert [line.split("+")[0] + line[line.index(" [") :] for line in trace[:2]] == [
        f" inner [m] (m.py:{HANDLER_LINE + 4})",
        f" handler [m] (m.py:{HANDLER_LINE + 1})",
    ]


INNER = "def inner(k: Kernel, p: Ptr[Char]) -> Long:\n    return strlen(k, p)\n"


def faulted_in_handler(lab: Lab) -> bool:
    """Whether the report is of an instruction in the first line of `handler`."""
    rip = next(line for line in report(lab) if line.startswith("RIP: 0010:"))
    return rip.startswith("RIP: 0010:handler+0x") and rip.endswith(f" [m] (m.py:{HANDLER_LINE + 1})")


def test_after_an_oops_the_kernel_is_tainted_and_the_shell_has_a_new_task(lab: Lab) -> None:
    lab.handler(DIVIDES)
    before = lab.k.shell_task.pid
    killed_by(lab)
    assert "D" in lab.k.taint.letters
    assert lab.result(39) == before + 1
    killed_by(lab)
    assert "[#2]" in "\n".join(report(lab))
    assert "Tainted: G      D    O      4.19.1-course" in "\n".join(report(lab))
    assert "---[ end trace 0000000000000002 ]---" in report(lab)


def test_a_dangling_pointer_oopses_on_its_address(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    text = ANSWERS + "def m_init(k: Kernel) -> int:\n    k[STUB_test_call] = handler\n    return 0\n"
    lab.load(text + "def m_exit(k: Kernel) -> None:\n    pass\nmodule_init(m_init)\nmodule_exit(m_exit)\n")
    at = lab.address("handler")
    assert lab.result(335, 9) == 9
    rmmod(lab.k, "m")
    assert killed_by(lab) == "SIGKILL"
    lines = report(lab)
    if style == "4.19":
        assert lines[0] == f"BUG: unable to handle kernel paging request at {at:016x}"
        assert lines[1].startswith("PGD ")
        assert lines[1].endswith(" PTE 0")
        assert lines[2] == "Oops: 0010 [#1] SMP PTI"
        assert "Code: Bad RIP value." in lines
    else:
        assert lines[0] == f"BUG: unable to handle page fault for address: {at:016x}"
        assert lines[1:3] == [
            "#PF: supervisor instruction fetch in kernel mode",
            "#PF: error_code(0x0010) - not-present page",
        ]
        assert lines[4] == "Oops: Oops: 0010 [#1] SMP NOPTI"
        assert f"Code: Unable to access opcode bytes at 0x{at - 42:x}." in lines
    assert f"RIP: 0010:0x{at:x}" in lines
    assert any(line.startswith(" do_syscall_64+0x") for line in lines[lines.index("Call Trace:") :])
    assert "Modules linked in: [last unloaded: m]" in lines
    lab.assert_well()


def test_a_call_of_null_has_no_bytes_to_show(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    lab.handler(HANDLER + "f: Fn[[int], Long] = None\n    return f(k, n)\n")
    assert killed_by(lab) == "SIGKILL"
    rip = "RIP: 0010:          (null)" if style == "4.19" else "RIP: 0010:0x0"  # %pS of NULL, and of 0
    code = "Bad RIP value." if style == "4.19" else "Unable to access opcode bytes at 0xffffffffffffffd6."
    lines = report(lab)
    assert lines[lines.index(rip) + 1] == f"Code: {code}"


def test_the_caller_of_a_dangling_pointer_is_in_the_trace(lab: Lab) -> None:
    lab.load("def gone(k: Kernel, n: int) -> Long:\n    return n\nEXPORT_SYMBOL(gone)\n", "other")
    at = lab.address("gone")
    rmmod(lab.k, "other", force=True)
    lab.handler(HANDLER + f"return Fn[[Int], Long]({at:#x})(k, n)\n")
    assert killed_by(lab) == "SIGKILL"
    lines = report(lab)
    assert f"RIP: 0010:0x{at:x}" in lines
    trace = lines[lines.index("Call Trace:") + 1]
    assert trace.startswith(" handler+0x")
    assert trace.endswith(f" [m] (m.py:{HANDLER_LINE + 1})")


def test_a_null_pointer_read_is_told_apart(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    lab.handler(HANDLER + "return Ptr[Long](8)[0]\n")
    assert killed_by(lab) == "SIGKILL"
    first = {
        "4.19": "BUG: unable to handle kernel NULL pointer dereference at 0000000000000008",
        "6.19": "BUG: kernel NULL pointer dereference, address: 0000000000000008",
    }[style]
    assert report(lab)[0] == first
    assert any(line.startswith("PGD ") and line.endswith(" PMD 0") for line in report(lab))
    assert any(line.startswith("CR2: 0000000000000008 CR3: ") for line in report(lab))
    assert faulted_in_handler(lab)


def test_a_store_into_the_table_oopses_with_error_code_3(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    lab.handler(HANDLER + f"Ptr[ULong]({lab.k.sys_call_table + 8 * 39:#x})[0] = 5\n    return 0\n")
    assert killed_by(lab) == "SIGKILL"
    assert any(
        line.endswith("Oops: 0003 [#1] SMP PTI") or line == "Oops: Oops: 0003 [#1] SMP NOPTI" for line in report(lab)
    )
    assert style == "4.19" or "#PF: error_code(0x0003) - permissions violation" in report(lab)
    lab.assert_well()


def point(lab: Lab, value: int) -> None:
    """Let STUB_test_call hold `value`."""
    symbol = lab.k.symbols.lookup("STUB_test_call")
    assert symbol is not None
    lab.k.memory.store(symbol.address, value)


def test_a_pointer_to_nowhere_oopses(lab: Lab) -> None:
    point(lab, 0xDEADBEEF)
    assert killed_by(lab) == "SIGKILL"
    assert report(lab)[0].endswith("paging request at 00000000deadbeef")


def test_a_pointer_to_user_code_is_stopped_by_smep(lab: Lab) -> None:
    point(lab, 0x401000)
    assert killed_by(lab) == "SIGKILL"
    assert report(lab)[0] == "unable to execute userspace code (SMEP?) (uid: 0)"
    assert "Oops: 0011 [#1] SMP PTI" in report(lab)


def test_a_pointer_to_data_is_stopped_by_nx(lab: Lab) -> None:
    point(lab, lab.k.sys_call_table)
    assert killed_by(lab) == "SIGKILL"
    assert report(lab)[0] == "kernel tried to execute NX-protected page - exploit attempt? (uid: 0)"
    assert "Oops: 0011 [#1] SMP PTI" in report(lab)


def test_a_pointer_into_the_middle_of_a_function_misbehaves(lab: Lab) -> None:
    module = lab.handler(ANSWERS)
    point(lab, module.address + 1)  # without its push rbp: what `ret` finds is no return address
    assert killed_by(lab) in ("SIGSEGV", "SIGKILL")
    point(lab, module.address + 0x18)
    assert lab.k.memory.read(module.address + 0x18, 1) == b"\xcc"
    assert killed_by(lab) == "SIGSEGV"
    assert "int3: 0000 [#2] SMP PTI" in lab.dmesg()


def test_a_pointer_to_another_kernel_function_calls_that_or_says_why_not(lab: Lab) -> None:
    symbol = lab.k.symbols.lookup("__x64_sys_getpid")
    assert symbol is not None
    point(lab, symbol.address)
    assert lab.result(335, 1) == lab.k.shell_task.pid


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("lambda k, n: n", "expected expression before 'lambda'"),
        ("len", "'len' undeclared"),
        ("nobody", "'nobody' undeclared"),
        ("'text'", "incompatible pointer type 'char *'"),
        ("3.5", "SSE register return with SSE disabled"),
        ("inner", "from incompatible pointer type 'int (*)(int)'"),
        ("m_init", "from incompatible pointer type 'int (*)(void)'"),
    ],
)
def test_what_is_no_handler_is_not_compiled_into_a_stub(lab: Lab, value: str, words: str) -> None:
    inner = "def inner(k: Kernel, n: int) -> int:\n    return n\n"
    error = lab.refused(
        HANDLER
        + "return n\n"
        + inner
        + f"def m_init(k: Kernel) -> int:\n    k[STUB_test_call] = {value}\n    return 0\n"
    )
    assert f"/m.py:{HANDLER_LINE + 5}:25: error: " in error.details[0]
    assert words in error.details[0]
    assert not lab.k.modules


@pytest.mark.parametrize("value", ["5", "addr(n)"])
def test_a_number_in_a_stub_is_called_as_an_address(lab: Lab, value: str) -> None:
    lab.handler(HANDLER + f"k[STUB_test_call] = Fn[[Int], Long]({value})\n    return 0\n")
    assert lab.result(335, 1) == 0
    assert killed_by(lab) == "SIGKILL"
    assert "Oops: 0010 [#1] SMP PTI" in report(lab) or "Oops: 0011 [#1] SMP PTI" in report(lab)
    lab.assert_well()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("True", 1),
        ("-1", -1),
        ("ULong(1) << 63", -(2**63)),
        ("0xffffffffffffffda", -38),
        ("UInt(0) - 1", 2**32 - 1),
        ("Int(n) * 0x40000000", -(2**31)),
    ],
)
def test_what_a_handler_returns_is_a_c_long(lab: Lab, text: str, value: int) -> None:
    lab.handler(HANDLER + f"return {text}\n")
    assert lab.result(335, 2) == value


@pytest.mark.parametrize("signature", ["", ", a: Int, b: Int", ", a: Long", ", a: Ptr[Int]"])
def test_a_handler_with_other_parameters_does_not_fit_the_stub(lab: Lab, signature: str) -> None:
    from tests.kernel.module_lab import TAIL

    error = lab.refused(f"def handler(k: Kernel{signature}) -> Long:\n    return 0\n" + TAIL)
    assert "assignment to 'long int (*)(int)' from incompatible pointer type" in error.details[0]
    assert error.try_ == "def handler(k: Kernel, a: Int) -> Long:"


def test_a_quotient_that_does_not_fit_is_a_divide_error_too(lab: Lab) -> None:
    lab.handler(HANDLER + "x = Int(-0x7fffffff) - 1\n    return x // n\n")
    assert lab.result(335, 1) == -(2**31)
    assert killed_by(lab, 335, -1) == "SIGSEGV"
    assert report(lab)[0] == "divide error: 0000 [#1] SMP PTI"


def test_endless_recursion_meets_the_stacks_guard_page(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    lab.handler(HANDLER + "return handler(k, n + 1) + 1\n")
    assert killed_by(lab) == "SIGSEGV"
    lines = report(lab)
    stack = lab.k.current.stack
    if style == "4.19":
        bounds = f" (stack is {hashed(stack):016x}..{hashed(stack + THREAD_SIZE - 1):016x})"  # %p
        assert lines[0].startswith("BUG: stack guard page was hit at ")
        assert lines[0].endswith(bounds)
        assert "kernel stack overflow (double-fault): 0000 [#1] SMP PTI" in lines
    else:
        assert lines[0].startswith("BUG: TASK stack guard page was hit at ")
        assert lines[0].endswith(f" (stack is {hashed(stack):016x}..{hashed(stack + THREAD_SIZE):016x})")
        assert "Oops: stack guard page: 0000 [#1] SMP NOPTI" in lines
    cr2 = next(line for line in lines if line.startswith("CR2: "))
    assert stack - 4096 <= int(cr2.split()[1], 16) < stack
    (more,) = [line for line in lines if line.startswith("kshell: ")]
    frames = sum(line.startswith(" handler+") for line in lines)
    assert (
        more == f"kshell: {int(more.split()[1])} more of these functions were running, and Linux prints a line for each"
    )
    assert int(more.split()[1]) + frames > THREAD_SIZE // 64
    assert lines[lines.index(more) + 1].startswith(" handler+")
    assert " __x64_sys_test_call+0x19/0x1b (test_call.py:12)" in lines
    assert len(lines) < 100
    lab.assert_well()


def test_a_report_has_the_control_registers_and_ends_with_the_registers_once_more(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    lab.handler(HANDLER + "return Ptr[Long](8)[0]\n")
    killed_by(lab)
    lines = report(lab)
    first = next(at for at, line in enumerate(lines) if line.startswith("RIP: 0010:"))
    registers = lines[first : lines.index("Call Trace:")]
    assert registers[-3:-1] == [
        "FS:  0000000000000000(0000) GS:0000000000000000(0000) knlGS:0000000000000000",
        "CS:  0010 DS: 0000 ES: 0000 CR0: 0000000080050033",
    ]
    assert re.fullmatch("CR2: 0000000000000008 CR3: 0{11}[0-9a-f]{5} CR4: 00000000003006f0", registers[-1])
    end = next(at for at, line in enumerate(lines) if line.startswith("---[ end trace "))
    assert lines[end - 2 : end] == ["Modules linked in: m(O)", "CR2: 0000000000000008"]
    assert lines[end + 1 :] == registers
    killed_by(lab, 335, 6)
    assert f" RDI: {6:016x}" in "\n".join(report(lab))
    assert report(lab)[-len(registers) :] == registers  # those of the first oops


LOOPS = {
    "while": "while True:\n        pass",
    "while n": "while n:\n        n |= 1",
    "calls": "while True:\n        forever(k)",
    "inner": "return forever(k)",
    "prints": "while True:\n        k.printk(KERN_INFO, 'again')",
    "range": "for i in range(0x7fffffff):\n        n ^= i",
}
FOREVER = "def forever(k: Kernel) -> int:\n    while True:\n        pass\n    return 0\n"


@pytest.mark.parametrize("name", LOOPS)
def test_an_endless_loop_ends_as_a_soft_lockup(lab: Lab, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_code, "OVERTIME_BUDGET", 10_000)
    lab.handler(HANDLER + f"{LOOPS[name]}\n    return 0\n" + FOREVER)
    before = lab.k.clock.ns
    outcome = run_stub(lab.k, 335, [5], 20_000).outcome
    assert outcome.signal is not None
    assert outcome.signal.name == "SIGKILL"
    lines = lab.dmesg()
    assert "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [kshell:77]" in lines
    if name != "prints":
        assert any(line.startswith("kshell: it looped at m.py:") for line in lines)
    assert lab.k.clock.ns - before > 22 * 10**9
    assert lab.k.taint.letters == {"O", "L"}
    assert lab.k.oopses == 0
    lab.assert_well()


def test_a_loop_in_init_ends_too(lab: Lab) -> None:
    lab.k.init_budget = 20_000
    error = lab.refused("def m_init(k: Kernel) -> int:\n    while True:\n        pass\nmodule_init(m_init)\n")
    assert error.what.startswith("Killed: insmod ")
    assert "[insmod:77]" in "\n".join(lab.dmesg())


def test_the_budget_is_that_of_one_call(lab: Lab) -> None:
    lab.handler(HANDLER + "for i in range(1500):\n        pass\n    return n\n")
    for n in range(5):
        call = run_stub(lab.k, 335, [n], 20_000).call
        assert call is not None
        assert call.ret == n


def test_a_module_that_goes_while_it_sleeps_returns_into_freed_text(lab: Lab) -> None:
    lab.handler(HANDLER + "msleep(k, 1)\n    return n\n")
    symbol = lab.k.symbols.lookup("handler")
    assert symbol is not None
    lab.k.on_sleep = lambda: rmmod(lab.k, "m")
    assert killed_by(lab) == "SIGKILL"
    rip = next(line for line in report(lab) if line.startswith("RIP: 0010:0x"))
    assert int(rip.removeprefix("RIP: 0010:"), 16) in range(symbol.address, symbol.address + symbol.size)
    lab.assert_well()


def test_the_report_has_the_line_of_what_was_loaded_not_of_the_file_on_disk_now(lab: Lab) -> None:
    lab.handler(DIVIDES)
    lab.write("# another text\n" * 40)
    killed_by(lab)
    assert faulted_in_handler(lab)


def test_a_report_that_fails_ends_in_a_panic_and_not_in_a_riddle(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.handler(DIVIDES)
    monkeypatch.setattr(oops_report, "show_who", None)
    with pytest.raises(KernelPanic, match=r"divided by zero.*, and its report failed: TypeError"):
        lab.call(335, 1)


@pytest.mark.parametrize("access", [READ, WRITE])
def test_kernel_memory_raises_what_an_oops_is_made_of(lab: Lab, access: int) -> None:
    with pytest.raises(KernelFault) as caught:
        lab.k.memory.check(0, access)
    assert caught.value.error_code == (2 if access == WRITE else 0)


def test_two_oopses_in_two_kernels_do_not_meet(tmp_path: Path) -> None:
    one, two = Lab(tmp_path / "1"), Lab(tmp_path / "2")
    one.handler(DIVIDES)
    two.handler(ANSWERS)
    killed_by(one)
    assert two.result(335, 4) == 4
    assert two.k.taint.letters == {"O"}
    assert two.k.oopses == 0


NOT_CANONICAL = "0x800000000000"


@pytest.mark.parametrize(
    ("style", "head"),
    [
        ("4.19", "general protection fault: 0000 [#1] SMP PTI"),
        (
            "6.19",
            "Oops: general protection fault, probably for non-canonical address 0x800000000000: 0000 [#1] SMP NOPTI",
        ),
    ],
)
@pytest.mark.parametrize("access", ["n = Ptr[Int]({})[0]", "Ptr[ULong]({})[0] = 1"])
def test_an_address_that_is_not_canonical_is_a_general_protection_fault(
    tmp_path: Path, style: str, head: str, access: str
) -> None:
    lab = styled(tmp_path, style)
    lab.handler(HANDLER + access.format(NOT_CANONICAL) + "\n    return 0\n")
    outcome = lab.call(335, 5).outcome
    assert outcome.signal is not None
    assert outcome.signal.name == "SIGSEGV"
    assert "that is no address: bits 48 to 63 must repeat bit 47" in outcome.signal.why
    lines = report(lab)
    assert lines[0] == head
    assert not [line for line in lines if line.startswith(("PGD", "BUG", "#PF"))]
    end = next(at for at, line in enumerate(lines) if line.startswith("---[ end trace "))
    assert lines[end - 1] == "Modules linked in: m(O)"  # and no CR2 of its own: the CPU has told none
    assert faulted_in_handler(lab)


def test_a_call_to_an_address_that_is_not_canonical_faults_at_the_call(tmp_path: Path) -> None:
    lab = styled(tmp_path, "6.19")
    lab.handler(HANDLER + f"return Fn[[], Long]({NOT_CANONICAL})(k)\n")
    assert killed_by(lab) == "SIGSEGV"
    assert report(lab)[0] == "Oops: general protection fault: 0000 [#1] SMP NOPTI"
    assert faulted_in_handler(lab)


def test_a_negative_address_is_one_at_the_top_as_in_c(tmp_path: Path) -> None:
    lab = styled(tmp_path, "4.19")
    lab.handler(HANDLER + "return Ptr[Long](-8)[0]\n")
    assert killed_by(lab) == "SIGKILL"
    assert report(lab)[0] == "BUG: unable to handle kernel paging request at fffffffffffffff8"


def test_an_oops_ends_lock_debugging_without_a_line(lab: Lab) -> None:
    lab.handler(DIVIDES)
    lab.call(335, 5)
    assert not lab.k.taint.debug_locks
    assert "Disabling lock debugging due to kernel taint" not in lab.dmesg()
