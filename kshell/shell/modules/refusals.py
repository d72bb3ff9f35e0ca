"""How insmod, modprobe and rmmod word what the kernel refuses: the line that Linux's kmod prints, because, and try."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kshell.abi.did_you_mean import did_you_mean
from kshell.abi.errno import EEXIST, EINVAL, ENOENT, ENOEXEC, ESRCH, strerror
from kshell.cc.source_error import SourceError
from kshell.kernel.kernel import Kernel
from kshell.kernel.module.load_info import LoadInfo
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.shell.errors import CommandError
from kshell.shell.modules.samples import plain_name
from kshell.shell.views.view import show

INSMOD_WORDS = {
    ENOENT: "Unknown symbol in module",
    ENOEXEC: "Invalid module format",
    EINVAL: "Invalid parameters",
    ESRCH: "Module has wrong symbol version",
}
MODPROBE_WORDS = {
    ENOENT: "Unknown symbol in module, or unknown parameter (see dmesg)",
    EEXIST: "Module already in kernel",
}
BUILD_OR_BOOT = "help insmod  (of its source: that builds it for this kernel, as make does; or boot the other kernel)"
BUILD_AGAIN = "help cc  (which builds it again from its source)"
REBOOT = "boot  (a real machine would need a reboot)"
# Because and try for each reason but one (see _looked_around).  Beside its facts there is {module}, and what was typed:
# {insmod} or {rmmod}.
WORDS: dict[Reason, tuple[str, str]] = {
    Reason.BAD_OBJECT: ("{why}", BUILD_AGAIN),
    Reason.BAD_RELOCATION: (
        "it has a relocation of type {kind} (for {symbol}), and this kernel knows 64, 32, 32S, PC32 and PLT32",
        "gcc -c -mcmodel=kernel -fno-pic FILE.c  (outside kshell)",
    ),
    Reason.RELOCATION_OVERFLOW: (
        "the address {value:#x} does not fit into the 4 bytes that its code has for it",
        "gcc -c -mcmodel=kernel -fno-pic FILE.c  (outside kshell)",
    ),
    Reason.OTHER_RELEASE: (
        "it was built for kernel {built_for}, and {release} is running: its calls and structures may not fit",
        BUILD_OR_BOOT,
    ),
    Reason.OTHER_CONFIGURATION: (
        "it was built for a {release} of another configuration: '{built_for}', not '{vermagic}'",
        BUILD_OR_BOOT,
    ),
    Reason.NO_LICENSE: (
        "since 5.12 a module without MODULE_LICENSE is not even built: modpost ends with this error",
        'MODULE_LICENSE("GPL")  (at the top level of the file)',
    ),
    Reason.ALREADY_LOADED: (
        "a module called {module} is loaded already, from {path}",
        "rmmod {module}  (and then load it again)",
    ),
    Reason.DIED_BEFORE: (
        "{module} died in its {function} and stays {state}; Linux would wait until interrupted",
        "boot  (a fresh kernel; a real machine would need a reboot)",
    ),
    Reason.EXPORTED_ALREADY: (
        "{symbol} is exported by {owner} already",
        'kallsyms {symbol}  (shows it; use it with extern("{symbol}"), or choose another name)',
    ),
    Reason.OWNER_NOT_LIVE: (
        "{symbol} belongs to {owner}, which is {state} and will not become Live any more",
        REBOOT,
    ),
    Reason.NOT_EXPORTED_SINCE: (
        "{symbol} is in this kernel ({release}), but since {since} it is not exported to modules",
        "boot course  (or boot 4.19: there it still was)",
    ),
    Reason.GPL_ONLY: (
        "{symbol} is exported with EXPORT_SYMBOL_GPL, and {module} is under no licence that goes with the GPL",
        'MODULE_LICENSE("GPL")  (if you may say so; to such a module the symbol is not there)',
    ),
    Reason.GPL_ONLY_AND_PROPRIETARY: (
        "{owner} is proprietary, and {module} also uses what is GPL-only",
        "use the one or the other; dmesg says which symbols",
    ),
    Reason.NOT_EXPORTED: (
        "{symbol} is in this kernel, but nobody exports it",
        "EXPORT_SYMBOL({symbol}) where it is defined{rebuild}",
    ),
    Reason.NO_MODULE_SPACE: ("every page of the module area is in use", "lsmod  (rmmod what you do not need)"),
    Reason.NO_MEMORY: ("the machine has no memory left", "boot  (a fresh machine)"),
    Reason.BAD_PARAMETER: ("{why}", "{insmod} {parameter}={example}"),
    Reason.INIT_FAILED: (
        "its init function returned {result}, so the kernel unloaded it again",
        "return 0  (at the end of its init function, where all went well)",
    ),
    Reason.NOT_LOADED: ("the loaded modules are: {names}", "lsmod  (lists them)"),
    Reason.USED: ("these modules use its symbols", "{rmmod} {last}  (then this one)"),
    Reason.HELD: (
        "somebody took a reference and has not put it back",
        "lsmod  (the count of references; boot starts afresh)",
    ),
    Reason.HELD_BY_INIT: (
        "it died in its init function and stays Loading: its init still runs, for all the kernel knows",
        REBOOT,
    ),
    Reason.PUT_TOO_OFTEN: (
        "its count is -1: module_put() has run without a try_module_get(). rmmod takes that for an error and says "
        "nothing; in the kernel delete_module() would stop at BUG_ON(ret < 0)",
        REBOOT,
    ),
    Reason.NOT_LIVE: ("it died in its {function} and stays {state}", REBOOT),
    Reason.PERMANENT: (
        "it has an init function and no exit function: the kernel takes it for permanent",
        "boot  (a fresh machine; with module_exit(...) in its source it can be unloaded)",
    ),
    Reason.DIED: (
        "its {function} did not return: {why}. The module stays {state}",
        "explain  (the report, line by line; then boot: a fresh machine)",
    ),
}


class ModuleError(CommandError):
    """What insmod, modprobe or rmmod refuses: `errno` is what the kernel answered, `refusal` why, and `object` what was
    to be loaded; both None where there was nothing to hand to the kernel."""

    def __init__(
        self,
        what: str,
        because: str,
        try_: str,
        errno: int,
        details: Sequence[str] = (),
        refusal: Refusal | None = None,
        obj: LoadInfo | None = None,
    ) -> None:
        super().__init__(show(what), because, try_, details=details)
        self.errno, self.refusal, self.object = errno, refusal, obj


def not_inserted(command: str, path: str, name: str, errno: int) -> str:
    """The line that insmod or modprobe prints."""
    if command == "modprobe":
        words = MODPROBE_WORDS.get(errno) or strerror(errno)
        return f"modprobe: ERROR: could not insert '{name}': {words}"
    return f"{command}: ERROR: could not insert module {path}: {INSMOD_WORDS.get(errno) or strerror(errno)}"


def not_read(command: str, path: str, error: SourceError) -> ModuleError:
    """Why the file at `path` is no module, as `command` says it."""
    if error.errno == ENOEXEC:
        what, details = not_inserted(command, path, plain_name(path), ENOEXEC), [error.what]
        details += [line for line in error.excerpt if line != error.what]
    else:
        verb, details = "load" if error.errno == ENOENT else "insert", []
        what = f"{command}: ERROR: could not {verb} module {path}: {error.what}"
    refused = ModuleError(what, error.because, error.try_, error.errno, details)
    if error.others:
        from kshell.shell.modules.mistakes import others  # it is of kbuild

        refused.more = others(error, path)
    return refused


def not_loaded(k: Kernel, command: str, obj: LoadInfo, refusal: Refusal) -> ModuleError:
    """Why `obj` was not loaded, as `command` says it."""
    facts = refusal.facts | {
        "module": obj.name,
        "insmod": f"modprobe {obj.name}" if command == "modprobe" else f"insmod {obj.path}",
        "rebuild": ", then make, make install, boot" if k.image.tree else "",
    }
    what, details = not_inserted(command, obj.path, obj.name, refusal.errno), []
    because, try_ = _looked_around(k, refusal) or [each.format_map(facts) for each in WORDS[refusal.reason]]
    if refusal.reason is Reason.DIED:
        what = f"{facts['signal']}: insmod {obj.path}"
    elif refusal.reason is Reason.NO_LICENSE:
        details = [f"ERROR: modpost: missing MODULE_LICENSE() in {obj.name}.o"]
    return ModuleError(what, because, try_, refusal.errno, details, refusal, obj)


def reason_of(k: Kernel, reason: Reason, facts: Mapping[str, Any]) -> str:
    """Why a system call has not loaded or unloaded a module."""
    looked = _looked_around(k, Refusal(0, reason, **facts))
    return looked[0] if looked else WORDS[reason][0].format_map({**facts, "names": ", ".join(k.modules) or "none"})


def _looked_around(k: Kernel, refusal: Refusal) -> tuple[str, str] | None:
    """What only a look around tells: which name was meant, which kernel has what is missing."""
    if refusal.reason is not Reason.UNKNOWN_SYMBOL:
        return None
    symbol = refusal.facts["symbol"]
    if symbol == "STUB_test_call" and k.image.tree:
        because = f"the kernel of {k.image.tree} was built without a file that defines {symbol}"
        return because, "add SystemCalls/test_call.py to the tree, make, make install, boot"
    if symbol == "STUB_test_call":
        because = f"this is kernel {k.release}, and test_call is compiled into the course kernel only"
        return because, "boot course  (and load it there)"
    exported = [each.name for each in k.symbols if each.exported]
    close = did_you_mean(symbol, exported)
    hint = f"did you mean {close[0]}?" if close else "kallsyms  (what there is; a module may use what is exported)"
    return f"nothing that this kernel exports is called {symbol}", hint


def not_removed(k: Kernel, command: str, name: str, force: bool, refusal: Refusal) -> ModuleError:
    """Why the module called `name` was not unloaded, as `command` (rmmod or modprobe -r) says it."""
    users = refusal.facts.get("users", [])
    facts = refusal.facts | {"rmmod": command, "names": ", ".join(k.modules) or "none", "last": "".join(users[-1:])}
    because, try_ = [each.format_map(facts) for each in WORDS[refusal.reason]]
    what = f"rmmod: ERROR: could not remove module {name}: {strerror(refusal.errno)}"
    if command != "rmmod":
        what = f"modprobe: ERROR: could not remove '{name}': {strerror(refusal.errno)}"
    if refusal.reason is Reason.DIED:
        what = f"{facts['signal']}: {command} {name}"
    elif refusal.reason is Reason.NOT_LOADED:
        what = f"rmmod: ERROR: Module {name} is not currently loaded"
        close = did_you_mean(name, k.modules)
        try_ = f"rmmod {close[0]}  (did you mean that?)" if close else try_
    elif refusal.reason in (Reason.USED, Reason.HELD, Reason.HELD_BY_INIT) and not force:
        # rmmod looks this up in /sys/module before it asks the kernel
        by = f" by: {' '.join(users)}" if users else ""
        what = f"rmmod: ERROR: Module {name} is in use{by}"
        if command != "rmmod":
            what = f"modprobe: FATAL: Module {name} is in use."
    elif refusal.reason is Reason.PUT_TOO_OFTEN:
        what = f"{command}: module {name} stays"
    elif refusal.reason is Reason.USED:
        because = f"{' and '.join(users)} would use what is gone; even -f does not allow that"
    return ModuleError(what, because, try_, refusal.errno, refusal=refusal)
