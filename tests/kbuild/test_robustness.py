"""Trees in any state: a build ends with a clear message, loses nothing of a student's, and leaves what was built."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kshell.kbuild.build_log import BuildFailed, BuildLog
from kshell.kbuild.make import Maker, Request
from kshell.kbuild.messages import BuildMessage
from kshell.kbuild.steps.install import InstallError, installed
from kshell.kbuild.tree.sources import Sources
from kshell.kernel.boot.start import boot
from tests.kbuild.tree_lab import CALL, HEADER, TABLE, TreeLab

SOURCE, LISTS = "SystemCalls/test_call.py", "SystemCalls/Makefile"
TEXTS = ["Makefile", LISTS, SOURCE, "SystemCalls/syscallModule.py", TABLE, HEADER, "kernel/Makefile", "kernel/sys.py"]
NEEDS_PERMISSIONS = pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")


def failed(lab: TreeLab, *goals: str) -> BuildMessage:
    """The first error of make, which must fail, and say because and try."""
    outcome = lab.make(*goals)
    assert outcome.errors, outcome.show()
    assert all(error.because and error.try_ for error in outcome.errors), outcome.show()
    return outcome.errors[0]


def no_half_file(lab: TreeLab) -> bool:
    """Whether nothing that make wrote only in part lies about."""
    return not [path for path in lab.root.rglob("*") if ".new" in path.name]


# Sources that are none.


@pytest.mark.parametrize("name", [SOURCE, LISTS, "Makefile", TABLE, HEADER])
@pytest.mark.parametrize(
    ("data", "words"),
    [(b"# caf\xe9\n", "is not UTF-8"), ("# text\n".encode("utf-16"), "UTF-16"), (b"a\0b\n", "NUL byte")],
)
def test_a_source_in_another_encoding_says_where(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    lab = TreeLab(tmp_path)
    lab.write(name, data)
    error = failed(lab)
    assert words in error.text
    assert error.text.startswith(name)


@pytest.mark.parametrize("name", [SOURCE, LISTS, TABLE])
def test_a_pipe_in_place_of_a_source_does_not_block(tmp_path: Path, name: str) -> None:
    lab = TreeLab(tmp_path)
    lab.path(name).unlink()
    os.mkfifo(lab.path(name))
    assert failed(lab)


def test_a_device_in_place_of_a_source_is_not_read(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.path(SOURCE).unlink()
    lab.path(SOURCE).symlink_to("/dev/zero")
    assert "leads out of the tree" in failed(lab).text


@NEEDS_PERMISSIONS
@pytest.mark.parametrize("name", [SOURCE, LISTS, TABLE, HEADER, "Makefile"])
def test_a_source_that_may_not_be_read_says_so(tmp_path: Path, name: str) -> None:
    lab = TreeLab(tmp_path)
    lab.path(name).chmod(0)
    assert "Permission denied" in failed(lab).text


def test_a_read_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = TreeLab(tmp_path)
    real = os.open

    def refuse(path: str, *rest: int) -> int:
        if str(path).endswith("test_call.py"):
            raise PermissionError(13, "Permission denied")
        return real(path, *rest)

    monkeypatch.setattr(os, "open", refuse)
    assert failed(lab).text == f"{SOURCE}: Permission denied"


def test_links_out_of_the_tree_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "Makefile").write_text("obj-y := x.o\n")
    (outside / "x.py").write_text("\n")
    lab = TreeLab(tmp_path)
    lab.path("linked").symlink_to(outside)
    lab.replace("Makefile", " SystemCalls/", " SystemCalls/ linked/")
    assert "leads out of the tree" in failed(lab).text
    assert sorted(os.listdir(outside)) == ["Makefile", "x.py"]


def test_a_link_that_leads_to_itself_is_no_source(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.path(SOURCE).unlink()
    lab.path(SOURCE).symlink_to("test_call.py")
    assert "Too many levels of symbolic links" in failed(lab).text


def test_a_link_inside_the_tree_is_a_source(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.write("other/there.py", CALL)
    lab.path(SOURCE).unlink()
    lab.path(SOURCE).symlink_to("../other/there.py")
    assert not lab.make().errors


# Lists that lead astray.


@pytest.mark.parametrize(
    "line", ["obj-y += ../SystemCalls/", "obj-y += ./", "obj-m += ../SystemCalls/", "obj-y += sub/"]
)
def test_directories_that_lead_round_in_a_circle_are_told(tmp_path: Path, line: str) -> None:
    lab = TreeLab(tmp_path)
    lab.path("SystemCalls/sub").symlink_to("..", target_is_directory=True)
    lab.write("Makefile", lab.read("Makefile") + "\nobj-y += SystemCalls/\n")
    lab.write(LISTS, f"{lab.read(LISTS)}\n{line}\n")
    assert "Too many levels of directories" in failed(lab).text


def test_a_hundred_directories_one_in_another_are_too_many(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    folder = "SystemCalls"
    for _ in range(100):
        lab.write(f"{folder}/Makefile", "obj-y := d/\n")
        folder += "/d"
    lab.write(f"{folder}/Makefile", "")
    assert "Too many levels of directories" in failed(lab).text


@pytest.mark.parametrize(
    "entry",
    ["../../outside.o", "../../../../../../etc/passwd.o", "../../etc/", "/etc/passwd.o", "/etc/", "../x.o", "~/x.o"],
)
def test_an_entry_that_leads_elsewhere_writes_nothing_there(tmp_path: Path, entry: str) -> None:
    (tmp_path / "outside.py").write_text("\n")
    lab = TreeLab(tmp_path)
    before = sorted(os.listdir(tmp_path))
    lab.replace(LISTS, "obj-y := test_call.o", f"obj-y := test_call.o {entry}")
    failed(lab)
    assert sorted(os.listdir(tmp_path)) == before


def test_core_y_does_not_lead_out_of_the_tree(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "Makefile").write_text("obj-y := x.o\n")
    (tmp_path / "beside" / "x.py").write_text("\n")
    lab.replace("Makefile", " SystemCalls/", " SystemCalls/ ../beside/")
    assert "its .. leads out of the folder" in failed(lab).because
    assert sorted(os.listdir(tmp_path / "beside")) == ["Makefile", "x.py"]


def test_names_with_blanks_and_of_other_bytes_do_no_harm(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path / "a folder of mine")
    lab.write("SystemCalls/my call.py", CALL)
    lab.write("my notes/a b.py", "x")
    with open(os.path.join(os.fsencode(lab.path("SystemCalls")), b"caf\xe9.py"), "wb") as file:
        file.write(b"\n")
    assert not lab.make().errors
    assert not lab.make("clean").errors


def test_a_list_that_needs_itself_is_told(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.write(LISTS, "obj-y = $(obj-y) test_call.o\n")
    assert "references itself" in failed(lab).text


# Text that was edited elsewhere.


def test_CR_LF_everywhere_builds_the_same_kernel(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    for path in [path for path in lab.root.rglob("*") if path.is_file() and ".kshell" not in path.parts]:
        if path.suffix in (".py", ".h", ".tbl") or path.name == "Makefile":
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    outcome = lab.make()
    assert not outcome.errors, outcome.show()
    assert lab.boot().release == "4.19.1-test"


def test_blanks_in_place_of_a_tab_in_a_Makefile_are_told(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.replace(LISTS, "\t$(MAKE)", "        $(MAKE)")
    error = failed(lab)
    assert error.text == f"{LISTS}:10: *** missing separator (did you mean TAB instead of 8 spaces?).  Stop."


def test_tabs_mixed_with_blanks_in_Python_are_told(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.replace(SOURCE, "    stub = ", "\tstub = ")
    error = failed(lab)
    assert error.head() == f"{SOURCE}:12:25: error: inconsistent use of tabs and spaces in indentation" or (
        error.line == 12 and "indent" in error.text
    )


@pytest.mark.parametrize(
    "line",
    [
        "while True:\n    pass",
        "X = 9**9**9**9",
        "X = [i for i in iter(int, 1)]",
        "class A:\n    while True:\n        pass",
        "def f(k, x=9**9**9**9):\n    pass",
        "import time",
        "raise SystemExit",
        "X = " + "-" * 100_000 + "1",
        "X = " + "(" * 5000 + "1" + ")" * 5000,
        "X = 1\n" * 100_000,
    ],
)
def test_a_source_that_does_not_come_to_an_end_at_import_is_refused(tmp_path: Path, line: str) -> None:
    lab = TreeLab(tmp_path)
    lab.write(SOURCE, f"{CALL}\n{line}\n")
    error = failed(lab)
    assert error.file == SOURCE
    assert error.text.strip()


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("count", [20_000, 200_000])
def test_a_file_without_an_end_is_told(tmp_path: Path, name: str, count: int) -> None:
    lab = TreeLab(tmp_path)
    lab.write(name, b"# a comment\n" * count)
    assert "oo large" in failed(lab).text


# What a student wrote under a build's own names.

NAMES = [
    "vmlinux",
    "System.map",
    "Module.symvers",
    ".version",
    "SystemCalls/test_call.o",
    "SystemCalls/syscallModule.ko",
]
WORDS = b"my own notes, which no build may take from me: " + b"x" * 100


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("data", [WORDS, b"\x7fELF" + WORDS, b"\xff\0" * 40])
def test_a_file_of_a_students_own_is_never_written_over_or_removed(tmp_path: Path, name: str, data: bytes) -> None:
    lab = TreeLab(tmp_path)
    lab.write(name, data)
    error = failed(lab)
    assert error.text == f"{name}: File exists"
    assert "no build made it" in error.because
    for goal in ("clean", "mrproper"):
        assert not lab.make(goal).errors
        assert lab.path(name).read_bytes() == data
    lab.replace(LISTS, "\trm -f *.o", "\trm -f *.o syscallModule.ko")
    lab.make("clean", folder="SystemCalls")
    assert lab.path(name).read_bytes() == data


@pytest.mark.parametrize("name", NAMES)
def test_a_link_under_a_build_s_name_stays_and_so_does_what_it_leads_to(tmp_path: Path, name: str) -> None:
    lab = TreeLab(tmp_path, built=True)
    precious = tmp_path / "precious"
    precious.write_bytes(lab.path("vmlinux").read_bytes())
    lab.path(name).unlink()
    lab.path(name).symlink_to(precious)
    before = precious.read_bytes()
    lab.write(SOURCE, CALL + "\n# changed\n")
    lab.replace("SystemCalls/syscallModule.py", "the handler", "another text")
    assert failed(lab).text == f"{name}: File exists"
    lab.make("mrproper")
    assert lab.path(name).is_symlink()
    assert precious.read_bytes() == before


def test_a_folder_that_is_called_boot_elsewhere_is_not_written_into(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, built=True)
    (tmp_path / "elsewhere").mkdir()
    lab.path("boot").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert "leads out of the folder" in failed(lab, "install").because
    assert not os.listdir(tmp_path / "elsewhere")


def test_a_file_called_boot_is_in_the_way_of_install(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, built=True)
    lab.write("boot", "notes")
    failed(lab, "install")
    assert lab.read("boot") == "notes"


# Disks.


@NEEDS_PERMISSIONS
def test_a_tree_that_may_not_be_written_says_so(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    folders = [lab.root, *(path for path in lab.root.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert "Permission denied" in failed(lab).text
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_a_disk_that_is_full_leaves_the_last_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = TreeLab(tmp_path, built=True)
    lab.boot()
    before = lab.path("vmlinux").read_bytes()
    lab.write(SOURCE, CALL + "\n# changed\n")

    def full(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        assert "No space left on device" in failed(lab).text
        assert "No space left on device" in failed(lab, "install").text
    assert no_half_file(lab)
    assert lab.path("vmlinux").read_bytes() == before
    assert boot(installed(Sources(str(lab.root)), "t")).image.build == 1
    assert lab.make().made.build == 2


def test_a_file_that_cannot_be_removed_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = TreeLab(tmp_path, built=True)

    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "remove", refuse)
    assert "Permission denied" in failed(lab, "clean").text
    assert lab.make("clean", folder="SystemCalls").errors
    lab.replace(LISTS, "\trm", "\t-rm")
    ignored = lab.make("clean", folder="SystemCalls")
    assert not ignored.errors
    assert "Permission denied" in ignored.text
    assert ignored.lines[-1] == "make: [Makefile:13: clean] Error 1 (ignored)"


@pytest.mark.parametrize("steps", range(0, 40, 3))
def test_Ctrl_C_leaves_no_half_file_and_the_next_make_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    lab = TreeLab(tmp_path)
    real, left = os.replace, [steps]

    def interrupted(source: str, target: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        real(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupted)
        try:
            lab.make()
        except KeyboardInterrupt:
            pass
        else:
            assert steps > 20
    assert no_half_file(lab)
    outcome = lab.make()
    assert not outcome.errors, outcome.show()
    assert lab.boot().image.build in (1, 2)


# A tree that does not build.


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lab: lab.write(SOURCE, "def ("),
        lambda lab: lab.write(TABLE, b"\xff"),
        lambda lab: lab.replace("Makefile", " SystemCalls/", ""),
        lambda lab: lab.write("Makefile", "endif\n"),
        lambda lab: lab.replace("Makefile", "VERSION = 4", "VERSION = five"),
        lambda lab: lab.replace("Makefile", "EXTRAVERSION = -test", "EXTRAVERSION = /../../../x"),
        lambda lab: lab.replace("Makefile", "EXTRAVERSION = -test", "EXTRAVERSION = -" + "x" * 200),
    ],
)
def test_a_tree_that_does_not_build_leaves_what_was_built(tmp_path: Path, spoil: Callable[[TreeLab], None]) -> None:
    lab = TreeLab(tmp_path, built=True)
    assert lab.boot().image.build == 1
    before = {name: lab.path(name).read_bytes() for name in NAMES}
    spoil(lab)
    failed(lab)
    assert {name: lab.path(name).read_bytes() for name in NAMES} == before
    assert boot(installed(Sources(str(lab.root)), "t")).image.build == 1


# Anything at all.

junk = st.text(st.characters(codec="utf-8"), max_size=40)
edits = st.lists(
    st.tuples(
        st.sampled_from(TEXTS), st.sampled_from(["delete", "double", "swap", "insert", "cut"]), st.integers(0), junk
    ),
    min_size=1,
    max_size=4,
)


def edit(text: str, act: str, at: int, words: str) -> str:
    lines = text.split("\n")
    here = at % len(lines)
    if act == "delete":
        del lines[here]
    elif act == "double":
        lines.insert(here, lines[here])
    elif act == "swap":
        other = (at // len(lines)) % len(lines)
        lines[here], lines[other] = lines[other], lines[here]
    elif act == "insert":
        column = (at // len(lines)) % (len(lines[here]) + 1)
        lines[here] = lines[here][:column] + words + lines[here][column:]
    else:
        return text[: at % (len(text) + 1)]
    return "\n".join(lines)


def runs_or_fails(lab: TreeLab, *goals: str, folder: str = "") -> None:
    """make either goes through or raises BuildFailed with messages that can be shown."""
    messages = None
    try:
        Maker(BuildLog(), lambda: lab.running).make(Request(str(lab.root / folder), goals, {}))
    except BuildFailed as failure:
        messages = failure.messages
    assert messages is None or (messages and all(str(message).strip() for message in messages))


def boots_or_says_why(lab: TreeLab) -> None:
    """The installed kernel boots, or InstallError says why it cannot."""
    parts = ["fine"]
    try:
        boot(installed(Sources(str(lab.root)), "t"))
    except InstallError as error:
        parts = [error.what, error.because, error.try_]
    assert all(parts)


@pytest.fixture(scope="module", params=["4.19", "6.19"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TreeLab:
    lab = TreeLab(tmp_path_factory.mktemp("tree"), request.param)
    assert not lab.make().errors
    assert not lab.make("install").errors
    return lab


@settings(max_examples=20)  # each is several builds
@given(changes=edits)
def test_make_goes_through_or_fails_whatever_the_edits(
    shared: TreeLab, changes: list[tuple[str, str, int, str]]
) -> None:
    before = {name: shared.read(name) for name in TEXTS}
    try:
        for name, act, at, words in changes:
            shared.write(name, edit(shared.read(name), act, at, words).encode("utf-8", "surrogatepass"))
        runs_or_fails(shared)
        runs_or_fails(shared, folder="SystemCalls")
        installed(Sources(str(shared.root)), "t")
    finally:
        for name, text in before.items():
            shared.write(name, text)


BUILT = [*NAMES, ".kshell/pristine.json", ".kshell/boots", ".kshell/last-build.json", "boot/vmlinuz-"]


@settings(max_examples=20)
@given(
    name=st.sampled_from(BUILT),
    seed=st.integers(0, 2**32),
    act=st.sampled_from(["flip", "cut", "json", "text", "gone"]),
)
def test_damaged_outputs_never_break_make_or_boot(shared: TreeLab, name: str, seed: int, act: str) -> None:
    if name == "boot/vmlinuz-":
        name += "4.19.1-test" if shared.version == "4.19" else "6.19.0-test"
    whole = {
        each: (shared.path(each).read_bytes() if shared.path(each).exists() else None) for each in [name, *BUILT[:-1]]
    }
    path = shared.path(name)
    if not path.exists():  # an earlier example took it away
        runs_or_fails(shared)
        runs_or_fails(shared, "install")
    data = bytearray(path.read_bytes())
    dice = random.Random(seed)
    try:
        if act == "gone":
            path.unlink()
        elif act == "cut":
            path.write_bytes(data[: dice.randrange(len(data) + 1)])
        elif act == "flip" and data:
            data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
            path.write_bytes(data)
        elif act == "json":
            head = data.partition(b"\n")[0] + b"\n" if data.startswith(b"kshell-object") else b""
            path.write_bytes(head + dice.choice([b"{}", b"[]", b"3", b'{"builtin": true}', b"[" * 5000, b'{"a": NaN}']))
        else:
            path.write_bytes(dice.randbytes(200))
        runs_or_fails(shared)
        runs_or_fails(shared, "install")
        boots_or_says_why(shared)
        runs_or_fails(shared, "modules")
    finally:
        for each, content in whole.items():
            if content is not None:
                shared.path(each).write_bytes(content)
            elif shared.path(each).exists():
                shared.path(each).unlink()


def test_a_damaged_file_that_nobody_writes_by_hand_is_set_aside_and_made_again(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, built=True)
    assert not lab.make("install").errors
    for name in ("arch/x86/include/generated/asm/syscalls_64.h", "boot/vmlinuz-4.19.1-test"):
        lab.write(name, "damaged, or somebody's")
        assert not lab.make().errors, name
        assert not lab.make("install").errors, name
        assert lab.read(f"{name}.mine") == "damaged, or somebody's"
    assert lab.boot_only().release == "4.19.1-test"


def test_a_damaged_vmlinux_has_a_way_out_that_works(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path, built=True)
    lab.write("vmlinux", "garbage")
    (error,) = lab.make("install").errors
    assert error.try_ == "rename or delete vmlinux, then make"
    lab.path("vmlinux").rename(lab.path("vmlinux.mine"))
    assert not lab.make().errors
    assert not lab.make("install").errors


def test_a_kernel_that_was_linked_counts_as_built_though_a_module_failed(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    from kshell.kbuild.tree.changes import changed_since
    from kshell.kbuild.tree.sources import Sources

    lab.replace("SystemCalls/test_call.py", "EXPORT_SYMBOL(STUB_test_call)\n", "")
    assert lab.make().errors
    stamp = Sources(str(lab.root)).last_build()
    assert stamp is not None
    assert changed_since(Sources(str(lab.root)), stamp) == []


def test_an_assignment_the_wrong_way_round_is_told(tmp_path: Path) -> None:
    lab = TreeLab(tmp_path)
    lab.replace("SystemCalls/Makefile", "obj-y := test_call.o", "obj-y =: test_call.o")
    (error,) = lab.make().errors
    assert error.try_ == "obj-y := test_call.o"
