"""x, disas, regs.  The expected texts are gdb's own, taken from a run over the same bytes."""

from __future__ import annotations

import pytest

from kshell.shell.commands.examine import c_text, unit
from tests.shell.lab import Lab

NUMBERS = (1, 0xFFFFFFFF81000000, 3, 8, 0x4142434445464748)
# What gdb shows for these five 8-byte numbers, without the addresses.
GDB = {
    "3gx": ["0x0000000000000001 0xffffffff81000000", "0x0000000000000003"],
    "5wx": ["0x00000001 0x00000000 0x81000000 0xffffffff", "0x00000003"],
    "9hx": ["0x0001 0x0000 0x0000 0x0000 0x0000 0x8100 0xffff 0xffff", "0x0003"],
    "9bx": ["0x01 0x00 0x00 0x00 0x00 0x00 0x00 0x00", "0x00"],
    "3gd": ["1 -2130706432", "3"],
    "5wd": ["1 0 -2130706432 -1", "3"],
    "9hd": ["1 0 0 0 0 -32512 -1 -1", "3"],
    "3gu": ["1 18446744071578845184", "3"],
    "3go": ["01 01777777777760100000000", "03"],
    "5wo": ["01 0 020100000000 037777777777", "03"],
    "5wt": [
        "00000000000000000000000000000001 00000000000000000000000000000000"
        " 10000001000000000000000000000000 11111111111111111111111111111111",
        "00000000000000000000000000000011",
    ],
    "3c": ["1 '\\001' 0 '\\000' 0 '\\000'"],
    "10c": ["1 '\\001' 0 '\\000' 0 '\\000' 0 '\\000' 0 '\\000' 0 '\\000' 0 '\\000' 0 '\\000'", "0 '\\000' 0 '\\000'"],
}


@pytest.fixture(scope="module")
def cells() -> Lab:
    lab = Lab()
    k = lab.session.kernel
    address = k.memory.static(8 * len(NUMBERS))
    for number, value in enumerate(NUMBERS):
        k.memory.store(address + 8 * number, value)
    lab.session.examined = (1, "x", "g")
    lab.address = address  # type: ignore[attr-defined]
    return lab


@pytest.mark.parametrize("format_", GDB)
def test_x_shows_numbers_as_gdb_does(cells: Lab, format_: str) -> None:
    address: int = cells.address  # type: ignore[attr-defined]
    lines = cells.text(f"x/{format_} {address:#x}").split("\n")
    assert [" ".join(line.split("\t")[1:]) for line in lines] == GDB[format_]


def test_x_names_the_symbol_and_the_distance(shared: Lab) -> None:
    lines = shared.text("x/4gx sys_call_table").split("\n")
    table = shared.session.kernel.sys_call_table
    assert lines[0].startswith(f"{table:#x} <sys_call_table>:\t0xffffffff81")
    assert lines[1].startswith(f"{table + 16:#x} <sys_call_table+16>:\t0xffffffff81")


def test_x_follows_pointers_to_their_names(shared: Lab) -> None:
    assert "<__x64_sys_getpid>" in shared.text("x/a sys_call_table[39]")


def test_x_takes_every_form_of_address(shared: Lab) -> None:
    table = shared.session.kernel.sys_call_table
    k = shared.session.kernel
    values = {
        tuple(shared.json(f"x/gx {place}")["rows"][0]["values"])
        for place in (
            f"{table + 16:#x}",
            "sys_call_table+16",
            "&sys_call_table+0x10",
            "sys_call_table[2]",
            f"{table:#x}+16",
            f"phys:{k.memory.physical(table + 16):#x}",
            f"-{(1 << 64) - table - 16}",
        )
    }
    assert len(values) == 1


def test_x_reads_the_memory_of_the_shells_task(lab: Lab) -> None:
    lab.result('syscall write 1 "hello there" 5')
    assert '"hello there"' in lab.text("x/s 0x402000")
    assert lab.json("x/2i 0x401000")["rows"][0]["text"] == "mov edi, 1"
    assert lab.result("x/gx $rsp").error is None
    assert lab.json("x/5c 0x402000")["rows"][0]["values"][0] == "104 'h'"


def test_strings_follow_each_other(lab: Lab) -> None:
    lab.result('syscall openat AT_FDCWD "one" 0; syscall write 1 "ab\\0cd" 5')
    rows = lab.json("x/2s 0x402000")["rows"]
    assert [row["values"][0] for row in rows] == ['"ab"', '"cd"']


