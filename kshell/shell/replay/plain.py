"""Deeds and steps as values that JSON keeps, and back.  Long bytes are named by their digest, and kept once."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from kshell.kbuild.steps.image import plain_image, read_image
from kshell.kernel.boot.vmlinux import Vmlinux
from kshell.kernel.entry.exec import Buffer
from kshell.kernel.module.load_info import LoadInfo
from kshell.kernel.task.binfmt import Segment
from kshell.kernel.trace.tracer import Call
from kshell.shell.replay import deeds
from kshell.shell.replay.core import Core
from kshell.shell.replay.cuts import Cut
from kshell.shell.replay.journal import Boot, Done, Kept, Panicked, Step

SHORT = 64  # bytes that are written where they belong
ZLIB = b"\x78\x01"  # how compressed data begins


def packed(data: bytes) -> str:
    """Bytes as a text."""
    is_packed = data.startswith(ZLIB)  # the pages of a cut are: a second time takes long, and saves nothing
    return base64.b64encode(zlib.compress(data, 0 if is_packed else -1)).decode("ascii")


def unpacked(text: str) -> bytes:
    """And back.  ValueError or zlib.error where it is none."""
    return zlib.decompress(base64.b64decode(text))


class Writer:
    """Makes plain values; `contents` are the bytes that they name, to be written before them."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def data(self, data: bytes) -> Any:
        """Bytes."""
        if len(data) <= SHORT:
            return {"hex": data.hex()}
        name = sha256(data).hexdigest()[:32]
        self.contents[name] = data
        return {"contents": name}

    def boot(self, boot: Boot) -> Any:
        """What booted."""
        return {"image": self.image(boot.image), "cmdline": boot.cmdline}

    def image(self, image: Vmlinux | str) -> Any:
        """A kernel: its name, or all of one that was built."""
        if isinstance(image, str):
            return image
        return {"built": self.data(json.dumps(plain_image(image)).encode()), "tree": image.tree}

    def step(self, step: Step, before: Kept) -> dict[str, Any]:
        """A step; of what it kept only what is new."""
        found: dict[str, Any] = {"step": step.text, "line": step.line, "changes": step.changes}
        found["did"] = [self._done(each) for each in step.done]
        new = {name: getattr(step.kept, name) for name in Kept._fields}
        found["kept"] = {name: self._kept(name, new[name]) for name in new if new[name] != getattr(before, name)}
        return {**found, "digest": step.digest, "seconds": round(step.seconds, 6)}

    def _kept(self, name: str, value: Any) -> Any:
        if name == "image":
            return self.image(value)
        if isinstance(value, Core):
            pages = {str(address): self.data(data) for address, data in value.pages.items()}
            return {"registers": value.registers, "pages": pages}
        if isinstance(value, Call):
            return [value.nr, value.name, value.args, value.ret, value.text]
        return value

    def _done(self, done: Done) -> dict[str, Any]:
        kind = type(done.deed).__name__
        found: dict[str, Any] = {"deed": kind, "with": self._deed(done.deed)}
        if done.typed:
            found["typed"] = [None if each is None else self.data(each) for each in done.typed]
        if done.interrupted:
            found["interrupted"] = done.interrupted
        if done.cuts:
            found["cuts"] = [each._replace(pages=self.data(each.pages))._asdict() for each in done.cuts]
        if done.meanwhile is not None:
            found["meanwhile"] = [self._done(each) for each in done.meanwhile]
        return found

    def _deed(self, deed: Any) -> Any:
        if isinstance(deed, Boot):
            return self.boot(deed)
        if isinstance(deed, deeds.SystemCall):
            return [deed.nr, [self._argument(each) for each in deed.args], deed.is_32]
        if isinstance(deed, deeds.RunProgram):
            segments = [[each.address, self.data(each.data), each.size, each.prot] for each in deed.segments]
            return [segments, deed.entry, deed.comm, list(deed.argv)]
        if isinstance(deed, deeds.LoadModule):
            return [deed.image.path, self.data(deed.image.data), dict(deed.parameters), deed.force]
        return list(deed)

    def _argument(self, value: int | bytes | Buffer) -> Any:
        if isinstance(value, Buffer):
            return {"room": value.size} | ({"first": self.data(value.first)} if value.first else {})
        return self.data(value) if isinstance(value, bytes) else value


