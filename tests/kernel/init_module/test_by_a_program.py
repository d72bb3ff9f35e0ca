"""init_module, finit_module and delete_module: init and exit run on the caller's own path through the kernel."""

from __future__ import annotations

import random

import pytest

from kshell.abi.errno import EAGAIN, EBADF, EBUSY, EINTR, EINVAL, ENOENT, ENOEXEC, ETXTBSY
from kshell.abi.fcntl import O_CREAT, O_NONBLOCK, O_TRUNC, O_WRONLY
from kshell.abi.module_flags import MODULE_INIT_COMPRESSED_FILE, MODULE_INIT_IGNORE_VERMAGIC
from kshell.api import boot as api_boot
from kshell.kernel.boot.start import boot
from kshell.kernel.core import layout
from kshell.kernel.core.profile import PROFILES
from kshell.kernel.entry.exec import StubRun, run_stub
from kshell.kernel.init_module.own_path import parse_args
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.load import load_module
from kshell.kernel.module.load_info import LoadInfo
from kshell.kernel.module.struct_module import LIVE, LOADING, UNLOADING
from kshell.kernel.task.task import TaskExit
from tests.kernel.module.images import image

BUDGET = 100_000


@pytest.fixture(params=PROFILES)
def k(request: pytest.FixtureRequest) -> Kernel:
    return boot(request.param)


def run(k: Kernel, name: str, *args: int | bytes, budget: int = 0) -> StubRun:
    return run_stub(k, k.table.by_name[name].number, args, budget)


def ret(k: Kernel, name: str, *args: int | bytes) -> int | None:
    call = run(k, name, *args).call
    assert call is not None
    return call.ret


def init(k: Kernel, data: bytes, parameters: bytes = b"") -> int | None:
    return ret(k, "init_module", data, len(data), parameters)


def log(k: Kernel) -> list[str]:
    return [record.text for record in k.log.since(0)]


def test_a_program_loads_a_module_with_parameters_and_unloads_it(k: Kernel) -> None:
    data = image("return 0 if k.read(level) == 3 else -1")
    assert init(k, data, b"level=3") == 0
    module = k.modules["m"]
    assert (module.state, module.refcount, module.path) == (LIVE, 0, "")
    assert init(k, data) == -17
    assert ret(k, "delete_module", b"m", O_NONBLOCK) == 0
    assert (list(k.modules), k.last_unloaded) == ([], "m")


def test_init_and_exit_have_the_callers_name() -> None:
    k = boot()
    data = image('k.printk(KERN_INFO, "hello")\n    return 0', 'k.printk(KERN_INFO, "bye")')
    assert init(k, data) == 0
    assert ret(k, "delete_module", b"m", 0) == 0
    assert log(k)[-2:] == ["hello", "bye"]


@pytest.mark.parametrize("result", [-1, -12, -22, -4095])
def test_what_init_refuses_with_is_the_result_and_nothing_is_left(k: Kernel, result: int) -> None:
    assert init(k, image()) == 0  # what the first module of a machine needs is made
    assert ret(k, "delete_module", b"m", 0) == 0
    used = k.ram.frames_used
    assert init(k, image(f"return {result}")) == result
    assert (k.modules, k.ram.frames_used, k.symbols.lookup("start")) == ({}, used, None)


def test_a_positive_result_is_suspicious_and_shows_the_way_there(k: Kernel) -> None:
    assert init(k, image("return 7")) == 0
    assert k.modules["m"].state == LIVE
    lines = log(k)
    at = lines.index("do_init_module: 'm'->init suspiciously returned 7, it should follow 0/-E convention")
    assert "Comm: kshell" in lines[at + 2]
    frames = [line.split("+")[0].strip() for line in lines[at + 3 :] if "+0x" in line]
    assert frames == ["do_init_module", "do_syscall_64", "entry_SYSCALL_64_after_hwframe"]


