"""Random units by our back end under the bare emulator, and by gcc: the same results, and the same memory."""

from __future__ import annotations

import random
from pathlib import Path
from typing import NamedTuple

from kshell.cc.back.generate import generate
from kshell.cc.tree_unit import Function, Unit
from kshell.cc.types import IntType, size_of
from tests.cc.back import gcc
from tests.cc.back.random_unit import RandomUnit
from tests.cc.back.random_values import is_int_function
from tests.cc.back.raw_machine import RawMachine, Trapped

VECTORS = 3


class Difference(NamedTuple):
    """A call whose two outcomes differ, or that ended for one of them."""

    unit: Unit
    function: str
    arguments: list[int]
    why: str


def calls_of(unit: Unit, dice: random.Random) -> list[tuple[Unit, Function, list[int]]]:
    """Each function that takes numbers alone, with some of them."""
    calls = []
    for function in unit.functions:
        if is_int_function(function.type):
            for _ in range(VECTORS):
                numbers = [dice.choice([0, 1, -1, 3, dice.getrandbits(64)]) for _ in function.type.parameters]
                kinds = [kind for kind in function.type.parameters if isinstance(kind, IntType)]
                wrapped = [kind.wrap(number) for kind, number in zip(kinds, numbers, strict=True)]
                calls.append((unit, function, wrapped))
    return calls


def differences(units: list[Unit], folder: Path, seed: int, level: str = "-O1") -> tuple[int, list[Difference]]:
    """How many calls were compared, and those that differ; the first of each unit."""
    dices = {unit.name: random.Random(f"{seed} {unit.name}") for unit in units}
    calls = [call for unit in units for call in calls_of(unit, dices[unit.name])]
    outcomes = gcc.run(gcc.compile_units(units, folder, level), calls)
    found: list[Difference] = []
    machines = {unit.name: RawMachine(unit, generate(unit)) for unit in units}
    for (unit, function, arguments), outcome in zip(calls, outcomes, strict=False):
        why = difference(machines[unit.name], function, arguments, outcome)
        if why and all(each.unit is not unit for each in found):
            found.append(Difference(unit, function.name, arguments, why))
    if len(outcomes) < len(calls):
        unit, function, arguments = calls[len(outcomes)]
        found.append(Difference(unit, function.name, arguments, "gcc's code died or did not end"))
    return len(outcomes), found


def difference(machine: RawMachine, function: Function, arguments: list[int], outcome: gcc.Outcome) -> str:
    """What differs in one call, or nothing."""
    machine.reset()
    sizes = [size_of(kind) for kind in function.type.parameters]
    try:
        rax = machine.call(function.name, list(zip(arguments, sizes, strict=True)))
    except Trapped as trapped:
        return str(trapped)
    assert isinstance(function.type.result, IntType)
    result = rax & 0xFF if function.type.result.is_bool else function.type.result.wrap(rax)
    if result != outcome[0]:
        return f"ours {result}, gcc's {outcome[0]}"
    for datum in machine.unit.data:
        ours = gcc.seen(datum.type, machine.memory(datum.name))
        theirs = gcc.seen(datum.type, outcome[1][datum.name])
        if ours != theirs:
            return f"{datum.name}: ours {ours.hex()}, gcc's {theirs.hex()}"
    return ""


def random_units(seed: int, count: int) -> list[Unit]:
    """Units of consecutive seeds."""
    return [RandomUnit(each, f"u{each}_").unit() for each in range(seed, seed + count)]
