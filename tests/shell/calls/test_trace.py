"""trace and man."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kshell.kernel.trace import event
from kshell.shell.calls.hops import WORDS
from kshell.shell.modules.samples import BUILTIN, sample_path
from tests.kbuild.tree_lab import TreeLab
from tests.shell.lab import Lab
from tests.shell.tree_steps import built

WRAPPERS = ("__do_sys_test_call", "__se_sys_test_call", "__x64_sys_test_call")


def test_trace_shows_every_hop_in_columns(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    lines = lab.text("trace syscall test_call 42").split("\n")
    assert lines[0] == "ring 3  user       0x401000  mov edi, 0x2a"
    assert lines[1] == "                   0x401005  mov eax, 0x14f                      __NR_test_call = 335"
    assert lines[2] == "                   0x40100a  syscall"
    assert lines[3].startswith("ring 0  cpu        LSTAR -> entry_SYSCALL_64                     rcx <- 0x40100c")
    assert lines[4].startswith("        entry      swapgs, rsp -> kernel stack, pt_regs pushed   0xffffc9")
    steps = [line[8:19].strip() for line in lines[3:-2]]
    beside = [step for step in steps if step != "call"]
    assert beside == ["cpu", "entry", "dispatch", "table", "wrapper", "printk", "stub", "printk", "return"]
    stub = lab.json("x/gx STUB_test_call")["rows"][0]["values"][0]
    at = lines.index(f"        stub       STUB_test_call -> my_test_call [syscallModule]  {stub}")
    assert lines[at + 1].split() == ["call", "->", "my_test_call(test", "=", "42)", stub]
    assert lines[-2] == "ring 3  user       0x40100c"
    assert lines[-1] == "test_call(42)                           = 42"


def test_hops_have_the_fields_of_json(shared: Lab) -> None:
    hops = shared.json("trace syscall getpid")["hops"]
    assert all(set(hop) == {"ring", "step", "text", "address", "what", "values"} for hop in hops)
    first = {"ring": 3, "step": "user", "text": "mov eax, 0x27", "address": "0x401000"}
    assert hops[0] == first | {"what": "instruction", "values": {"text": "mov eax, 0x27"}}
    table = next(hop for hop in hops if hop["step"] == "table")
    assert table["text"] == "sys_call_table[39] -> __x64_sys_getpid"
    assert table["what"] == "slot"
    assert table["values"] == {"nr": 39, "symbol": "__x64_sys_getpid", "module": None}
    assert int(table["address"], 16) == shared.session.kernel.memory.load(shared.session.kernel.sys_call_table + 8 * 39)


def test_hops_carry_their_facts_as_values(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    hops = lab.json("trace syscall test_call -7")["hops"]
    found = {hop["what"]: hop["values"] for hop in hops if hop["what"] != "record"}
    assert found["syscall"] == {"rcx": "0x40100e", "r11": "0x202"}
    assert found["pointer"] == {"stub": "STUB_test_call", "symbol": "my_test_call", "module": "syscallModule"}
    assert found["result"] == {"rax": -7}
    argument = {
        "register": "di",
        "raw": "0xfffffffffffffff9",
        "type": "int",
        "name": "test_int",
        "value": -7,
        "kind": "int",
    }
    assert found["arguments"] == {"macro": "SYSCALL_DEFINE1(test_call, int, test_int)", "arguments": [argument]}
    records = [hop["values"] for hop in hops if hop["what"] == "record"]
    assert records[-1] == {"level": 5, "message": "my_test_call: Your int is -7"}


def test_every_event_that_the_kernel_can_tell_has_words() -> None:
    table = (event.__doc__ or "").partition("address is\n")[2].partition("`symbol`")[0]
    whats = set(re.findall(r"^    \w+ +(\w+(?:, \w+)*)  ", table, re.MULTILINE))
    assert {what for group in whats for what in group.split(", ")} == set(WORDS)


def test_on_a_narrow_screen_no_hop_is_wider_than_it(shared: Lab) -> None:
    lines = shared.result("trace syscall getpid").view.text(72).split("\n")
    assert max(len(line) for line in lines[:-1]) <= 72
    assert any(line.strip().startswith("rcx <-") for line in lines)


def test_on_a_narrow_screen_a_call_of_machine_code_takes_one_line(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    text = lab.result("trace syscall test_call 42").view.text(80)
    lines = [line.rstrip() for line in text.split("\n")]
    at = lines.index("        call             -> my_test_call(test = 42)")
    assert lines[at + 1] == '        call               -> printk(fmt = "\\0015my_test_call: Your int is %d\\n")'
    assert max(map(len, lines)) <= 100


def test_a_line_of_a_module_is_named_by_its_file_alone(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    assert "  syscallModule.py:23  return test" in lab.text("trace --lines syscall test_call 42")


def test_a_line_of_the_kernel_s_own_call_has_its_text(lab: Lab) -> None:
    source = Path(sample_path("test_call", BUILTIN)).read_text(encoding="utf-8").split("\n")
    number = source.index("    stub = k[STUB_test_call]") + 1
    assert f"SystemCalls/test_call.py:{number}  stub = k[STUB_test_call]" in lab.text(
        "trace --lines syscall test_call 4"
    )


def test_a_line_of_a_tree_s_call_has_its_text_wherever_the_person_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    TreeLab(tmp_path)
    lab = Lab()
    built(lab)
    assert "SystemCalls/test_call.py:12  stub = k[STUB_test_call]" in lab.text("trace --lines syscall test_call 4")


def test_what_another_task_does_ends_no_call_of_the_one_that_sleeps(lab: Lab) -> None:
    lab.result("modprobe sleepy hold=1")
    hops = lab.json("trace syscall --during 'lsmod' test_call 5")["hops"]
    left = [hop["text"].strip() for hop in hops if hop["what"] == "leave" and "printk" not in hop["text"]]
    assert left[-4:] == [f"<- {name} = 5" for name in ("sleepy_call", *WRAPPERS)]
    lab = Lab()
    lab.result("modprobe sleepy")
    hops = lab.json("trace syscall --during 'rmmod sleepy' test_call 5")["hops"]
    left = [hop["text"].strip() for hop in hops if hop["what"] == "leave" and "printk" not in hop["text"]]
    assert left == ["<- sleepy_exit", "<- msleep"]


def test_trace_on_shows_the_hops_of_all_calls_until_off(lab: Lab) -> None:
    assert "hops" not in lab.json("syscall getpid")
    lab.result("trace on")
    assert "hops" in lab.json("syscall getpid")
    lab.result("trace off")
    assert "hops" not in lab.json("syscall getpid")
    assert lab.json("trace") == {"trace": False}


def test_trace_of_a_bare_call_is_understood(shared: Lab) -> None:
    assert shared.json("trace getpid")["calls"][0]["name"] == "getpid"


def test_trace_of_a_command_that_makes_no_calls_is_refused(shared: Lab) -> None:
    assert "makes no system calls" in shared.error("trace lsmod")["what"]


def test_an_untraced_kernel_has_no_tracer_left_behind(lab: Lab) -> None:
    lab.results("trace syscall getpid; syscall 99999; trace gitpid")
    assert lab.session.kernel.tracer is None


# man


def test_man_shows_signature_registers_and_every_errno(shared: Lab) -> None:
    text = shared.text("man write")
    assert "long write(unsigned int fd, const char __user *buf, size_t count)" in text
    for register in ("rax  1,", "rdi  unsigned int fd", "rsi  const char __user *buf", "rdx  size_t count"):
        assert register in text
    for errno in ("EBADF", "EFAULT", "EINVAL", "EPIPE"):
        assert f"  {errno}" in text


@pytest.mark.parametrize("profile", ["course", "4.19", "6.19"])
def test_every_built_call_has_a_page_with_a_sentence(profile: str) -> None:
    lab = Lab(profile)
    k = lab.session.kernel
    for row in k.table.rows:
        if k.syscall_state(row.number) != "built":
            continue
        page = lab.json(f"man {row.number}")
        assert page["summary"].endswith("."), row.name
        for error in page["errors"]:
            assert error["because"], row.name


def test_the_page_of_a_call_that_is_not_built_says_so(shared: Lab) -> None:
    assert "not built here" in shared.text("man ptrace")
    assert shared.json("man ptrace")["state"] == "not built"


def test_the_page_of_a_number_without_a_row_says_so(shared: Lab) -> None:
    assert "calling it answers -ENOSYS" in shared.text("man 5000")


def test_man_of_a_command_is_its_help(shared: Lab) -> None:
    assert "usage: insmod" in shared.text("man insmod")


def test_man_of_an_unknown_name_is_answered_with_the_nearest(shared: Lab) -> None:
    assert "write" in shared.error("man wirte")["try"]


@pytest.mark.parametrize(
    ("profile", "nr", "text"),
    [
        ("6.19", "999", "nr is not below NR_syscalls = 471, and not -1: do_syscall_64 itself calls"),
        ("6.19", "39", "x64_sys_call: case 39: __x64_sys_getpid"),
        ("6.19", "300", "x64_sys_call: case 300: __x64_sys_ni_syscall"),
        ("6.19", "400", "x64_sys_call: default: __x64_sys_ni_syscall"),
        ("6.19", "-1", "nr is -1: no function is called"),
        ("4.19", "-1", "nr is not below NR_syscalls = 335: no function is called"),
        ("4.19", "999", "nr is not below NR_syscalls = 335: no function is called"),
    ],
)
def test_the_hops_tell_how_a_number_without_a_call_is_dispatched(profile: str, nr: str, text: str) -> None:
    hops = Lab(profile).json(f"trace syscall {nr}")["hops"]
    assert [hop["text"] for hop in hops if text in hop["text"]]


MODULE = """
from kshell.linux import *
MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")

