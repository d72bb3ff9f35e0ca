"""Loading modules of machine code: layout, symbols, relocations, tables.  Nothing of them runs here."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from kshell.abi import elf
from kshell.abi.elf import ElfObject, ElfSymbol, Relocation, Section
from kshell.abi.elf_writer import write_elf
from kshell.abi.errno import EEXIST, ENOENT, ENOEXEC, ENOMEM
from kshell.kernel.core.memory import KernelFault
from kshell.kernel.module.refusal import Reason
from kshell.machine.paging import NX, WRITABLE
from kshell.shell.machine_files import contents
from tests.kernel.module.elf_lab import HEAD, ElfLab, lab_of, needs_compiler

DATA = """
static int level = 3;
module_param(level, int, 0644);
MODULE_PARM_DESC(level, "How loud");
static char *who = "world";
module_param(who, charp, 0444);
static bool quiet;
module_param(quiet, bool, 0);
static unsigned char small = 200;
module_param(small, byte, 0444);
MODULE_INFO(kshell_range, "level:0:10");
MODULE_VERSION("1.2");
const int table[3] = {1, 2, 3};
long counter = 5;
EXPORT_SYMBOL(counter);
long (*own)(int);
long shared(int n) { counter += n; return counter + level + quiet + small + who[0] + table[n]; }
EXPORT_SYMBOL_GPL(shared);
"""


@pytest.fixture
def lab(tmp_path: Path) -> ElfLab:
    return lab_of(tmp_path)


@needs_compiler
def test_sections_stand_on_pages_with_their_permissions(lab: ElfLab) -> None:
    module = lab.insert(DATA)
    entry = lab.k.memory.space.entry
    assert entry(lab.address("shared")) & (WRITABLE | NX) == 0
    assert entry(lab.address("table")) & (WRITABLE | NX) == NX
    assert entry(lab.address("counter")) & (WRITABLE | NX) == WRITABLE | NX
    assert lab.k.memory.load(lab.address("counter")) == 5
    assert lab.k.memory.read(lab.address("table"), 12) == bytes.fromhex("010000000200000003000000")
    assert module.size == 4096
    assert module.data_size == 2 * 4096
    assert lab.address("shared") in module.space


@needs_compiler
def test_symbols_have_their_letters_sizes_and_owners(lab: ElfLab) -> None:
    lab.insert(DATA)
    found = {symbol.name: symbol for symbol in lab.k.symbols if symbol.module == "m"}
    assert {name: found[name].kind for name in ("shared", "counter", "table", "own", "level", "who")} == {
        "shared": "T",
        "counter": "D",
        "table": "r",
        "own": "b",
        "level": "d",
        "who": "d",
    }
    assert (found["table"].size, found["level"].size, found["counter"].size) == (12, 4, 8)
    assert found["shared"].exported == "EXPORT_SYMBOL_GPL"
    assert lab.k.symbols.describe(found["shared"].address + 2).startswith("shared+0x2/0x")


@needs_compiler
def test_parameters_live_in_memory_with_c_s_sizes(lab: ElfLab) -> None:
    module = lab.insert(DATA, level="7", who="moon", quiet="y")
    assert lab.k.memory.read(lab.address("level"), 4) == b"\7\0\0\0"
    assert lab.k.memory.read(lab.address("quiet"), 1) == b"\1"
    assert lab.k.memory.read_string(lab.k.memory.load(lab.address("who"))) == b"moon"

    assert contents(lab.k, "/sys/module/m/parameters/who") == b"moon\n"
    assert contents(lab.k, "/sys/module/m/parameters/small") == b"200\n"
    assert contents(lab.k, "/sys/module/m/version") == b"1.2\n"
    assert {name for name, each in module.parameters.items() if each.perm} == {"level", "who", "small"}
    lab.remove()
    error = lab.refuses(lab.compile(DATA), level="11")
    assert error.what.endswith(": Invalid parameters")
    assert error.because == "level is from 0 to 10, and 11 is not"
    assert "m" not in lab.k.modules


@needs_compiler
def test_proc_modules_and_lsmod_have_it(lab: ElfLab) -> None:
    module = lab.insert(DATA)
    assert (
        contents(lab.k, "/proc/modules")
        == f"m {4096 + module.data_size} 0 - Live 0x{module.address:016x} (O)\n".encode()
    )


@needs_compiler
def test_a_module_uses_what_another_exports_and_holds_it(lab: ElfLab) -> None:
    owner = lab.insert(DATA)
    lab.insert("extern long counter; extern long shared(int); long f(void) { return shared(1) + counter; }", "user")
    assert owner.used_by == ["user"]
    lab.remove("user")
    assert owner.used_by == []
    assert lab.k.symbols.lookup("f") is None


@needs_compiler
def test_unknown_symbols_are_named_in_the_log(lab: ElfLab) -> None:
    error = lab.refuses(lab.compile("extern int nothing(void); int f(void) { return nothing(); }"))
    assert error.what.endswith(": Unknown symbol in module")
    assert lab.dmesg()[-1] == "m: Unknown symbol nothing (err -2)"
    assert error.errno == ENOENT


@needs_compiler
def test_a_proprietary_module_gets_no_gpl_symbol(lab: ElfLab) -> None:
    lab.insert(DATA)
    head = '#include <linux/module.h>\nMODULE_LICENSE("Mine");\n'
    error = lab.refuses(lab.compile("extern long shared(int); long f(void) { return shared(1); }", "p", head))
    assert error.refusal is not None
    assert error.refusal.reason is Reason.GPL_ONLY
    assert "p: module license 'Mine' taints kernel." in lab.dmesg()


@needs_compiler
def test_kallsyms_lookup_name_is_closed_since_5_7(tmp_path: Path) -> None:
    text = '#include <linux/kallsyms.h>\nunsigned long f(void) { return kallsyms_lookup_name("x"); }'
    lab_of(tmp_path).insert(text)
    new = lab_of(tmp_path, "6.19")
    error = new.refuses(new.compile(text))
    assert error.refusal is not None
    assert error.refusal.reason is Reason.NOT_EXPORTED_SINCE


@needs_compiler
def test_what_is_exported_already_is_refused_and_leaves_nothing(lab: ElfLab) -> None:
    lab.insert(DATA)
    used = lab.k.ram.frames_used
    error = lab.refuses(lab.compile(DATA, "again"))
    assert error.what.endswith(": Invalid module format")
    assert lab.dmesg()[-1] == "again: exports duplicate symbol counter (owned by m)"
    assert lab.k.ram.frames_used == used
    assert lab.refuses(lab.compile(DATA)).errno == EEXIST


@needs_compiler
def test_unloading_frees_pages_and_symbols_and_tells_of_pointers_left(lab: ElfLab) -> None:
    lab.insert("long f(int n) { return n; }", "warm")
    lab.remove("warm")
    used = lab.k.ram.frames_used
    module = lab.insert(DATA)
    lab.k.memory.store(lab.address("STUB_test_call"), lab.address("shared"))
    at = lab.address("counter")
    lab.k.take_notes()
    lab.remove()
    assert "still points into it" in " ".join(lab.k.take_notes())
    assert lab.k.ram.frames_used == used
    assert not [symbol for symbol in lab.k.symbols if symbol.module]
    with pytest.raises(KernelFault):
        lab.k.memory.load(at)
    assert module.name not in lab.k.modules


@needs_compiler
def test_a_pointer_of_its_own_with_an_exported_name_is_noted(lab: ElfLab) -> None:
    lab.insert("long (*STUB_test_call)(int);")
    assert any("STUB_test_call of its own" in note for note in lab.k.take_notes())


@needs_compiler
def test_a_system_call_in_a_module_is_noted(lab: ElfLab) -> None:
    lab.insert("#include <linux/syscalls.h>\nSYSCALL_DEFINE1(mine, int, n) { return n; }")
    assert any("defines the system call mine" in note for note in lab.k.take_notes())


@needs_compiler
@pytest.mark.parametrize("profile", ["4.19", "6.19"])
def test_version_magic_is_compared(tmp_path: Path, profile: str) -> None:
    lab = lab_of(tmp_path, profile)
    lab.insert(f'MODULE_INFO(vermagic, "{lab.k.vermagic}"); MODULE_INFO(name, "right");', "a")
    assert "right" in lab.k.modules
    error = lab.refuses(lab.compile('MODULE_INFO(vermagic, "5.0.0 SMP ");', "b"))
    assert error.what.endswith(": Invalid module format")
    assert lab.dmesg()[-1] == f"b: version magic '5.0.0 SMP ' should be '{lab.k.vermagic}'"


BUG = """
void bad(int n) {
    BUG_ON(n == 1);
    WARN_ON(n == 2);
}
"""


@needs_compiler
def test_a_bug_and_a_warning_are_found_by_their_address(lab: ElfLab) -> None:
    lab.insert(BUG)
    line = HEAD.count("\n") + 3
    at = lab.address("bad")
    found = [bug for offset in range(200) if (bug := lab.k.bug_at(at + offset)) is not None]
    assert sorted((bug.line, bug.is_warning) for bug in found) == [(line, False), (line + 1, True)]
    assert all(bug.file.endswith("m.c") for bug in found)
    assert lab.k.bug_at(lab.address("strlen")) is None


@needs_compiler
def test_an_address_has_its_line(lab: ElfLab) -> None:
    lab.insert(BUG)
    for at in range(lab.address("bad"), lab.address("bad") + 200):
        bug, place = lab.k.bug_at(at), lab.k.place_of(at)
        if bug is not None:
            assert place is not None
            assert place[0].endswith("m.c")
            assert place[1] == bug.line
    assert lab.k.place_of(lab.address("strlen")) is None


# Objects made by hand.

TEXT = Section(".text", elf.SHT_PROGBITS, elf.SHF_ALLOC | elf.SHF_EXECINSTR, 16, bytes(32), 32, [])
INFO = Section(".modinfo", elf.SHT_PROGBITS, elf.SHF_ALLOC, 1, b"license=GPL\0", 12, [])
FUNCTION = ElfSymbol("f", 0, 0, 32, elf.STT_FUNC, elf.STB_GLOBAL)


def put(lab: ElfLab, obj: ElfObject, name: str = "h.o") -> str:
    path = lab.folder / name
    path.write_bytes(write_elf(obj))
    return str(path)


def relocated(kind: int, addend: int, *symbols: ElfSymbol, data: bytes = bytes(32)) -> ElfObject:
    text = TEXT._replace(relocations=[Relocation(8, kind, len(symbols), addend)], data=data)
    return ElfObject([text, INFO], [*symbols, FUNCTION])


@pytest.mark.parametrize(
    ("kind", "size"), [(elf.R_X86_64_64, 8), (elf.R_X86_64_32S, 4), (elf.R_X86_64_PC32, 4), (elf.R_X86_64_PLT32, 4)]
)
def test_each_relocation_is_filled_in(lab: ElfLab, kind: int, size: int) -> None:
    from kshell.shell.modules.insmod import insmod

    module = insmod(lab.k, put(lab, relocated(kind, 4)))
    at = module.address
    expected = at + 4 if kind in (elf.R_X86_64_64, elf.R_X86_64_32S) else 4 - 8
    assert lab.k.memory.read(at + 8, size) == (expected & (1 << 64) - 1).to_bytes(8, "little")[:size]
    assert lab.k.memory.read(at + 8 + size, 4) == bytes(4)


def test_an_address_that_does_not_fit_is_an_overflow(lab: ElfLab) -> None:
    error = lab.refuses(put(lab, relocated(elf.R_X86_64_32, 0)))
    assert error.errno == ENOEXEC
    assert lab.dmesg()[-2] == "module: overflow in relocation type 10 val ffffffffc0000000"
    assert lab.dmesg()[-1] == "module: `h' likely not compiled with -mcmodel=kernel"
    assert lab.refuses(put(lab, relocated(elf.R_X86_64_32S, 1 << 40))).errno == ENOEXEC


def test_another_type_of_relocation_is_one_sentence(lab: ElfLab) -> None:
    error = lab.refuses(put(lab, relocated(9, 0)))
    assert lab.dmesg()[-1] == "h: Unknown rela relocation: 9"
    assert error.because.startswith("it has a relocation of type 9 (for f)")


def test_a_hole_that_is_not_empty_is_refused(lab: ElfLab) -> None:
    lab.refuses(put(lab, relocated(elf.R_X86_64_64, 0, data=b"\1" * 32)))
    assert "existing value is nonzero for type 1" in lab.dmesg()[-1]


def test_a_section_written_to_and_executed_is_refused(lab: ElfLab) -> None:
    both = TEXT._replace(flags=elf.SHF_ALLOC | elf.SHF_EXECINSTR | elf.SHF_WRITE)
    lab.refuses(put(lab, ElfObject([both, INFO], [FUNCTION])))
    assert lab.dmesg()[-1] == "h: section .text (index 0) has invalid WRITE|EXEC flags"


def test_an_object_without_symbols_is_refused(lab: ElfLab) -> None:
    lab.refuses(put(lab, ElfObject([TEXT, INFO], [])))
    assert lab.dmesg()[-1] == "h: module has no symbols (stripped?)"


def test_a_module_that_is_too_large_gets_no_memory(lab: ElfLab) -> None:
    huge = Section(".bss", elf.SHT_NOBITS, elf.SHF_ALLOC | elf.SHF_WRITE, 4096, b"", 4 << 20, [])
    assert lab.refuses(put(lab, ElfObject([TEXT, INFO, huge], [FUNCTION]))).errno == ENOMEM


@pytest.mark.parametrize("name", ["__ksymtab", "__param", "__bug_table", "__syscalls_metadata"])
@pytest.mark.parametrize("size", [7, 120])
def test_a_table_without_sense_is_refused(lab: ElfLab, name: str, size: int) -> None:
    data = b"\xff\x7f" * size
    table = Section(name, elf.SHT_PROGBITS, elf.SHF_ALLOC, 8, data[:size], size, [])
    path = put(lab, ElfObject([TEXT, INFO, table], [FUNCTION]))
    assert lab.refuses(path).errno == ENOEXEC
    assert "h" not in lab.k.modules
    lab.assert_well()


def test_a_name_that_is_none_is_refused(lab: ElfLab) -> None:
    info = b"license=GPL\0name=../../etc\0"
    lab.refuses(put(lab, ElfObject([TEXT, INFO._replace(data=info, size=len(info))], [FUNCTION])))


@needs_compiler
def test_mutated_objects_are_loaded_or_refused_and_nothing_else(lab: ElfLab) -> None:
    from kshell.shell.modules.insmod import insmod
    from kshell.shell.modules.refusals import ModuleError

    data = Path(lab.compile(DATA)).read_bytes()
    chance = random.Random(1)
    path = lab.folder / "x.o"
    outcomes = set()
    for _ in range(400):
        mutated = bytearray(data)
        for _ in range(chance.choice((1, 2, 8))):
            mutated[chance.randrange(len(mutated))] = chance.choice((0, 1, 0xFF, chance.randrange(256)))
        path.write_bytes(mutated)
        try:
            name = insmod(lab.k, str(path)).name
        except ModuleError as error:
            outcomes.add(error.errno)
        else:
            outcomes.add(0)
            lab.remove(name)
    assert 0 in outcomes
    assert ENOEXEC in outcomes
    lab.assert_well()
