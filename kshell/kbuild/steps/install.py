"""make install: the kernel goes to where the boot loader finds it; and what it finds there.

C counterpart: arch/x86/boot/install.sh, /boot.
"""

from __future__ import annotations

import os
from typing import Any

from kshell.abi.elf import is_relocatable
from kshell.abi.object_file import ObjectError, anew, is_object, read_object
from kshell.abi.problem import ProblemError
from kshell.kbuild.build_log import BuildLog
from kshell.kbuild.steps.build_output import unseal, write_hidden, write_output
from kshell.kbuild.steps.image import read_image
from kshell.kbuild.tree.sources import Sources
from kshell.kernel.boot.vmlinux import Vmlinux

BOOT = "boot"
DEFAULT = ".kshell/boots"  # the release that the boot loader starts


class InstallError(ProblemError):
    """No kernel can be booted from a tree."""


def install(sources: Sources, log: BuildLog) -> str:
    """Copy vmlinux and System.map to the tree's boot folder; returns the release.  Raises BuildFailed."""
    data = sources.read_bytes("vmlinux")
    try:
        payload = _payload(data, "vmlinux") if data is not None else None
    except ObjectError as error:
        try_ = "make" if is_object(data or b"") else "rename or delete vmlinux, then make"
        raise log.fail(error.what, error.because, try_) from None
    if data is None or payload is None:
        because = "there is nothing to install: no vmlinux is in the tree, which make leaves there"
        trail = (' *** You need to run "make" before "make install".', "make: *** [install] Error 1")
        raise log.fail(" *** Missing file: arch/x86/boot/bzImage", because, "make", *trail)
    release = str(payload["release"])
    log.line(f'sh ./arch/x86/boot/install.sh {release} arch/x86/boot/bzImage System.map "/{BOOT}"')
    kernel = f"{BOOT}/vmlinuz-{release}"
    old = sources.read_bytes(kernel)
    if old is not None and old != data:
        write_output(sources, f"{kernel}.old", old)
    write_output(sources, kernel, data)
    write_output(sources, f"{BOOT}/System.map-{release}", sources.read_bytes("System.map") or b"")
    write_hidden(sources, DEFAULT, f"{release}\n".encode())
    return release


def _payload(data: bytes, path: str) -> dict[str, Any]:
    if is_relocatable(data):
        because = "it is an object file or a module, and no kernel"
        raise ObjectError(f"{path}: file format not recognized", because, anew(path))
    kind, payload = read_object(data, path)
    if kind != "vmlinux":
        raise ObjectError(f"{path}: file format not recognized", f"it is a {kind}, and no kernel", anew(path))
    whole = unseal(payload)
    if whole is None:
        because = "it is not as the build wrote it: something has changed it since"
        raise ObjectError(f"{path}: file is damaged", because, anew(path))
    return whole


def installed(sources: Sources, shown: str) -> Vmlinux:
    """The kernel that the boot loader finds in a tree; `shown` is what messages call the tree.  Raises InstallError."""
    release = (sources.read_bytes(DEFAULT, 256) or b"").decode("utf-8", "replace").strip()
    path = f"{BOOT}/vmlinuz-{release}"
    data = sources.read_bytes(path) if release else None
    if data is None:
        what = f"boot: {shown}: no kernel is installed"
        if sources.exists("vmlinux"):
            because = "it is built, but the boot loader looks for what make install has copied"
            raise InstallError(what, because, f"make -C {shown} install")
        raise InstallError(what, "the tree has not been built", f"make -C {shown}; make -C {shown} install")
    try:
        return read_image(_payload(data, f"{shown}/{path}"), os.path.abspath(sources.root))
    except ObjectError as error:
        raise InstallError(f"boot: {error.what}", error.because, f"make -C {shown}; make -C {shown} install") from None
    except (KeyError, TypeError, ValueError):
        because = "it is damaged, or another version of kshell made it"
        what = f"boot: {shown}/{path}: cannot be booted"
        raise InstallError(what, because, f"make -C {shown} clean; make -C {shown}; make -C {shown} install") from None


def is_stale(sources: Sources) -> bool:
    """Whether the tree's vmlinux is not the one that is installed."""
    release = (sources.read_bytes(DEFAULT, 256) or b"").decode("utf-8", "replace").strip()
    built = sources.read_bytes("vmlinux")
    return built is not None and built != sources.read_bytes(f"{BOOT}/vmlinuz-{release}")