@pytest.mark.parametrize(("body", "said"), [("return 1 // 0", "divide error"), ("while True:\n        pass", "lockup")])
def test_where_init_dies_the_task_is_killed_and_the_module_stays_loading(k: Kernel, body: str, said: str) -> None:
    data = image(body)
    assert run(k, "init_module", data, len(data), b"", budget=BUDGET).outcome.kind == "killed"
    assert (k.modules["m"].state, k.modules["m"].refcount) == (LOADING, 1)
    lines = log(k)
    at = next(i for i, line in enumerate(lines) if said in line)
    frames = [line.split("+")[0].strip() for line in lines[at:] if "+0x" in line and "RIP" not in line]
    assert frames == ["do_one_initcall", "do_init_module", "do_syscall_64", "entry_SYSCALL_64_after_hwframe"]
    assert init(k, image()) == -EINTR
    assert ret(k, "delete_module", b"m", O_TRUNC) == -EBUSY


def test_where_exit_dies_the_module_stays_unloading(k: Kernel) -> None:
    assert init(k, image(exit="k.read(level) // 0")) == 0
    assert run(k, "delete_module", b"m", 0).outcome.kind == "killed"
    assert k.modules["m"].state == UNLOADING
    assert "__do_sys_delete_module" in "\n".join(log(k))
    assert ret(k, "delete_module", b"m", 0) == -EBUSY


def test_init_and_exit_may_sleep(k: Kernel) -> None:
    before = k.clock.ns
    assert init(k, image("msleep(k, 20)\n    return 0", "msleep(k, 30)")) == 0
    assert ret(k, "delete_module", b"m", 0) == 0
    assert 50_000_000 <= k.clock.ns - before < 51_000_000


def test_a_module_without_init_or_exit_is_loaded_and_unloaded_at_once() -> None:
    k = boot()
    data = image().replace(b"init_module\0", b"unit_module\0").replace(b"cleanup_module\0", b"kleanup_module\0")
    assert init(k, data) == 0
    assert k.modules["m"].init is None
    assert ret(k, "delete_module", b"m", 0) == 0


def test_one_that_is_held_goes_by_force_alone(k: Kernel) -> None:
    assert init(k, image("return 0 if try_module_get(k, THIS_MODULE) else -1")) == 0
    assert ret(k, "delete_module", b"m", O_NONBLOCK) == -EAGAIN
    assert ret(k, "delete_module", b"m", O_TRUNC) == 0
    assert "R" in k.taint.letters


def test_one_that_was_put_too_often_is_a_bug_of_the_kernel(k: Kernel) -> None:
    assert init(k, image("module_put(k, THIS_MODULE)\n    return 0")) == 0
    assert run(k, "delete_module", b"m", 0).outcome.kind == "killed"
    assert k.modules["m"].state == LIVE


def test_a_file_is_loaded_from_its_beginning_and_not_while_it_is_written(k: Kernel) -> None:
    data = image()
    fd = ret(k, "open", b"/tmp/m.ko", O_CREAT | O_WRONLY, 0o600)
    assert fd is not None
    assert ret(k, "write", fd, data, len(data)) == len(data)
    assert ret(k, "finit_module", fd, b"", 0) == (-EBADF if k.profile.version >= (5, 13) else -ETXTBSY)
    other = ret(k, "open", b"/tmp/m.ko", 0, 0)
    assert other is not None
    assert ret(k, "finit_module", other, b"", 0) == -ETXTBSY
    assert ret(k, "close", fd) == 0
    assert ret(k, "lseek", other, 5, 0) == 5
    assert ret(k, "finit_module", other, b"", 0) == 0
    assert ret(k, "lseek", other, 0, 1) == 5
    assert list(k.modules) == ["m"]


def test_the_version_magic_of_another_kernel_is_overruled_by_a_flag() -> None:
    k, data = boot("6.19"), image(ko=True)
    assert init(k, data) == -ENOEXEC
    assert "version magic" in log(k)[-1]
    fd = ret(k, "open", b"/tmp/m.ko", O_CREAT | O_WRONLY, 0o600)
    assert fd is not None
    assert ret(k, "write", fd, data, len(data)) == len(data)
    assert ret(k, "close", fd) == 0
    assert ret(k, "open", b"/tmp/m.ko", 0, 0) == fd
    assert ret(k, "finit_module", fd, b"", MODULE_INIT_IGNORE_VERMAGIC) == 0
    assert "F" in k.taint.letters


