"""struct module, and what insmod and rmmod say when the kernel refuses.

C counterpart: include/linux/module.h; the wording is kmod's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import TYPE_CHECKING, Any

from kshell.abi.errno import EEXIST, EINVAL, ENOENT, ENOEXEC, ESRCH, strerror
from kshell.kernel.core.declare import SECTIONS, Param, Stub, SyscallDefinition

if TYPE_CHECKING:
    from kshell.cc.module_file import Built

UNFORMED, LOADING, LIVE, UNLOADING = "Unformed", "Loading", "Live", "Unloading"
INSMOD_WORDS = {
    ENOENT: "Unknown symbol in module",
    ENOEXEC: "Invalid module format",
    EINVAL: "Invalid parameters",
    ESRCH: "Module has wrong symbol version",
}
# What the macros put into each section; a file that tampers with its sections gets nothing else in.
ENTRIES: dict[str, type | tuple[type, ...]] = {
    ".init": FunctionType,
    ".exit": FunctionType,
    ".bss": Stub,
    ".data": Stub,
    ".extern": Stub,
    "__ksymtab": (Stub, FunctionType),
    "__ksymtab_gpl": (Stub, FunctionType),
    "__param": Param,
    ".syscalls": SyscallDefinition,
    ".modinfo": tuple,
}
MODPROBE_WORDS = {
    ENOENT: "Unknown symbol in module, or unknown parameter (see dmesg)",
    EEXIST: "Module already in kernel",
}


class ModuleError(Exception):
    """What insmod, modprobe or rmmod refuses.  `message` is the line they print on Linux, `errno` what the kernel
    answered; `because` and `try_` are kshell's, `details` further lines (a source line with its caret)."""

    def __init__(self, errno: int, message: str, because: str, try_: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.errno, self.message, self.because, self.try_ = errno, message, because, try_
        self.details = list(details)


class Refusal(Exception):
    """The kernel will not have a module: `errno`, because, try; load_module puts insmod's or modprobe's words to it."""

    def __init__(self, errno: int, because: str, try_: str, details: Sequence[str] = ()) -> None:
        super().__init__(because)
        self.errno, self.because, self.try_, self.details = errno, because, try_, details

    def worded(self, command: str, path: str, name: str) -> ModuleError:
        """As `command` prints it."""
        if command == "modprobe":
            words = MODPROBE_WORDS.get(self.errno) or strerror(self.errno)
            message = f"modprobe: ERROR: could not insert '{name}': {words}"
        else:
            words = INSMOD_WORDS.get(self.errno) or strerror(self.errno)
            message = f"{command}: ERROR: could not insert module {path}: {words}"
        return ModuleError(self.errno, message, self.because, self.try_, self.details)


class Module:
    """C: struct module.

    `address` and `size` are those of its text (bytes, whole pages), `data_size` bytes of data stand behind it;
    `used_by` holds the names of the modules that use its symbols, `taints` the letters that it brought, in the order
    of their bits.  `path` is the file that insmod was given, `text` its source as it was compiled.
    """

    def __init__(self, built: Built, path: str) -> None:
        self.name, self.path, self.source = built.name, path, built.source
        self.vermagic, self.intree = built.vermagic, built.intree
        self.info, self.text = built.source.info, built.source.text
        self.functions, self.undefined = built.source.functions, built.source.references
        self.state = UNFORMED
        self.namespace: dict[str, Any] = {}
        self._sections: dict[str, list[Any]] = {}
        self.address = self.size = self.data_size = 0
        self.references = 0  # taken by try_module_get
        self.uses: list[Module] = []
        self.used_by: list[str] = []
        self.taints = ""
        self.parameters: dict[str, Param[Any]] = {}

    @property
    def refcount(self) -> int:
        """How many hold it: modules that use its symbols, whoever took a reference, and its own init while it runs.
        -1 while it is going: there is nothing left to be held."""
        if self.state == UNLOADING:
            return -1
        return len(self.used_by) + self.references + (self.state == LOADING)

    @property
    def initstate(self) -> str:
        """What /sys/module/NAME/initstate says: coming, live or going; "unformed" while it is not listed yet."""
        return {LOADING: "coming", LIVE: "live", UNLOADING: "going"}.get(self.state, "unformed")

    @property
    def permanent(self) -> bool:
        """Whether only force unloads it: it has an init function and no exit function."""
        return self.init is not None and self.exit is None

    @property
    def version(self) -> str | None:
        """What MODULE_VERSION says, None without one."""
        return dict(self.section(".modinfo")).get("version")

    @property
    def init(self) -> Callable[..., Any] | None:
        """What module_init named."""
        return next(iter(self.section(".init")), None)

    @property
    def exit(self) -> Callable[..., Any] | None:
        """What module_exit named."""
        return next(iter(self.section(".exit")), None)

    def take_sections(self) -> None:
        """The top level has run: what its macros have declared by now is what counts, whatever the file does later."""
        sections = self.namespace.get(SECTIONS)
        for name, kind in ENTRIES.items():
            entries = sections.get(name) if isinstance(sections, dict) else None
            if isinstance(entries, list):
                self._sections[name] = [entry for entry in entries if isinstance(entry, kind)]

    def section(self, name: str) -> list[Any]:
        """What the file's macros declared."""
        return self._sections.get(name, [])
