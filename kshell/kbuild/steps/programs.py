"""Programs of a tree that run in user mode: ``hostprogs-y := test_call_user``, assembled from .s files."""

from __future__ import annotations

import os

from kshell.abi.object_file import ObjectError, read_object
from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.makefile.makefile import Makefile
from kshell.kbuild.messages import ERROR, BuildMessage
from kshell.kbuild.steps.build_output import write_output
from kshell.kbuild.steps.userprog import build_program, digest
from kshell.kbuild.tree.sources import Sources


def build_programs(sources: Sources, makefile: Makefile, log: BuildLog) -> None:
    """Assemble each program that the Makefile lists, if its sources have changed.  Raises BuildFailed."""
    is_made = False
    for name in makefile.words("hostprogs-y"):
        objects = makefile.words(f"{name}-objs") or [f"{name}.o"]
        files = [each.removesuffix(".o") + ".s" for each in objects]
        texts = [(file, sources.read_text(file)) for file in files]
        if not _is_up_to_date(sources, name, texts):
            _build(sources, name, texts, log)
            is_made = True
    if not is_made:
        log.line("make: Nothing to be done for 'all'.")


def _is_up_to_date(sources: Sources, name: str, texts: list[tuple[str, str]]) -> bool:
    """Whether the program was assembled from just these sources."""
    data = sources.read_bytes(name)
    try:
        kind, payload = read_object(data, name) if data is not None else ("", {})
    except ObjectError:
        return False
    return kind == "program" and payload.get("sources") == {os.path.basename(f): digest(text) for f, text in texts}


def _build(sources: Sources, name: str, texts: list[tuple[str, str]], log: BuildLog) -> None:
    from kshell.assembler.problems import AsmError, KeystoneMissing

    for file, _ in texts:
        log.step("AS", file.removesuffix(".s") + ".o")
    try:
        data = build_program(texts)
    except KeystoneMissing as missing:
        raise log.fail(missing.what, missing.because, missing.try_) from None
    except AsmError as error:
        messages = [
            BuildMessage(ERROR, p.what, p.filename, p.line, p.column, (p.text,), p.because, p.try_)
            for p in error.problems
        ]
        target = error.problems[0].filename.removesuffix(".s") + ".o"
        raise log.stop(log.messages(messages), f"make: *** [{target}] Error 1") from None
    log.step("LD", name)
    write_output(sources, name, data)