def test_the_format_is_kept_for_the_next_time(lab: Lab) -> None:
    lab.result("x/2wd sys_call_table")
    assert len(lab.json("x/2 sys_call_table")["rows"][0]["values"]) == 2
    assert lab.json("x sys_call_table")["rows"][0]["values"][0].startswith("-")


@pytest.mark.parametrize(
    ("place", "because"),
    [
        ("0x10", "first page"),
        ("0x10000", "nothing mapped there"),
        ("0x8000000000000000", "not canonical"),
        ("0xffff888000000000", "no page is mapped there"),
        ("phys:0xffffffffff", "MiB of RAM"),
        ("0xffffffffffffffff", "no page is mapped"),
    ],
)
def test_memory_that_cannot_be_read_is_refused_in_gdbs_words(shared: Lab, place: str, because: str) -> None:
    for format_ in ("gx", "s", "i", "4c"):
        error = shared.error(f"x/{format_} {place}")
        assert error["what"].startswith("Cannot access memory at address 0x")
        assert because in error["because"]
        assert error["try"]


def test_what_can_be_read_is_shown_up_to_where_the_memory_ends(shared: Lab) -> None:
    k = shared.session.kernel
    pages = -(-8 * k.nr_syscalls // 4096)
    end = k.sys_call_table + 4096 * pages
    text = shared.text(f"x/4gx {end - 16:#x}")
    assert text.count("\t") == 2
    assert f"Cannot access memory at address {end:#x}" in text


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("x", "which address?"),
        ("x/4gx", "which address?"),
        ("x/zz 0", "unknown letter z"),
        ("x/0x 0", "the count is"),
        ("x/-4x 0", "the count is"),
        ("x/99999999999x 0", "the count is"),
        ("x/xd 0", "one format"),
        ("x/4gx nope", "no symbol nope"),
        ("x/4gx $nope", "no register $nope"),
        ("x/4gx phys:", "not a physical address"),
        ("x/4gx a b", "one address at a time"),
        ("x/4gx 99999999999999999999", "does not fit"),
        ("x/!! 0", "is not a count"),
    ],
)
def test_a_wrong_question_is_refused_with_a_way_out(shared: Lab, line: str, what: str) -> None:
    error = shared.error(line)
    assert what in error["what"]
    assert error["try"]


def test_every_byte_is_shown_as_C_writes_it() -> None:
    assert c_text(bytes([104, 34, 9, 10, 92, 32, 27, 255])) == '"h\\"\\t\\n\\\\ \\033\\377"'
    assert unit(b"\xff", "c") == "-1 '\\377'"
    assert unit(b"'", "c") == "39 '\\''"


def test_disas_shows_the_stub_and_where_the_body_stands(shared: Lab) -> None:
    text = shared.text("disas __x64_sys_getpid")
    assert "__x64_sys_getpid: body: Python, " in text
    assert ".py:" in text
    assert "vmcall" in text
    assert "more of the same" in text
    assert len(shared.json("disas __x64_sys_getpid")["rows"]) > 4


def test_disas_of_a_module_function_names_the_students_file(lab: Lab) -> None:
    lab.results("module copy syscallModule; insmod syscallModule.py")
    with open("syscallModule.py", encoding="utf-8") as file:
        line = file.read().split("def my_test_call")[0].count("\n") + 1
    text = lab.text("disas my_test_call")
    assert text.startswith(f"my_test_call: syscallModule.py:{line}\n")
    assert "push rbp" in text
    assert "<printk>" in text
    assert text.split()[-1] == "ret"


def test_the_bytes_of_the_code_are_left_out_where_they_do_not_fit(shared: Lab) -> None:
    view = shared.result("disas __get_user_4").view
    wide, narrow = (["".join(text for text, _ in line) for line in view.lines(width)] for width in (120, 80))
    assert wide[0].endswith("<__get_user_4>:\t48 83 c0 03                 add rax, 3")
    assert narrow[0].endswith("<__get_user_4>:\t  add rax, 3")
    assert len(narrow) == len(wide)


def test_disas_of_data_is_refused(shared: Lab) -> None:
    assert shared.error("disas sys_call_table")["try"] == "x/4gx sys_call_table"