def test_each_release_knows_its_own_flags_and_names() -> None:
    old, new = boot("4.19"), boot("6.19")
    assert ret(old, "finit_module", 9, b"", MODULE_INIT_COMPRESSED_FILE) == -EINVAL
    assert ret(new, "finit_module", 9, b"", MODULE_INIT_COMPRESSED_FILE) == -EBADF
    name = "m" * 55
    for kernel, errno in ((old, 0), (new, -ENOENT)):
        assert init(kernel, image(name=name)) == 0
        assert ret(kernel, "delete_module", name.encode() + b"x", 0) == errno


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("  level=3\tname=x ", [("level", "3"), ("name", "x")]),
        ('name="two words" on', [("name", "two words"), ("on", None)]),
        ('"name=two words"', [("name", "two words")]),
        ("name=", [("name", "")]),
        ("name=a=b", [("name", "a=b")]),
        ('name="open', [("name", "open")]),
    ],
)
def test_parameters_are_parted_as_linux_parts_them(text: str, found: list[tuple[str, str | None]]) -> None:
    assert parse_args(text) == found


def test_machine_code_may_call_the_system_calls_function(k: Kernel) -> None:
    assert ret(k, "delete_module", b"m", 0) == -ENOENT  # leaves pt_regs, and the name in user memory
    load_module(k, LoadInfo("m.o", image()))
    function = k.symbols.lookup("__x64_sys_delete_module")
    assert function is not None
    assert k.call_out(function.address, k.current.regs_address) == 0
    assert (list(k.modules), k.last_unloaded) == ([], "m")


@pytest.mark.parametrize("text", [layout.DO_INIT_MODULE, layout.DO_SYS_DELETE_MODULE])
def test_whoever_spoils_the_struct_module_on_the_stack_is_killed(k: Kernel, text: int) -> None:
    function = k.symbols.lookup("__x64_sys_getuid")
    assert function is not None
    with pytest.raises(TaskExit):
        k.call_out(text, k.sys_call_table, function.address)
    assert k.current.killed_by is not None
    assert "there is no struct module at 0xffffffff82000000" in k.current.killed_by.why


def test_a_damaged_image_is_refused_or_runs_and_the_machine_goes_on() -> None:
    choose, answers = random.Random(8), set()
    k, whole = boot(), image()
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(choose.choice((1, 1, 4))):
            data[choose.randrange(len(data))] = choose.randrange(256)
        del data[choose.choice((len(data), len(data), choose.randrange(64, len(data)))) :]
        outcome = run(k, "init_module", bytes(data), len(data), b"", budget=BUDGET)
        assert outcome.call is not None
        answers.add(outcome.call.ret)
        if outcome.call.ret == 0:
            run(k, "delete_module", next(iter(k.modules)).encode(), 0, budget=BUDGET)
        elif outcome.outcome.kind == "returned":
            assert not k.modules
        if k.modules:
            k = boot()
        assert ret(k, "getuid") == 0
    assert {0, -ENOEXEC} <= answers


def test_a_program_hands_over_what_it_holds_in_memory() -> None:
    machine, data = api_boot(), image('k.printk(KERN_INFO, "from a program")\n    return 0')
    size = len(data).to_bytes(4, "little")
    code = bytes.fromhex("bf00004100 be") + size + bytes.fromhex("ba") + (0x410000 + len(data)).to_bytes(4, "little")
    code += bytes.fromhex("b8af000000 0f05 89c7 b83c000000 0f05")  # init_module(...); exit(what it answered)
    held = (0x410000, data + b"\0", len(data) + 1, "r--")
    ended = machine.run([(0x400000, code, len(code), "r-x"), held], 0x400000)
    assert (ended.kind, ended.exit_status) == ("exited", 0)
    assert machine.execute("dmesg")["result"]["records"][-1]["text"] == "from a program"