class Reader:
    """Reads plain values; KeyError, TypeError, ValueError or AttributeError where they are none."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self._images: dict[str, Vmlinux] = {}

    def data(self, plain: Mapping[str, str]) -> bytes:
        """Bytes."""
        return self.contents[plain["contents"]] if "contents" in plain else bytes.fromhex(plain["hex"])

    def boot(self, plain: Mapping[str, Any]) -> Boot:
        """What booted."""
        return Boot(self.image(plain["image"]), str(plain["cmdline"]))

    def image(self, plain: Any) -> Vmlinux | str:
        """A kernel."""
        if isinstance(plain, str):
            return plain
        key = repr(plain)
        if key not in self._images:
            self._images[key] = read_image(json.loads(self.data(plain["built"])), plain["tree"])
        return self._images[key]

    def step(self, plain: Mapping[str, Any], before: Kept) -> Step:
        """A step that follows one which kept `before`."""
        kept = before._replace(**{name: self._kept(name, value) for name, value in plain["kept"].items()})
        done = [self._done(each) for each in plain["did"]]
        digest = None if plain["digest"] is None else tuple(plain["digest"])
        step = Step(plain["step"], done, kept, digest, plain["changes"], plain["seconds"])
        step.line = plain["line"]
        return step

    def _kept(self, name: str, value: Any) -> Any:
        if name == "image":
            return self.image(value)
        if name == "core" and value is not None:
            pages = {int(address): self.data(data) for address, data in value["pages"].items()}
            return Core(value["registers"], pages)
        if name == "last_call" and value is not None:
            nr, called, args, ret, text = value
            call = Call(nr, called, tuple(args))
            call.ret, call.text = ret, text
            return call
        if name == "panicked" and value is not None:
            return Panicked(*value)
        return tuple(value) if name == "examined" else value

    def _done(self, plain: Mapping[str, Any]) -> Done:
        meanwhile = plain.get("meanwhile")
        done = Done(
            self._deed(plain["deed"], plain["with"]),
            None if meanwhile is None else [self._done(each) for each in meanwhile],
        )
        done.typed = [None if each is None else self.data(each) for each in plain.get("typed", ())]
        done.interrupted = [int(each) for each in plain.get("interrupted", ())]
        for cut in plain.get("cuts", ()):
            made = Cut(**{**cut, "pages": self.data(cut["pages"])})
            fpu = tuple(tuple(each) if isinstance(each, list) else each for each in made.fpu)  # st(0) is a pair
            done.cuts.append(made._replace(registers=tuple(made.registers), frames=tuple(made.frames), fpu=fpu))
        return done

    def _deed(self, kind: str, plain: Any) -> Any:
        if kind == "Boot":
            return self.boot(plain)
        if kind == "SystemCall":
            return deeds.SystemCall(plain[0], [self._argument(each) for each in plain[1]], *plain[2:])
        if kind == "RunProgram":
            segments = [Segment(at, self.data(data), size, prot) for at, data, size, prot in plain[0]]
            return deeds.RunProgram(segments, *plain[1:])
        if kind == "LoadModule":
            path, data, parameters, force = plain
            return deeds.LoadModule(LoadInfo(path, self.data(data)), parameters, force)
        others = (deeds.UnloadModule, deeds.ClearLog, deeds.ReviveTask, deeds.SwapOut, deeds.FailAllocation)
        return next(each for each in others if each.__name__ == kind)(*plain)

    def _argument(self, plain: Any) -> int | bytes | Buffer:
        if isinstance(plain, int):
            return plain
        if "room" in plain:
            return Buffer(plain["room"], self.data(plain["first"]) if "first" in plain else b"")
        return self.data(plain)
