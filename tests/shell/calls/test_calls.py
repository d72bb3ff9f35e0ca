"""syscall: what a call shows, and how a failed one is explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.shell.lab import Lab, screen

MODULE = """from kshell.linux import MODULE_LICENSE, Kernel, Long, Stub, extern, module_init, module_exit
MODULE_LICENSE("GPL")
STUB_test_call: Stub[[int]] = extern("STUB_test_call")
def handler(k: Kernel, test: int) -> Long:
    {body}
def start(k: Kernel) -> int:
    k[STUB_test_call] = handler
    return 0
def stop(k: Kernel) -> None:
    k[STUB_test_call] = None
module_init(start)
module_exit(stop)
"""


def insmod(lab: Lab, body: str) -> None:
    with open("m.py", "w", encoding="utf-8") as file:
        file.write(MODULE.format(body=body))
    assert lab.result("insmod m.py").error is None


def test_a_call_shows_straces_line(shared: Lab) -> None:
    assert shared.text("syscall getppid") == "getppid()                               = 1"


def test_a_call_has_the_fields_of_json(shared: Lab) -> None:
    call = shared.call('openat AT_FDCWD "/nope" O_RDONLY 0')
    assert call["nr"] == 257
    assert call["name"] == "openat"
    assert call["args"][0] == -100
    assert len(call["args"]) == 4
    assert call["ret"] == -2
    assert call["errno"] == "ENOENT"


def test_a_call_that_answers_an_error_is_a_successful_experiment(shared: Lab) -> None:
    result = shared.result("syscall close 99")
    assert result.status == 0
    assert result.error is None


def test_both_faces_of_a_failed_call_are_shown(shared: Lab) -> None:
    text = shared.text('syscall openat AT_FDCWD "/nope" O_RDONLY 0')
    assert 'openat(AT_FDCWD, "/nope", O_RDONLY)     = -1 ENOENT (No such file or directory)' in text
    assert "kernel: -2    libc: -1, errno = ENOENT" in text


def test_a_failed_call_is_explained_from_its_page(shared: Lab) -> None:
    text = shared.text("syscall close 99")
    assert "because: fd is not open" in text
    assert "try: " in text


@pytest.mark.parametrize(
    ("call", "because"),
    [
        ('write 99 "a" 1', "here 99 is not open; open are 0, 1, 2"),
        ("close -1", "here -1 is not open"),
        ("write 1 NULL 4", "here buf = 0x0 is NULL"),
        ("write 1 0x10 4", "here buf = 0x10 leads to memory that is not mapped"),
        ("write 1 &sys_call_table 4", "is not a user address"),
        ('open "/tmp/no/such" O_RDONLY', "here /tmp has no entry no"),
        ('open "/etc/hostname/x" O_RDONLY', "here /etc/hostname is a file, not a folder"),
        ('mkdir "/tmp" 0755', "here /tmp is there already"),
        ('open "" O_RDONLY', "the path is empty"),
    ],
)
def test_a_failed_call_is_explained_from_the_present_state(lab: Lab, call: str, because: str) -> None:
    assert because in lab.text("syscall " + call)


def test_a_descriptor_that_is_open_the_wrong_way_is_said_to_be(lab: Lab) -> None:
    fd = lab.ret('open "/etc/hostname" O_RDONLY')
    assert f"here {fd} is open, but for reading only" in lab.text(f'syscall write {fd} "a" 1')


def test_a_descriptor_stays_open_from_one_call_to_the_next(lab: Lab) -> None:
    fd = lab.ret('open "/tmp/f" O_CREAT|O_RDWR 0644')
    assert lab.ret(f'write {fd} "hello" 5') == 5
    assert lab.ret(f"lseek {fd} 0 SEEK_SET") == 0
    result = lab.json(f"syscall read {fd} buf:16 16")
    assert result["calls"][0]["ret"] == 5
    assert bytes.fromhex(result["memory"][0]["bytes"]).rstrip(b"\0") == b"hello"
    assert result["memory"][0]["name"] == "buf"


def test_a_buffer_is_shown_afterwards(shared: Lab) -> None:
    text = shared.text("syscall uname buf:390")
    assert "name at 0x402000, 390 bytes:" in text
    assert "|" not in text
    assert re.search(r"0x402000  4c 69 6e 75 78 .*  Linux", text)
    assert "\n    *\n" in text


def test_a_program_output_goes_to_the_screen_before_the_result() -> None:
    out, _, status = screen('syscall write 1 "hello\\n" 6')
    assert out == 'hello\nwrite(1, "hello\\n", 6)                  = 6\n'
    assert status == 0


def test_output_without_a_newline_gets_one_before_the_result() -> None:
    assert screen('syscall write 1 "hi" 2')[0].startswith("hi\nwrite(1")


def test_output_is_collected_for_json(shared: Lab) -> None:
    assert shared.json('syscall write 1 "hi" 2')["output"] == "hi"


def test_ENOSYS_of_test_call_names_the_pointer_and_the_module_that_fills_it(shared: Lab) -> None:
    text = shared.text("syscall test_call 42")
    assert "-1 ENOSYS (Function not implemented)" in text
    assert "STUB_test_call is NULL" in text
    assert "try: modprobe syscallModule" in text


@pytest.mark.parametrize(
    ("profile", "call", "because"),
    [
        ("course", "ptrace 0 0 0 0", "real Linux, but kshell has no body for it"),
        ("4.19", "335", "hole|no row|not below"),
        ("course", "9999", "is not below NR_syscalls"),
        ("course", "-1", "0xffffffffffffffff is not below NR_syscalls"),
        ("course", "520", "row 520 is execve of x32 programs"),
        ("course", "0x1_0000_0027", "is not below NR_syscalls"),
        ("6.19", "-1", "-1 is the number that means no call at all"),
        ("6.19", "9999", "no row of the table has number 9999"),
        ("6.19", "0x40000027", "bit 30"),
        ("6.19", "400", "hole|no row"),
    ],
)
def test_ENOSYS_of_a_number_is_explained_by_what_the_number_is(profile: str, call: str, because: str) -> None:
    lab = Lab(profile)
    text = lab.text("syscall " + call)
    assert "ENOSYS" in text
    assert re.search(because, text), text


def test_a_number_of_which_6_19_sees_32_bits_is_checked_as_the_call_it_reaches() -> None:
    lab = Lab("6.19")
    assert lab.ret("0x1_0000_0027") == lab.ret("getpid")


def test_a_call_is_found_by_all_its_names(shared: Lab) -> None:
    for name in ("getpid", "39", "0x27", "__NR_getpid", "SYS_getpid", "sys_getpid", "__x64_sys_getpid"):
        assert shared.call(name)["name"] == "getpid"


def test_an_unknown_call_is_answered_with_the_nearest(shared: Lab) -> None:
    error = shared.error("syscall gitpid")
    assert error["what"] == "no system call is named gitpid"
    assert "getpid" in error["try"]


def test_test_call_on_4_19_says_which_kernel_has_it() -> None:
    assert Lab("4.19").error("syscall test_call 1")["try"].startswith("boot course")


def test_syscall_without_a_call_shows_its_usage(shared: Lab) -> None:
    error = shared.error("syscall")
    assert "syscall NAME|NR" in error["because"]


def test_exit_ends_the_shells_task_and_the_next_call_has_a_new_one(lab: Lab) -> None:
    pid = lab.ret("getpid")
    result = lab.result("syscall exit 3")
    assert result.json()["result"]["exit_status"] == 3
    assert result.json()["result"]["calls"][0]["ret"] is None
    assert "= ?" in result.view.text()
    assert "= ?\n+++ exited with 3 +++\n" in result.view.text()
    assert "exited with status 3" in result.view.text()
    assert lab.ret("getpid") != pid


def test_a_handlers_error_is_traced_to_the_handler(lab: Lab) -> None:
    insmod(lab, "return -22")
    text = lab.text("syscall test_call 1")
    assert "EINVAL" in text
    assert "STUB_test_call points to handler" in text


def test_an_oops_says_where_the_report_is_and_the_shell_goes_on(lab: Lab) -> None:
    insmod(lab, "return 1 // 0")
    result = lab.result("syscall test_call 1")
    text = result.view.text()
    assert (result.status, result.failed) == (4, False)
    assert "test_call(1)                            = ?" in text
    assert text.split("\n")[1].startswith("Segmentation fault")
    assert "try: explain  (the report, line by line" in text
    assert lab.ret("getpid") > 0
    assert "divide error: 0000 [#1] SMP" in lab.text("dmesg")


def test_a_dangling_pointer_kills_the_task_on_its_address(lab: Lab) -> None:
    lab.results("modprobe dangling; syscall test_call 1; rmmod dangling")
    address = lab.json("x/gx STUB_test_call")["rows"][0]["values"][0]
    result = lab.result("syscall test_call 1")
    assert result.json()["result"]["signal"]["name"] == "SIGKILL"
    assert "Killed" in result.view.text()
    assert f"at {address[2:]}" in lab.text("dmesg")


def test_a_command_during_a_call_runs_in_its_sleep_and_the_handler_returns_into_nothing(lab: Lab) -> None:
    lab.result("modprobe sleepy")
    found = lab.json("syscall --during 'rmmod sleepy' test_call 1")
    assert found["signal"]["name"] == "SIGKILL"
    assert found["during"] == {"command": "rmmod sleepy", "ran": True, "result": found["during"]["result"]}
    assert "sleepy" not in lab.text("lsmod")
    assert any("unable to handle kernel paging request" in r["text"] for r in lab.json("dmesg")["records"])
    assert lab.ret("getpid") == lab.session.kernel.shell_task.pid


def test_a_command_during_a_call_is_shown_with_its_refusal_before_the_call(lab: Lab) -> None:
    lab.result("modprobe sleepy hold=1")
    lines = lab.text("syscall --during 'rmmod sleepy' test_call 1").splitlines()
    assert lines[:2] == ["during the call: rmmod sleepy", "  rmmod: ERROR: Module sleepy is in use"]
    assert lines[-1].endswith("= 1")
    assert lab.ret("getpid") == 77


def test_the_hops_of_a_call_show_when_the_other_command_ran(lab: Lab) -> None:
    lab.result("modprobe sleepy hold=1")
    steps = [hop["step"] for hop in lab.json("trace syscall --during lsmod test_call 1")["hops"]]
    at = steps.index("sleep")
    assert [step for step in steps[at:] if step != "call"][:4] == ["sleep", "meanwhile", "meanwhile", "printk"]


def test_a_call_that_never_sleeps_leaves_the_other_command_undone_and_says_so(lab: Lab) -> None:
    lab.result("modprobe syscallModule")
    result = lab.result("syscall --during 'rmmod syscallModule' test_call 1")
    assert "never slept" in result.notes[0]
    assert "syscallModule" in lab.text("lsmod")
    lab.result("modprobe -r syscallModule; modprobe sleepy")
    assert lab.ret("test_call 1") == 1  # nothing waits for a later sleep


def test_an_exit_function_that_oopses_during_a_call_kills_its_own_task_only(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text(
        "from kshell.linux import *\nMODULE_LICENSE('GPL')\n"
        "def i(k: Kernel) -> int:\n    return 0\ndef e(k: Kernel) -> None:\n    BUG()\nmodule_init(i)\nmodule_exit(e)\n"
    )
    lab.result(f"modprobe sleepy; insmod {path}")
    found = lab.json("syscall --during 'rmmod m' test_call 1")
    assert "Segmentation fault" in found["during"]["error"]["what"]
    assert found["calls"][0]["ret"] == 1
    assert lab.ret("getpid") == 77


@pytest.mark.parametrize("line", ["'syscall getpid'", "'run x.s'", "'lsmod; lsmod'", "''", "nonsense"])
def test_only_single_commands_that_run_no_program_can_run_during_a_call(lab: Lab, line: str) -> None:
    error = lab.error(f"syscall --during {line} getpid")
    assert error["because"]
    assert error["try"]


def test_335_on_6_19_dies_without_an_address_and_without_libcs_view() -> None:
    lab = Lab("6.19")
    assert lab.json("syscall 335")["signal"] == {"name": "SIGILL", "code": "SI_KERNEL", "address": None}
    assert "libc" not in lab.text("syscall 335")
    assert "always succeeds" not in lab.text("man 335")


def test_an_explanation_on_6_19_does_not_speak_of_slots() -> None:
    hole = Lab("6.19").text("syscall 337")
    assert "x64_sys_call answers it with __x64_sys_ni_syscall" in hole
    assert "slot" not in hole
    assert "its slot points to sys_ni_syscall" in Lab("4.19").text("syscall 134")


def test_a_fault_in_a_module_is_explained_with_its_file_and_line() -> None:
    lab = Lab()
    lab.result("modprobe crash")
    text = " ".join(lab.text("syscall test_call 2").split())
    assert re.search(r"crash\.py:\d+: it read 0x0, and that is a NULL pointer", text), text
