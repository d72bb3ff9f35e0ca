"""What a module can do wrong, and what the kernel says about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kshell.kernel.core.memory import KernelFault
from kshell.kernel.core.pointers import KernelPanic
from kshell.kernel.core.profile import PROFILES
from kshell.machine.paging import READ, WRITE
from kshell.shell.modules.insmod import rmmod
from tests.kernel.module_lab import HANDLER_LINE, Lab


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


def test_an_exception_in_a_handler_is_a_bug_at_the_students_line(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    module = lab.handler("def handler(k, n):\n    x = n - 5\n    return n // x\n")
    address = module.address + 0x10
    assert killed_by(lab) == "SIGSEGV"
    head = "invalid opcode: 0000 [#1] SMP PTI" if style == "4.19" else "Oops: invalid opcode: 0000 [#1] SMP NOPTI"
    who = "PID: 77 Comm: kshell Tainted: G           O      "
    state = [f"CPU: 0 {who}4.19.1 #1"]
    if style == "6.19":
        state = [f"CPU: 0 UID: 0 {who}6.19.0 #1", "Tainted: [O]=OOT_MODULE"]
    assert report(lab)[: 7 + len(state)] == [
        "------------[ cut here ]------------",
        f"kernel BUG at m.py:{HANDLER_LINE + 2}!",
        "kshell: ZeroDivisionError: integer division or modulo by zero",
        f"kshell: {HANDLER_LINE + 2:4d} | return n // x",
        head,
        *state,
        "Hardware name: kshell, simulated",
        "RIP: 0010:handler+0x0/0x10 [m]",
    ]
    assert lab.k.symbols.describe(address) == "handler+0x0/0x10 [m]"
    code = next(line for line in report(lab) if line.startswith("Code: "))
    assert code.startswith("Code: " + "cc " * 16 + "<0f> 01 c1 c3 cc")


def test_the_call_trace_is_innermost_first_and_names_each_function_once(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    lab.handler("def handler(k, n):\n    return inner(k)\ndef inner(k):\n    raise ValueError\n")
    lab.call(335, 5)
    lines = report(lab)
    trace = lines[lines.index("Call Trace:") + 1 :]
    expected = [
        f" handler+0x3/0x10 [m] (m.py:{HANDLER_LINE + 1})",
        " __x64_sys_test_call+0x3/0x10",
        " do_syscall_64+0x3/0x10",
        " entry_SYSCALL_64+0x3/0x10",
    ]
    if style == "6.19":
        assert trace[0] == " <TASK>"
        assert " </TASK>" in trace
        trace = trace[1:]
    assert trace[:4] == expected
    assert trace[4].startswith("RIP: 0033:0x40")
    assert trace[5].endswith("ORIG_RAX: 000000000000014f")
    assert " RDI: 0000000000000005" in trace[7]


def test_after_an_oops_the_kernel_is_tainted_and_the_shell_has_a_new_task(lab: Lab) -> None:
    lab.handler("def handler(k, n):\n    return n // 0\n")
    before = lab.k.shell_task.pid
    killed_by(lab)
    assert "D" in lab.k.taint.letters
    assert lab.result(39) == before + 1
    killed_by(lab)
    assert "[#2]" in "\n".join(report(lab))
    assert "Tainted: G      D    O      4.19.1-course" in "\n".join(report(lab))
    assert report(lab)[-1] == "---[ end trace 0000000000000002 ]---"


def test_a_dangling_pointer_oopses_on_its_address(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    text = "def handler(k, n):\n    return n\ndef m_init(k):\n    k[STUB_test_call] = handler\n    return 0\n"
    module = lab.load(text + "def m_exit(k):\n    pass\nmodule_init(m_init)\nmodule_exit(m_exit)\n")
    at = module.address + 0x10
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
    assert lines[lines.index("Call Trace:") + (1 if style == "4.19" else 2)] == " __x64_sys_test_call+0x3/0x10"
    assert "Modules linked in: [last unloaded: m]" in lines
    lab.assert_well()


def test_a_null_pointer_read_is_told_apart(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    lab.handler("def handler(k, n):\n    return k.memory.load(8)\n")
    assert killed_by(lab) == "SIGKILL"
    first = {
        "4.19": "BUG: unable to handle kernel NULL pointer dereference at 0000000000000008",
        "6.19": "BUG: kernel NULL pointer dereference, address: 0000000000000008",
    }[style]
    assert report(lab)[0] == first
    assert any(line.startswith("PGD ") and line.endswith(" PMD 0") for line in report(lab))
    assert "RIP: 0010:handler+0x0/0x10 [m]" in report(lab)


def test_a_store_into_the_table_oopses_with_error_code_3(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    lab.handler("def handler(k, n):\n    k.memory.store(k.sys_call_table + 8 * 39, 5)\n    return 0\n")
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
    module = lab.handler("def handler(k, n):\n    return n\n")
    point(lab, module.address + 0x11)
    assert killed_by(lab) == "SIGSEGV"
    assert "invalid opcode: 0000 [#1] SMP PTI" in report(lab)
    assert "RIP: 0010:handler+0x1/0x10 [m]" in report(lab)
    point(lab, module.address + 0x18)
    assert killed_by(lab) == "SIGSEGV"
    assert "int3: 0000 [#2] SMP PTI" in lab.dmesg()


def test_a_pointer_to_another_kernel_function_calls_that_or_says_why_not(lab: Lab) -> None:
    symbol = lab.k.symbols.lookup("__x64_sys_getpid")
    assert symbol is not None
    point(lab, symbol.address)
    assert lab.result(335, 1) == lab.k.shell_task.pid


@pytest.mark.parametrize(
    "value", ["lambda k, n: n", "inner", "Thing().method", "len", "Thing", "'text'", "object()", "3.5"]
)
def test_storing_what_has_no_address_is_one_clear_error(lab: Lab, value: str) -> None:
    lab.handler(
        f"""
        def handler(k, n):
            def inner(k, n):
                return n
            k[STUB_test_call] = {value}
            return 0
        class Thing:
            def method(self, k, n):
                return n
        """
    )
    assert killed_by(lab) == "SIGSEGV"
    lines = report(lab)
    assert lines[1] == f"kernel BUG at m.py:{HANDLER_LINE + 3}!"
    assert "has no address" in lines[2]
    assert "def at the top level" in lines[2]
    lab.assert_well()


@pytest.mark.parametrize("text", ["None", "'text'", "1.5", "[]", "yielded()"])
def test_a_handler_that_returns_no_int_is_a_bug_at_its_own_definition(lab: Lab, text: str) -> None:
    lab.handler(f"def handler(k, n):\n    return {text}\ndef yielded():\n    yield 1\n")
    assert killed_by(lab) == "SIGSEGV"
    assert report(lab)[1] == f"kernel BUG at m.py:{HANDLER_LINE}!"
    assert "a handler returns an int" in report(lab)[2]


@pytest.mark.parametrize(
    ("text", "value"),
    [("True", 1), ("2**64 + 7", 7), ("2**63", -(2**63)), ("-1", -1), ("-(10**40)", None), ("0xffffffffffffffda", -38)],
)
def test_what_a_handler_returns_is_narrowed_to_64_bits(lab: Lab, text: str, value: int | None) -> None:
    lab.handler(f"def handler(k, n):\n    return {text}\n")
    wanted = value if value is not None else (-(10**40) + 2**63) % 2**64 - 2**63
    assert lab.result(335, 1) == wanted


@pytest.mark.parametrize("signature", ["k", "k, a, b"])
def test_a_handler_with_other_parameters_is_a_bug_at_its_own_definition(lab: Lab, signature: str) -> None:
    lab.handler(f"def handler({signature}):\n    return 0\n")
    assert killed_by(lab) == "SIGSEGV"
    assert report(lab)[1] == f"kernel BUG at m.py:{HANDLER_LINE}!"
    assert "was called with 1" in report(lab)[2]


@pytest.mark.parametrize("what", ["SystemExit", "KeyboardInterrupt", "GeneratorExit", "StopIteration", "MemoryError"])
def test_whatever_a_handler_raises_is_an_oops(lab: Lab, what: str) -> None:
    lab.handler(f"def handler(k, n):\n    raise {what}\n")
    assert killed_by(lab) == "SIGSEGV"
    assert report(lab)[2] == f"kshell: {what}"
    lab.assert_well()


def test_an_exception_whose_own_text_raises_is_still_reported(lab: Lab) -> None:
    lab.handler(
        """
        def handler(k, n):
            raise Odd
        class Odd(Exception):
            def __str__(self):
                raise ValueError
        """
    )
    assert killed_by(lab) == "SIGSEGV"
    assert "kernel BUG at" in report(lab)[1]


def test_a_kernel_fault_cannot_be_caught(lab: Lab) -> None:
    for clause in ("except Exception:\n        return 1", "except:\n        return 1", "finally:\n        return 1"):
        lab.handler(f"def handler(k, n):\n    try:\n        return k.memory.load(0)\n    {clause}\n")
        assert killed_by(lab) == "SIGKILL"
        rmmod(lab.k, "m")


def test_an_exception_of_the_modules_own_can_be_caught(lab: Lab) -> None:
    lab.handler(
        "def handler(k, n):\n    try:\n        return n // 0\n    except ZeroDivisionError:\n        return -EINVAL\n"
    )
    assert lab.result(335, 1) == -22


def test_endless_recursion_meets_the_stacks_guard_page(tmp_path: Path, style: str) -> None:
    lab = styled(tmp_path, style)
    lab.handler("def handler(k, n):\n    return handler(k, n + 1)\n")
    assert killed_by(lab) == "SIGSEGV"
    lines = report(lab)
    stack = lab.k.current.stack
    if style == "4.19":
        assert lines[0].startswith(f"BUG: stack guard page was hit at {stack - 8:016x} (stack is {stack:016x}..")
        assert "kernel stack overflow (double-fault): 0000 [#1] SMP PTI" in lines
    else:
        assert lines[0].startswith("BUG: TASK stack guard page was hit at ")
        assert "Oops: stack guard page: 0000 [#1] SMP NOPTI" in lines
    assert len(lines) < 80
    lab.assert_well()


LOOPS = {
    "while": "while True:\n        pass",
    "for": "for i in iter(int, 1):\n        pass",
    "comprehension": "return len([i for i in iter(int, 1)])",
    "generator": "return sum(i for i in iter(int, 1))",
    "generator function": "return sum(forever())",
    "catches all": "while True:\n        try:\n            forever_2()\n        except:\n            pass",
    "catches BaseException": "while True:\n        try:\n            1\n        except BaseException:\n            1",
    "finally": "while True:\n        try:\n            forever_2()\n        finally:\n            continue",
    "one try": "try:\n        forever_2()\n    except BaseException:\n        forever_2()",
}


@pytest.mark.parametrize("name", LOOPS)
def test_an_endless_loop_ends_as_a_soft_lockup(lab: Lab, name: str) -> None:
    lab.k.tick_budget = 2000
    lab.handler(
        f"def handler(k, n):\n    {LOOPS[name]}\n    return 0\n"
        "def forever():\n    while True:\n        yield 1\n"
        "def forever_2():\n    while True:\n        pass\n"
    )
    before = lab.k.clock.ns
    assert killed_by(lab) == "SIGKILL"
    lines = lab.dmesg()
    assert "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [kshell:77]" in lines
    assert any(line.startswith("kshell: it looped at m.py:") for line in lines)
    assert lab.k.clock.ns - before > 22 * 10**9
    assert lab.k.taint.letters == {"O", "L"}
    assert lab.k.oopses == 0
    lab.assert_well()


def test_a_loop_in_init_ends_too(lab: Lab) -> None:
    lab.k.tick_budget = 2000
    error = lab.refused("def m_init(k):\n    while True:\n        pass\nmodule_init(m_init)\n")
    assert error.what.startswith("Killed: insmod ")
    assert "[insmod:77]" in "\n".join(lab.dmesg())


def test_the_budget_is_that_of_one_call(lab: Lab) -> None:
    lab.k.tick_budget = 2000
    lab.handler("def handler(k, n):\n    for i in range(1500):\n        pass\n    return n\n")
    assert [lab.result(335, n) for n in range(5)] == [0, 1, 2, 3, 4]


def test_a_module_that_frees_itself_returns_into_freed_text(lab: Lab) -> None:
    module = lab.handler("remove = None\ndef handler(k, n):\n    remove(k)\n    return n\n")
    at = module.address + 0x10
    module.namespace["remove"] = lambda k: rmmod(k, "m")
    assert killed_by(lab) == "SIGKILL"
    assert f"RIP: 0010:0x{at + 3:x}" in report(lab)
    lab.assert_well()


def test_the_report_shows_the_source_that_was_loaded_not_the_one_on_disk_now(lab: Lab) -> None:
    lab.handler("def handler(k, n):\n    return n // 0  # old\n")
    lab.write("# another text\n" * 40)
    killed_by(lab)
    assert report(lab)[3].endswith("return n // 0  # old")


def test_a_module_that_wrecks_the_log_ends_in_a_panic_and_not_in_a_riddle(lab: Lab) -> None:
    lab.handler("def handler(k, n):\n    kernel = k\n    kernel.log = None\n    return n // 0\n")
    with pytest.raises(KernelPanic, match="ZeroDivisionError"):
        lab.call(335, 1)


@pytest.mark.parametrize("access", [READ, WRITE])
def test_kernel_memory_raises_what_an_oops_is_made_of(lab: Lab, access: int) -> None:
    with pytest.raises(KernelFault) as caught:
        lab.k.memory.check(0, access)
    assert caught.value.error_code == (2 if access == WRITE else 0)


def test_two_oopses_in_two_kernels_do_not_meet(tmp_path: Path) -> None:
    one, two = Lab(tmp_path / "1"), Lab(tmp_path / "2")
    one.handler("def handler(k, n):\n    return n // 0\n")
    two.handler("def handler(k, n):\n    return n\n")
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
@pytest.mark.parametrize("access", ["load({})", "store({}, 1)"])
def test_an_address_that_is_not_canonical_is_a_general_protection_fault(
    tmp_path: Path, style: str, head: str, access: str
) -> None:
    lab = styled(tmp_path, style)
    lab.handler(f"def handler(k, n):\n    k.memory.{access.format(NOT_CANONICAL)}\n    return 0\n")
    outcome = lab.call(335, 5).outcome
    assert outcome.signal is not None
    assert outcome.signal.name == "SIGSEGV"
    assert "that is no address: bits 48 to 63 must repeat bit 47" in outcome.signal.why
    lines = report(lab)
    assert lines[0] == head
    assert not [line for line in lines if line.startswith(("CR2", "PGD", "BUG", "#PF"))]
    assert any(line.startswith("RIP: 0010:handler+0x0/0x10 [m]") for line in lines)


def test_a_call_to_an_address_that_is_not_canonical_faults_at_the_call(tmp_path: Path) -> None:
    lab = styled(tmp_path, "6.19")
    lab.handler(f"def handler(k, n):\n    return k.call({NOT_CANONICAL})\n")
    assert killed_by(lab) == "SIGSEGV"
    assert report(lab)[0] == "Oops: general protection fault: 0000 [#1] SMP NOPTI"
    assert any(line.startswith("RIP: 0010:handler+0x0/0x10 [m]") for line in report(lab))


def test_a_negative_address_is_one_at_the_top_as_in_c(tmp_path: Path) -> None:
    lab = styled(tmp_path, "4.19")
    lab.handler("def handler(k, n):\n    return k.memory.load(-8)\n")
    assert killed_by(lab) == "SIGKILL"
    assert report(lab)[0] == "BUG: unable to handle kernel paging request at fffffffffffffff8"


def test_an_oops_ends_lock_debugging_without_a_line(lab: Lab) -> None:
    lab.handler("def handler(k, n):\n    return n // 0\n")
    lab.call(335, 5)
    assert not lab.k.taint.debug_locks
    assert "Disabling lock debugging due to kernel taint" not in lab.dmesg()
