"""Several sources as one program: which labels one file lends to the others.

The counterpart is ld's work on symbols: what `.globl` names is seen everywhere, everything else in its own file only.
"""

from __future__ import annotations

from kshell.assembler.problems import AsmProblem, Refused
from kshell.assembler.program import AsmProgram


def link(programs: list[AsmProgram], problems: list[AsmProblem]) -> None:
    """Give each program the labels that the others export; what cannot be linked is added to `problems`."""
    if not any(any(program.items.values()) for program in programs):
        because = f"the source{'s hold' if len(programs) > 1 else ' holds'} no instruction and no data"
        refused = Refused("there is no program", because, "`mov eax, 60`, `syscall`")
        problems.append(programs[0].problem(1, 1, refused))
    owner: dict[str, AsmProgram] = {}
    for program in programs:
        for name in program.exported:
            symbol = program.symbols.get(name)
            if symbol is None:
                continue
            first = owner.setdefault(name, program)
            if first is not program:
                at = symbol.statement
                because = f"{first.filename}:{first.symbols[name].statement.line} defines it already, for every file"
                refused = Refused(f"`{name}` is defined twice", because, "give one of them another name")
                problems.append(program.problem(at.line, at.column, refused))
    for program in programs:
        program.imports = {name: there.symbols[name] for name, there in owner.items() if there is not program}
        program.private_elsewhere = {
            symbol.name: (other.filename, symbol.statement.line)
            for other in programs
            if other is not program
            for symbol in other.symbols.values()
            if symbol.name not in other.exported
        }
