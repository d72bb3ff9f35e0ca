"""Commands that a student knows from elsewhere, and what to type here instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

MARK = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|[(),]""")  # parentheses and commas outside quotes

ROOT = (
    "the shell's task is root, unless the machine was booted with uid=N; root is not the kernel, which decides what "
    "a task may do. insmod, rmmod and modprobe act as root in any case"
)
# name -> (because, try)
_ADVICE: dict[str, tuple[str, str]] = {
    "strace": (
        "there is no other process to attach to: kshell traces a call by itself",
        "trace syscall getpid  (or, of a program: trace run FILE.s)",
    ),
    "ltrace": (
        "programs here use no library; they make system calls themselves",
        "trace syscall getpid  (or, every call of a program: trace run FILE.s)",
    ),
    "ps": (
        "what it shows is in /proc, a folder for each task",
        "ls /proc  (the tasks that there are; regs has the registers of the last)",
    ),
    "top": (
        "the machine runs one task at a time, and its clock stands still between commands",
        "cat /proc/meminfo  (the memory; or: cat /proc/uptime)",
    ),
    "sudo": (ROOT, "syscall getuid  (0 is root)"),
    "su": (ROOT, "boot uid=1000  (a machine whose shell belongs to a user without rights)"),
    "gdb": (
        "the debugger is built in",
        "help break  (break FUNCTION stops a call there; x/4gx sys_call_table and disas SYMBOL look into memory)",
    ),
    "objdump": ("kshell disassembles what is in memory", "disas getpid  (or any other function; or: x/8i ADDRESS)"),
    "readelf": (
        "kallsyms has the symbols of what runs; a .ko is an ELF file, which readelf reads outside kshell",
        "kallsyms  (symbols; disas SYMBOL shows the code of one)",
    ),
    "nm": ("symbols are the running kernel's", "kallsyms  (or a part of a name: kallsyms NAME)"),
    "hexdump": ("memory is examined in place", "x/64bx sys_call_table  (or another address)"),
    "xxd": ("memory is examined in place", "x/64bx sys_call_table  (or another address)"),
    "uname": (
        "uname is a system call, and kshell makes calls; the release is in a file of the machine too",
        "cat /proc/version  (or: syscall uname buf:390)",
    ),
    "gcc": (
        "cc compiles one source for the kernel, and make a tree's sources; programs are assembly",
        "help cc  (one source; help make: a tree's; help run: programs)",
    ),
    "nasm": (
        "kshell assembles a file when it runs it; make keeps an assembled one",
        "help run  (run FILE.s; or: make -C DIR)",
    ),
    "ld": (
        "make links a kernel, and kshell loads an assembled file by itself",
        "help make  (make -C DIR; or: run FILE.s)",
    ),
    "python": ("kshell is written in Python, and so are its modules", "module copy hello  (then: insmod hello.py)"),
    "cmake": ("a tree is built by its Makefiles", "help make  (make -C DIR)"),
    "menuconfig": (
        "there is nothing to configure: what core-y and the obj-y lists name is built in",
        "help make  (make -C DIR)",
    ),
    "depmod": ("modprobe finds the modules that come with kshell by itself", "modprobe syscallModule"),
    "cd": (
        "your own folder is the one kshell was started in, and make takes another by -C; the machine's folder belongs "
        "to the shell's task, and a system call changes it",
        'syscall chdir "/tmp"  (or, to build elsewhere: make -C DIR)',
    ),
    "pwd": (
        "the machine's current folder belongs to the shell's task; your own is the one kshell was started in",
        "syscall getcwd buf:64 64",
    ),
    "vim": (
        "edit opens a file of your own folder in your editor: $VISUAL or $EDITOR",
        "edit test.py  (or another file)",
    ),
    "cp": (
        "kshell copies no files of your own folder; a sample to edit, or a whole tree, it makes",
        "module copy syscallModule  (or: tree new test_kernel)",
    ),
    "mv": (
        "files of your own folder are moved outside kshell",
        "help tree  (tree and diff show what has changed in one)",
    ),
    "git": ("a tree remembers what it was when it was new", "help diff  (diff DIR shows what you have changed)"),
    "patch": ("sources are changed in an editor", "help edit  (edit FILE; then: diff DIR)"),
    "chmod": ("in the machine a mode is given when a file is made", 'syscall open "/tmp/f" O_CREAT|O_WRONLY 0600'),
    "update-grub": (
        "make install puts a kernel where boot finds it",
        "help make  (make -C DIR install, then: boot DIR)",
    ),
    "killall": ("nothing runs beside the command that was typed", "Ctrl-C  (ends what is running)"),
    "jobs": ("nothing runs in the background here", "Ctrl-C  (ends what is running)"),
    "printf": ("echo writes a line", 'echo hello  (or, as a system call: syscall write 1 "hello\\n" 6)'),
    "reset": ("the terminal is as it should be; clear empties the screen", "clear"),
    "watch": ("nothing changes between two commands, so once is enough", "lsmod  (or: dmesg -w)"),
    "which": ("commands are the shell's own, and help explains each", "help insmod"),
    "mkdir": (
        "a folder of your own is made outside kshell, or by edit with a file in it; the machine has a call for it",
        'syscall mkdir "/tmp/d" 0755  (or, in your own folder: edit DIR/FILE)',
    ),
    "rm": ("in the machine a file is removed by a system call", 'syscall unlink "/tmp/f"'),
    "touch": ("in the machine a file is made by a system call", 'syscall open "/tmp/f" O_CREAT|O_WRONLY 0644'),
    "stat": ("stat is a system call, and kshell makes calls", 'syscall stat "/etc/hostname" buf:144'),
    "whoami": ("the shell's task has a uid", "syscall getuid"),
    "id": ("the shell's task has a uid", "syscall getuid"),
    "date": ("the machine has a clock of its own", "syscall time NULL"),
    "sleep": ("sleeping is a system call", "syscall nanosleep buf:16 NULL"),
    "hostname": ("the name is in a file of the machine", "cat /etc/hostname"),
    "less": ("cat shows a file of the machine", "cat /etc/hostname"),
    "grep": ("dmesg, table and kallsyms filter by themselves", "dmesg --grep int  (or another word)"),
    "journalctl": ("the kernel's log is read with dmesg", "dmesg"),
    "sysctl": ("this kernel has no settings to turn", "help"),
    "set": ("the shell has no variables", "help"),
    "alias": ("the shell has no aliases", "help"),
    "shutdown": (
        "the machine lives in this shell and ends with it",
        "exit  (or, for a fresh kernel: boot; for a tree's: boot DIR)",
    ),
    "lsof": ("descriptors belong to the shell's task", "syscall fcntl 1 F_GETFL"),
    "mount": ("the machine's file systems are mounted at boot", "ls /"),
    "apropos": ("calls are found by a part of their name", "table open"),
    "syscalls": ("the calls are in the kernel's table", "table"),
    "perf": ("kshell counts hops, not cycles", "trace syscall getpid"),
    "bpftrace": ("the trace is built in", "trace syscall getpid"),
}

