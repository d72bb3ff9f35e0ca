"""A module whose functions are bodies in Python: its file is run once, which declares, and then linked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kshell.abi.errno import ENOEXEC
from kshell.kernel.core.object import ObjectFile
from kshell.kernel.core.pointers import SoftLockup
from kshell.kernel.core.sections import DeclarationError
from kshell.kernel.entry.stacktrace import line_in
from kshell.kernel.module.declarations import run_declarations, sections_of, variables_of
from kshell.kernel.module.params import SINCE
from kshell.kernel.module.refusal import Reason, Refusal
from kshell.kernel.module.struct_module import Module
from kshell.kernel.report.oops_report import describe

if TYPE_CHECKING:
    from kshell.kernel.kernel import Kernel


class PythonModule(Module):
    """`object` is what was loaded, `namespace` that of its functions, `sections` what its macros declared."""

    def __init__(self, obj: ObjectFile) -> None:
        super().__init__(obj.name, obj.path, obj.info, obj.vermagic, obj.intree)
        self.object = obj
        self.namespace: dict[str, Any] = {}
        self.sections = sections_of(self.namespace)

    def declare(self, k: Kernel) -> None:
        """Run the file's top level, which only declares."""
        try:
            self.namespace = run_declarations(k, self.object, self)
        except BaseException as error:  # whatever a file may raise, SystemExit too
            text = str(error) if isinstance(error, DeclarationError | SoftLockup) else describe(error)
            facts: dict[str, object] = {"line": line_in(error, self.object.source), "error": text}
            reason = Reason.BAD_DECLARATION if isinstance(error, DeclarationError) else Reason.BAD_TOP_LEVEL
            if isinstance(error, ImportError):
                wanted = str(error).partition("name '")[2].partition("'")[0]
                reason, facts = Reason.BAD_IMPORT, facts | {"header": error.name or "kshell.linux", "wanted": wanted}
            raise Refusal(ENOEXEC, reason, **facts) from None
        self.sections = sections_of(self.namespace)
        self.info = self.sections[".modinfo"]
        self.init, self.exit = (next(iter(self.sections[each]), None) for each in (".init", ".exit"))
        self.syscalls = [definition.name for definition in self.sections[".syscalls"]]
        self._check_types(k)

    def _check_types(self, k: Kernel) -> None:
        """Refuse a type of parameter that this kernel's headers do not have."""
        for parameter in self.sections["__param"]:
            since = SINCE.get(parameter.type, (0, 0))
            if k.profile.version < since:
                facts = {"type": parameter.type, "since": f"{since[0]}.{since[1]}", "release": k.release}
                raise Refusal(ENOEXEC, Reason.TYPE_TOO_NEW, parameter=parameter.name, **facts)

    def unlink(self, k: Kernel) -> None:
        """Forget its bodies and its variables."""
        k.forget_stubs([*variables_of(self.sections), *self.sections[".extern"]])
        k.forget_functions(self.space)

    def own_pointers(self) -> list[str]:
        """The names of its Stubs."""
        return [stub.name for stub in self.sections[".bss"]]
