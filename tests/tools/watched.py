"""A machine under attack, and what stays true of it as long as nobody has broken out of ring 3."""

import re
import struct

from fuzz_exhaust_lib import EXIT, movabs

from kshell.api import Machine, Run, boot

TYPED = b"x\n" * 4096  # for programs that read /dev/tty
PAGE, TEXT = 4096, 0x401000
KILLS = ("kill", "tkill", "tgkill", "rt_sigqueueinfo")
# Where the kernel has its text, its constants, its variables and its modules.
KERNEL_TEXT, KERNEL_RODATA, KERNEL_DATA, MODULES = (
    *(0xFFFFFFFF81000000, 0xFFFFFFFF82000000, 0xFFFFFFFF82400000),
    0xFFFFFFFFC0000000,
)
REGIONS = ((KERNEL_TEXT, 32), (KERNEL_RODATA, 32), (KERNEL_DATA, 256), (MODULES, 512))  # address, pages
SYSINFO_SIZE, FREERAM = 112, 40


class Watched:
    """A booted machine with the digest of its kernel and its free memory as they were at first."""

    def __init__(self, kernel: str, cmdline: str = "") -> None:
        self.kernel, self.cmdline = kernel, cmdline
        self.boot()

    def boot(self) -> None:
        """A fresh machine."""
        self.machine: Machine = boot(self.kernel, self.cmdline)
        self.touch_shared_pages()
        self.machine.type(TYPED)
        self.pid = self.machine.syscall("getpid")
        self.free = self.free_memory()
        self.digest = self.machine.kernel_digest()

    def touch_shared_pages(self) -> None:
        """Bring in what all tasks share of the vDSO, which takes memory once, when the first of them looks there."""
        maps = self.machine.execute("cat /proc/self/maps")["result"]["text"]
        for start, end in re.findall(r"^(\w+)-(\w+) .*\[v(?:dso|var)\]$", maps, re.MULTILINE):
            for page in range(int(start, 16), int(end, 16), PAGE):
                code = movabs(0, page) + b"\x8a\x00" + EXIT  # mov al, [rax]
                self.machine.run([(TEXT, code, len(code), "r-x")], TEXT, budget=10_000)

    def stranger(self, done: Run) -> str | None:
        """Which task makes the shell's calls after a program, if it is another one than before.  Where the program has
        killed that, as it may, the next finds a fresh machine."""
        pid = self.machine.syscall("getpid")
        if pid == self.pid:
            return None
        if not any(call["name"] in KILLS and call["ret"] == 0 for call in done.calls):
            return f"getpid answers {pid}"
        self.boot()
        return None

    def free_memory(self) -> int:
        """Bytes of RAM that nobody uses (sysinfo's freeram); 0 where the call fails."""
        room = bytearray(SYSINFO_SIZE)
        self.machine.syscall("sysinfo", room)
        return struct.unpack_from("<Q", room, FREERAM)[0]

    def oops(self) -> str | None:
        """What the log says about an oops, if there was one."""
        if not self.machine.oopses:
            return None
        records = self.machine.execute("dmesg")["result"]["records"]
        return "oops: " + " / ".join(record["text"] for record in records[-40:])[:900]

    def changed(self) -> str | None:
        """Which pages of the kernel are not as on a fresh machine, if its digest has changed."""
        if self.machine.kernel_digest() == self.digest:
            return None
        fresh = boot(self.kernel, self.cmdline)
        pages = [start + PAGE * i for start, count in REGIONS for i in range(count)]
        differ = [hex(page) for page in pages if _page(self.machine, page) != _page(fresh, page)]
        return "kernel bytes changed: " + (", ".join(differ) or "page tables, or no page of text, data or modules")


def _page(machine: Machine, address: int) -> bytes | None:
    """A page of the kernel, None where it has none."""
    try:
        return machine.kernel_memory(address, PAGE)
    except ValueError:
        return None