_SAME = {
    "vim": ("vi", "nvim", "nano", "pico", "emacs", "ed", "code", "notepad", "gedit"),
    "ps": ("pstree",),
    "top": ("htop", "free", "uptime", "vmstat"),
    "shutdown": ("poweroff", "halt", "init"),
    "killall": ("pkill", "fg", "bg", "ctrl-c"),
    "jobs": ("nohup",),
    "gcc": ("clang", "g++", "tcc"),
    "nasm": ("as",),
    "python": ("python3",),
    "git": ("cmp", "comm"),
    "update-grub": ("grub-mkconfig", "mkinitcpio", "update-initramfs", "installkernel", "make-kpkg"),
    "menuconfig": ("defconfig", "localmodconfig", "oldconfig"),
    "grep": ("egrep", "rg", "awk", "sed", "find"),
    "less": ("more", "head", "tail", "view"),
    "which": ("whereis", "type"),
    "cmake": ("ninja", "gmake", "kbuild"),
    "hexdump": ("od",),
    "touch": ("tee",),
    "gdb": ("lldb", "kgdb", "crash"),
    "cd": ("pushd", "popd"),
    "mkdir": ("rmdir",),
    "set": ("env", "unset", "setenv"),
    "id": ("groups",),
    "su": ("login", "doas"),
    "sysctl": ("systemctl", "service"),
}
_BY_NAME = {other: name for name, others in _SAME.items() for other in others}

BEFORE = ("sudo", "doas", "time", "nohup", "exec", "nice", "watch", "env", "command")  # what stands before a command
NAMES = frozenset(_ADVICE) | frozenset(_BY_NAME)


def advice(name: str, rest: Sequence[str] = ()) -> tuple[str, str] | None:
    """(because, try) for a command that kshell does not have but another system does; None for an unknown word.

    `rest` is what was typed after it.
    """
    if name.endswith((".py", ".c", ".ko")):
        return "a module file is loaded, not run", f"insmod {name}"
    if name.endswith((".ksh", ".ks")):
        return "a script is read, line by line", f"source {name}"
    if name.startswith(("./", "/", "../")) or name.endswith((".s", ".bin", ".asm")):
        return "a file is not a command here", " ".join(["run", name, *rest])
    if "(" in name:
        call = name.partition("(")[0]
        if call.isidentifier():
            line = MARK.sub(lambda match: match[1] or " ", " ".join([name, *rest]))
            return "a system call is made with syscall, without parentheses and commas", f"syscall {_tidy(line)}"
    if name == "watch" and rest:
        given = _watched(rest)
        return _ADVICE["watch"][0], given or _ADVICE["watch"][1]
    if rest and not rest[0].startswith("-") and name in ("strace", "ltrace", *BEFORE):
        return _without(name, rest)
    name = _BY_NAME.get(name, name)
    files = [word for word in rest if not word.startswith("-")]
    if name == "vim" and files:
        return _ADVICE["vim"][0], f"edit {files[0]}"
    return _ADVICE.get(name)


def _watched(rest: Sequence[str]) -> str:
    """The command that watch is to run again and again, without its own options."""
    words = list(rest)
    while words and words[0].startswith("-"):
        takes_value = words.pop(0) in ("-n", "--interval")
        del words[: int(takes_value)]
    return " ".join(words)


def _without(name: str, rest: Sequence[str]) -> tuple[str, str]:
    """What to type for a command that a word such as sudo, time or strace stands before."""
    line, verb = " ".join(rest), rest[0]
    if name in ("sudo", "doas"):
        return ROOT, line
    is_program = verb.startswith(("./", "/", "../")) or verb.endswith((".s", ".bin"))
    line = f"run {line}" if is_program else line
    if name in ("strace", "ltrace"):
        return _ADVICE[name][0], f"trace {line}" if is_program or verb in ("syscall", "run") else _ADVICE[name][1]
    if name == "time" and line.startswith(("run ", "syscall ")):
        verb, _, line = line.partition(" ")
        return "time passes only where the machine traps; --stat counts what the CPU executes", f"{verb} --stat {line}"
    return f"a line here is one command: nothing is run by {name}", line


def _tidy(line: str) -> str:
    """One blank between words; those between quotes stay."""
    return re.sub(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\s+""", lambda match: match[1] or " ", line).strip()