def twice(k: Kernel, n: int) -> int:
    result: int = 2 * n
    return result

def handler(k: Kernel, n: int) -> Long:
    return twice(k, n)

def start(k: Kernel) -> int:
    k[STUB_test_call] = handler
    return 0

def stop(k: Kernel) -> None:
    k[STUB_test_call] = None

module_init(start)
module_exit(stop)
"""


@pytest.fixture
def with_code(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "twice.py").write_text(MODULE)
    assert lab.result("cc twice.py -o twice.ko").error is None
    assert lab.result("insmod twice.ko").error is None
    return lab


def steps(lab: Lab, line: str, *wanted: str) -> list[str]:
    return [text[8:].rstrip() for text in lab.text(line).split("\n") if text[8:19].strip() in wanted]


def test_calls_of_machine_code_are_arrows_indented_by_their_depth(with_code: Lab) -> None:
    found = [text.split("  0x")[0].rstrip() for text in steps(with_code, "trace syscall test_call 21", "call")]
    assert found[:4] == [
        found[0],
        "call         -> __se_sys_test_call(test_int = 21)",
        "call           -> __do_sys_test_call(test_int = 21)",
        found[3],
    ]
    assert found[0].startswith("call       -> __x64_sys_test_call(regs = 0xffffc9")
    assert found[3].startswith('call             -> printk(fmt = "\\0015Inside SYSCALL_DEFINE1 block.')
    assert found[5:] == [
        "call             -> handler(n = 21)",
        "call               -> twice(n = 21)",
        "call               <- twice = 42",
        "call             <- handler = 42",
        "call           <- __do_sys_test_call = 42",
        "call         <- __se_sys_test_call = 42",
        "call       <- __x64_sys_test_call = 42",
    ]
    enters = [hop for hop in with_code.json("trace syscall test_call 21")["hops"] if hop["what"] == "enter"]
    assert enters[-1]["text"].strip() == "-> twice(n = 21)"
    argument = {"name": "n", "type": "int", "value": 21, "text": "21"}
    assert enters[-1]["values"] == {"function": "twice", "module": "twice", "depth": 4, "arguments": [argument]}


def test_lines_stand_beside_what_they_changed(with_code: Lab) -> None:
    found = steps(with_code, "trace --lines syscall test_call 21", "line")
    assert [text for text in (" ".join(text.split()) for text in found) if "SystemCalls/" not in text] == [
        "line twice.py:11 return twice(k, n)",
        "line twice.py:7 result: int = 2 * n result = 42",
        "line twice.py:8 return result",
    ]


def test_instructions_stand_beside_the_registers_that_they_changed(with_code: Lab) -> None:
    found = [" ".join(line.split()) for line in steps(with_code, "trace --insns syscall test_call 21", "insn")]
    assert found[0] == "insn +0x0 swapgs"
    assert found[2].startswith("insn +0xc mov rsp, qword ptr gs:[0x600c] rsp 0xffffc9")
    assert next(line for line in found if "rbp" in line and "push" in line and line.startswith("insn +0x0 "))
    assert found[-1].endswith(" sysretq")


def test_trace_of_lines_needs_a_command(lab: Lab) -> None:
    assert lab.error("trace --lines")["what"] == "trace: which command?"


def test_trace_of_insmod_and_rmmod_shows_what_init_and_exit_do(lab: Lab) -> None:
    shown = [" ".join(line.split()) for line in lab.text("trace modprobe syscallModule").split("\n")]
    init = lab.session.kernel.symbols.lookup("hello_init")
    assert init is not None
    assert shown[-2:] == [f"call -> hello_init() {init.address:#x}", "call <- hello_init = 0"]
    assert "syscallModule" in lab.session.kernel.modules
    shown = [" ".join(line.split()) for line in lab.text("trace --lines rmmod syscallModule").split("\n")]
    assert shown[1].endswith(" k[STUB_test_call] = None # STUB_test_call = NULL;")
    assert shown[2] == "call <- hello_exit"
    assert "syscallModule" not in lab.session.kernel.modules
    assert "hops" not in lab.json("modprobe syscallModule")


def test_trace_of_an_init_that_fails_shows_how_far_it_came(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.py").write_text(
        "from kshell.linux import *\n\nMODULE_LICENSE('GPL')\n\n\n"
        "def bad_init(k: Kernel) -> int:\n    return -EINVAL\n\n\nmodule_init(bad_init)\n"
    )
    error = lab.result("trace --insns insmod bad.py").error
    assert error is not None
    assert error["what"] == "insmod: ERROR: could not insert module bad.py: Invalid parameters"
    assert [hop["text"].strip() for hop in error["hops"]][-1] == "<- bad_init = -22"
    assert error["because"] == lab.error("insmod bad.py")["because"]