def test_regs_shows_every_register_as_a_row(shared: Lab) -> None:
    shared.result("syscall getpid")
    rows = {row["register"]: row["value"] for row in shared.json("regs")["rows"]}
    assert {"rax", "rip", "rsp", "eflags", "cs", "r15"} <= set(rows)
    assert rows["rip"] == "0x401007"
    assert "[ IF ]" in shared.text("regs")


@pytest.mark.parametrize("line", ["x foo", "disas foo", "x/4gx foo"])
def test_a_symbol_that_is_like_no_other_is_sent_to_the_list_of_all(shared: Lab, line: str) -> None:
    assert shared.error(line)["try"] == "kallsyms  (lists them all)"


@pytest.mark.parametrize(
    ("typed", "try_"),
    [
        ("x/gx STUB_test_cal", "x/gx STUB_test_call"),
        ("x/2gx sys_call_tabl[39]", "x/2gx sys_call_table[39]"),
        ("disas getpdi", "disas getpid"),
        ("disas ptrace", "disas sys_ni_syscall"),
    ],
)
def test_a_misspelt_symbol_gets_the_whole_command_that_works(shared: Lab, typed: str, try_: str) -> None:
    assert shared.error(typed)["try"] == try_
    assert shared.result(try_).error is None


def test_the_name_of_a_call_means_its_function(shared: Lab) -> None:
    assert shared.json("disas getpid") == shared.json("disas __x64_sys_getpid")
    assert shared.json("x/4i test_call") == shared.json("x/4i __x64_sys_test_call")


def test_disas_suggests_no_data(shared: Lab) -> None:
    assert "STUB" not in shared.error("disas STUB_test_cal")["try"]


def test_the_last_page_of_the_lower_half_is_the_users(shared: Lab) -> None:
    for address in ("0x7ffffffff000", "0x7fffffffffff"):
        assert "user address" in shared.error(f"x/gx {address}")["because"]


def test_an_address_is_understood_as_it_was_shown(shared: Lab) -> None:
    address = shared.json("kallsyms __x64_sys_read")["rows"][0]["address"][2:]
    assert len(address) == 16
    assert shared.json(f"kallsyms {address}")["rows"][0]["name"] == "__x64_sys_read"
    assert shared.json(f"disas {address}") == shared.json("disas read")
    assert shared.json(f"x/gx {address}") == shared.json("x/gx read")


def test_a_narrow_screen_gets_fewer_values_on_a_line(shared: Lab) -> None:
    for line in ("x/4gx sys_call_table", "x/4ga sys_call_table[39]", "x/16bx getpid"):
        view = shared.result(line).view
        for width in (60, 80, 100):
            assert all(len(text.expandtabs()) <= width for text in view.text(width).split("\n"))
        assert "".join(view.text(60).split()).count("0x") >= "".join(view.text().split()).count("0x")


def test_before_any_program_a_register_has_no_value(lab: Lab) -> None:
    for line in ("x/2i $rip", "x/gx $rsp"):
        error = lab.error(line)
        assert error["because"] == "no program has run yet, and no call was made"
        assert error["try"] == f"syscall getpid; {line}"


def test_what_a_program_that_has_died_had_in_registers_and_memory_is_kept(lab: Lab) -> None:
    lab.json("run --hex 48c7c307000000530f0b")  # mov rbx, 7; push rbx; ud2
    assert lab.json("x/i $rip")["rows"][0]["text"] == "ud2"
    assert lab.json("x/gx $rsp")["rows"][0]["values"] == ["0x0000000000000007"]
    assert lab.json("disas 0x401000 1")["rows"][0]["text"] == "mov rbx, 7"
    assert lab.error("x/gx 0x9000000")["because"].endswith("the program that has ended had no page there")
    lab.json("syscall getpid")
    rows = {row["register"]: row["value"] for row in lab.json("regs")["rows"]}
    assert (rows["rbx"], rows["orig_ax"]) == ("0x0", "0x27")  # those of the shell's task, as its memory
    assert lab.json("x/2i 0x401000")["rows"][1]["text"] == "syscall"


def test_a_program_that_is_stopped_by_the_budget_can_be_looked_at(lab: Lab) -> None:
    assert lab.error("run --hex ebfe")["try"] == "kshell  (at its prompt it may run on, and Ctrl-C ends it)"
    assert lab.json("x/i $rip")["rows"][0]["text"] == "jmp 0x401000"
