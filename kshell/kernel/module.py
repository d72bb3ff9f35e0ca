"""Loading and unloading modules.

A module's text and data are pages of their own: 16 bytes of text for each of its functions, 8 bytes of data for each
pointer it declares.  When it goes, the pages go, and what still points there points at nothing.

C counterpart: kernel/module.c (4.19), kernel/module/main.c (today); the wording is kmod's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kshell.abi.errno import EBUSY, EEXIST, EINTR, EINVAL, ENOENT, ENOEXEC, ENOMEM, EWOULDBLOCK, strerror
from kshell.abi.loglevel import KERN_ERR, KERN_WARNING
from kshell.kernel import oops
from kshell.kernel.clock import MODULE_LOAD_NS
from kshell.kernel.declare import DeclarationError, Param, Stub, section
from kshell.kernel.exec import revive_shell_task
from kshell.kernel.kallsyms import Symbol
from kshell.kernel.layout import FUNCTION_SIZE, MODULES, MODULES_SIZE
from kshell.kernel.module_source import TICK, Source, SourceError, compile_module, excerpt, module_name, strerror_of
from kshell.machine.ctrl_c import CtrlC
from kshell.machine.ram import PAGE_SIZE

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel

GPL_COMPATIBLE = ("GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL")
UNFORMED, LOADING, LIVE, UNLOADING = "Unformed", "Loading", "Live", "Unloading"
UNKNOWN_SYMBOL = "Unknown symbol in module"


class ModuleError(Exception):
    """What insmod, modprobe or rmmod refuses.  `message` is the line they print on Linux, `errno` what the kernel
    answered; `because` and `try_` are kshell's, `details` further lines (a source line with its caret)."""

    def __init__(
        self, errno: int, message: str, because: str, try_: str, details: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.errno, self.message, self.because, self.try_, self.details = errno, message, because, try_, details


class Module:
    """C: struct module."""

    def __init__(self, source: Source, name: str) -> None:
        self.name, self.path, self.info = name, source.path, source.info
        self.state = UNFORMED
        self.namespace: dict[str, Any] = {}
        self.address = self.size = 0
        self.init: Callable[..., Any] | None = None
        self.exit: Callable[..., Any] | None = None
        self.references = 0  # taken by try_module_get
        self.uses: list[Module] = []
        self.used_by: list[str] = []
        self.taints = ""
        self.parameters: dict[str, Param] = {}

    @property
    def refcount(self) -> int:
        """How many hold it: modules that use its symbols, and whoever took a reference."""
        return len(self.used_by) + self.references

    def section(self, name: str) -> list[Any]:
        """What the file's macros declared."""
        return section(self.namespace, name)


# Loading.


def load_module(k: Kernel, path: str, parameters: dict[str, str] | None = None, command: str = "insmod") -> Module:
    """insmod: compile, link, and run the init function.  Raises ModuleError, or leaves the module Live."""
    name = module_name(path)
    prefix = f"{command}: ERROR: could not insert module {path}: "
    try:
        source = compile_module(path)
    except SourceError as error:
        if error.errno in (ENOENT, EINVAL):
            message = f"{command}: ERROR: could not load module {path}: {error.what}"
            raise ModuleError(error.errno, message, error.because, error.try_) from None
        details = (error.what, *error.excerpt)
        raise ModuleError(error.errno, prefix + strerror_of(error), error.because, error.try_, details) from None
    _check_not_there(k, name, prefix)
    module = Module(source, name)
    k.clock.ns += MODULE_LOAD_NS
    with CtrlC(lambda: None) as ctrl_c:
        k.cpu.ctrl_c = ctrl_c
        _run_declarations(k, module, source, prefix)
        _resolve(k, module, prefix)
        _layout(k, module, source, prefix)
        try:
            _set_parameters(k, module, parameters or {}, prefix)
            _taint(k, module)
            _run_init(k, module, prefix)
        except ModuleError:
            if module.state != LOADING or module.init is None:
                free_module(k, module)
            raise
    return module


def _check_not_there(k: Kernel, name: str, prefix: str) -> None:
    old = k.modules.get(name)
    if old is None:
        return
    if old.state == LIVE:
        because = f"a module called {name} is loaded already, from {old.path}"
        raise ModuleError(EEXIST, prefix + strerror(EEXIST), because, f"rmmod {name} first, then insmod again")
    because = f"{name} died in its init or exit and stays {old.state}: Linux would wait here until interrupted"
    raise ModuleError(EINTR, prefix + strerror(EINTR), because, "boot starts a fresh kernel")


def _run_declarations(k: Kernel, module: Module, source: Source, prefix: str) -> None:
    """Run the file's top level, which only declares."""
    module.namespace.update(__name__=module.name, __file__=source.path, __this_module__=module)
    module.namespace[TICK] = make_tick(k)
    k.start_tick_budget()
    try:
        exec(source.code, module.namespace)
    except (Exception, oops.SoftLockup) as error:
        line = _line_in(error, source.path)
        what = f"{source.path}:{line}: error: {_describe(error)}"
        because = "the top level of a module declares; what it does belongs into its functions"
        try_ = f"correct line {line}, save, and insmod again"
        if isinstance(error, ImportError):
            because, try_ = "kshell.linux is all that a module can import from the kernel", "help modules lists what is there"
        if isinstance(error, DeclarationError):
            because = "a declaration does not fit what it declares"
        details = (what, *excerpt(source.path, _text(source.path), line, 1)[:1])
        raise ModuleError(ENOEXEC, prefix + "Invalid module format", because, try_, details) from None


def _describe(error: BaseException) -> str:
    text = str(error)
    return text if isinstance(error, DeclarationError | oops.SoftLockup) else f"{type(error).__name__}: {text}"


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8-sig", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _line_in(error: BaseException, path: str) -> int:
    traceback, line = error.__traceback__, 1
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == path:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def _resolve(k: Kernel, module: Module, prefix: str) -> None:
    """Bind each extern to the exported symbol of that name."""
    missing = []
    for stub in module.section(".extern"):
        symbol = k.symbols.lookup(stub.name)
        if symbol is None or not symbol.exported:
            missing.append(stub.name)
            continue
        k.bind_stub(stub, symbol.address)
        owner = k.modules.get(symbol.module) if symbol.module else None
        if owner is not None and owner not in module.uses:
            module.uses.append(owner)
    if missing:
        k.forget_stubs(module.section(".extern"))
        for name in missing:
            k.printk(KERN_WARNING, f"{module.name}: Unknown symbol {name} (err -2)")
        raise ModuleError(ENOENT, prefix + UNKNOWN_SYMBOL, *_why_unknown(k, missing[0]))
    for owner in module.uses:
        owner.used_by.append(module.name)


def _why_unknown(k: Kernel, name: str) -> tuple[str, str]:
    if k.symbols.lookup(name) is not None:
        return f"{name} is in this kernel, but nobody exports it", f"add EXPORT_SYMBOL({name}) where it is defined"
    if name == "STUB_test_call":
        because = f"this is kernel {k.profile.release}, and test_call is compiled into the course kernel only"
        return because, "boot course, then modprobe syscallModule"
    return f"nothing in this kernel is called {name}", "kallsyms STUB_ lists the pointers that are there"


def _layout(k: Kernel, module: Module, source: Source, prefix: str) -> None:
    """Give the module its pages, its functions their addresses, its pointers their 8 bytes, and export what it says."""
    exports = module.section("__ksymtab")
    _check_exports(k, module, exports, prefix)
    functions = [(name, module.namespace.get(name)) for name in dict.fromkeys(source.functions)]
    cells = [*module.section(".bss"), *module.section(".data")]
    text = FUNCTION_SIZE * (len(functions) + 1)
    text_size = -(-text // PAGE_SIZE) * PAGE_SIZE
    data_size = -(-8 * len(cells) // PAGE_SIZE) * PAGE_SIZE
    base = find_module_space(k, text_size + data_size)
    if base == 0:
        _release_uses(module)
        because = "every page of the module area is in use"
        raise ModuleError(ENOMEM, prefix + strerror(ENOMEM), because, "rmmod what you do not need")
    module.address, module.size = base, text_size + data_size
    k.memory.map(base, text_size, writable=False, executable=True)
    k.memory.poke(base, b"\xcc" * text_size)
    if data_size:
        k.memory.map(base + text_size, data_size, writable=True)
    exported = {id(thing) for thing in exports}
    address = base + FUNCTION_SIZE
    for name, function in functions:
        if callable(function) and hasattr(function, "__code__"):
            export = "EXPORT_SYMBOL" if id(function) in exported else None
            k.define_function(name, function, address, module=module.name, exported=export)
        address += FUNCTION_SIZE
    for index, cell in enumerate(cells):
        at = base + text_size + 8 * index
        k.bind_stub(cell, at)
        export = "EXPORT_SYMBOL" if id(cell) in exported else None
        k.symbols.add(Symbol(cell.name, at, "B" if export else "b", 8, module=module.name, exported=export))
        if isinstance(cell, Param):
            module.parameters[cell.name] = cell
            k.memory.store(at, cell.default)
    module.init = (module.section(".init") or [None])[-1]
    module.exit = (module.section(".exit") or [None])[-1]
    module.state = LOADING
    k.modules[module.name] = module


def _check_exports(k: Kernel, module: Module, exports: list[Any], prefix: str) -> None:
    for thing in exports:
        name = thing.name if isinstance(thing, Stub) else getattr(thing, "__name__", str(thing))
        other = k.symbols.lookup(name)
        if other is not None and other.exported:
            owner = other.module or "kernel"
            k.printk(KERN_ERR, f"{module.name}: exports duplicate symbol {name} (owned by {owner})")
            _release_uses(module)
            because = f"{name} is exported by {owner} already"
            try_ = f'use it with extern("{name}"), or choose another name'
            raise ModuleError(ENOEXEC, prefix + "Invalid module format", because, try_)


def find_module_space(k: Kernel, size: int) -> int:
    """Where `size` bytes of module area are free, with a hole behind them; 0 if nowhere.

    The search goes on from where it stopped last, so that a freed address is not soon used again; with
    `module_reuse` on the command line it begins at the bottom each time, and a dangling pointer may find new code.
    """
    taken = sorted((m.address, m.address + m.size + PAGE_SIZE) for m in k.modules.values())
    start = MODULES if "module_reuse" in k.cmdline.split() else k.next_module_space
    for origin in (start, MODULES):
        at = origin
        for low, high in taken:
            if at < high and low < at + size + PAGE_SIZE:
                at = high
        if at + size + PAGE_SIZE <= MODULES + MODULES_SIZE:
            k.next_module_space = at + size + PAGE_SIZE
            return at
    return 0


def _set_parameters(k: Kernel, module: Module, given: dict[str, str], prefix: str) -> None:
    for name, text in given.items():
        parameter = module.parameters.get(name)
        if parameter is None:
            k.printk(KERN_WARNING, f"{module.name}: unknown parameter '{name}' ignored")
            known = ", ".join(module.parameters) or "none"
            k.note(f"{module.name} has no parameter {name} (it has: {known}); Linux ignores it and so does kshell")
            continue
        value = parameter.parse(text)
        if value is None:
            k.printk(KERN_ERR, f"{module.name}: `{text}' invalid for parameter `{name}'")
            because = f"{name} is of type {parameter.type}, and {text!r} is none"
            raise ModuleError(EINVAL, prefix + "Invalid parameters", because, f"insmod {module.path} {name}=1")
        k.memory.store(k.stub_address(parameter), value)


def _taint(k: Kernel, module: Module) -> None:
    module.taints = "O"
    if k.taint.add("O"):
        k.printk(KERN_WARNING, f"{module.name}: loading out-of-tree module taints kernel.")
    licence = dict(module.info).get("license", "unspecified")
    if licence not in GPL_COMPATIBLE:
        module.taints = "PO"
        k.printk(KERN_WARNING, f"{module.name}: module license '{licence}' taints kernel.")
        if k.taint.add("P"):
            k.printk(KERN_WARNING, "Disabling lock debugging due to kernel taint")


def _run_init(k: Kernel, module: Module, prefix: str) -> None:
    if module.init is None:
        module.state = LIVE
        return
    result = _run(k, module, module.init, "insmod")
    if result is _DIED:
        because = f"{module.init.__name__} did not return: dmesg has the kernel's report. The module stays Loading"
        words = k.current.killed_by.words if k.current.killed_by else "Killed"
        revive_shell_task(k)
        raise ModuleError(EINTR, f"{words}: insmod {module.path}", because, "boot starts a fresh kernel")
    if not isinstance(result, int):
        module.init = None
        because = f"init returned {result!r}, and C's compiler would not let it: it must return an int"
        raise ModuleError(EINVAL, prefix + "Invalid parameters", because, "end it with return 0")
    if result < 0:
        module.init = None
        text = "Invalid parameters" if result == -EINVAL else strerror(-result)
        if result == -ENOENT:
            text = UNKNOWN_SYMBOL
        because = f"its init function returned {result}, so the kernel unloaded it again"
        raise ModuleError(-result, prefix + text, because, "init returns 0 when all went well")
    if result > 0:
        k.printk(
            KERN_WARNING,
            f"do_init_module: '{module.name}'->init suspiciously returned {result}, it should follow 0/-E convention",
        )
    module.state = LIVE


_DIED = object()


def _run(k: Kernel, module: Module, function: Callable[..., Any], comm: str) -> Any:
    """Call an init or exit function in the name of the shell's task; _DIED if it oopsed."""
    revive_shell_task(k)
    task = k.shell_task
    before, task.comm = task.comm, comm
    k.current = task
    k.start_tick_budget()
    address = k.address_of(function)
    try:
        if address is None:
            raise TypeError(f"{function!r} is no top-level function of the module")
        return k.bodies[address](k)
    except BaseException as error:
        oops.die(k, error)
        return _DIED
    finally:
        task.comm = before


# Unloading.


def delete_module(k: Kernel, name: str, force: bool = False) -> None:
    """rmmod: run the exit function and free the module.  Raises ModuleError."""
    name = module_name(name) if name.endswith(".py") else name.replace("-", "_")
    module = k.modules.get(name)
    prefix = "rmmod: ERROR: "
    if module is None:
        loaded = ", ".join(k.modules) or "none"
        message = f"{prefix}Module {name} is not currently loaded"
        raise ModuleError(ENOENT, message, f"the loaded modules are: {loaded}", "lsmod lists them")
    if module.used_by:
        message = f"{prefix}Module {name} is in use by: {' '.join(module.used_by)}"
        because = "these modules use its symbols"
        raise ModuleError(EWOULDBLOCK, message, because, f"rmmod {module.used_by[-1]} first")
    if module.references and not force or module.state == LOADING:
        because = "somebody took a reference and has not put it back"
        if module.state == LOADING:
            because = "it died in its init function and stays Loading: its init still runs, for all the kernel knows"
        raise ModuleError(EWOULDBLOCK, f"{prefix}Module {name} is in use", because, "lsmod shows the count; boot starts afresh")
    busy = f"{prefix}could not remove module {name}: {strerror(EBUSY)}"
    if module.state == UNLOADING:
        because = "it died in its exit function and stays Unloading"
        raise ModuleError(EBUSY, busy, because, "boot starts a fresh kernel; a real machine would need a reboot")
    if module.init is not None and module.exit is None and not force:
        because = "it has an init function and no exit function: the kernel takes it for permanent"
        raise ModuleError(EBUSY, busy, because, "add module_exit(...) to the module; boot gets rid of this one")
    _unload(k, module, force)


def _unload(k: Kernel, module: Module, force: bool) -> None:
    if force and module.refcount:
        k.taint.add("R")
    module.state = UNLOADING
    if module.exit is not None:
        with CtrlC(lambda: None) as ctrl_c:
            k.cpu.ctrl_c = ctrl_c
            result = _run(k, module, module.exit, "rmmod")
        if result is _DIED:
            words = k.current.killed_by.words if k.current.killed_by else "Killed"
            revive_shell_task(k)
            because = f"{module.exit.__name__} did not return: dmesg has the report. The module stays Unloading"
            raise ModuleError(EINTR, f"{words}: rmmod {module.name}", because, "boot starts a fresh kernel")
    free_module(k, module)
    k.last_unloaded = module.name


def free_module(k: Kernel, module: Module) -> None:
    """Take a module's text, data and symbols out of the kernel (C: free_module)."""
    _release_uses(module)
    k.modules.pop(module.name, None)
    k.symbols.remove_module(module.name)
    k.forget_stubs([*module.section(".bss"), *module.section(".data"), *module.section(".extern")])
    k.forget_functions(range(module.address, module.address + module.size))
    if module.size:
        k.memory.unmap(module.address, module.size)
    module.namespace.clear()


def _release_uses(module: Module) -> None:
    for owner in module.uses:
        if module.name in owner.used_by:
            owner.used_by.remove(module.name)
    module.uses.clear()


def make_tick(k: Kernel) -> Callable[[], None]:
    """What module code calls at each turn of a loop: the place where it can be interrupted."""

    def tick() -> None:
        if k.cpu.ctrl_c_pressed:
            raise oops.SoftLockup("the module's code looped until Ctrl-C")
        k.ticks_left -= 1
        if k.ticks_left == 0:
            raise oops.SoftLockup(f"the module's code looped {k.tick_budget} times, more than a script may")

    return tick

