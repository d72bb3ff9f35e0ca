"""inspect: a call from its number to its body."""

from __future__ import annotations

from tests.shell.lab import Lab


def test_inspect_shows_both_sides_of_a_call(shared: Lab) -> None:
    sides = shared.json("inspect dup2")["sides"]
    rows = [side["steps"][0]["text"].split() for side in sides]
    assert rows == [["33", "common", "dup2", "__x64_sys_dup2"], ["63", "i386", "dup2", "__ia32_sys_dup2"]]
    for side, table in zip(sides, ("sys_call_table", "ia32_sys_call_table"), strict=True):
        slot, entry = side["steps"][1], side["steps"][2]
        assert slot["text"] == f"{table}[{rows[sides.index(side)][0]}] holds {entry['address']}"
    assert sides[0]["steps"][-1] == sides[1]["steps"][-1]


def test_inspect_with_arguments_shows_the_descriptors_before_and_after(lab: Lab) -> None:
    found = lab.json("inspect --abi i386 dup2 1 5")
    assert found["call"]["calls"][0] | {"args": []} == {
        "nr": 63,
        "name": "dup2",
        "args": [],
        "ret": 5,
        "errno": None,
        "abi": "i386",
    }
    assert [each["fd"] for each in found["before"]] == [0, 1, 2]
    assert [(each["fd"], each["same_as"]) for each in found["after"]][-1] == (5, 0)
    assert lab.text("inspect dup2 1 6").splitlines()[-1].endswith("<- changed")


def test_inspect_of_one_side_alone_names_the_structure_that_differs(shared: Lab) -> None:
    (side,) = shared.json("inspect stat64")["sides"]
    assert side["abi"] == "i386"
    assert side["steps"][3]["text"].startswith("COMPAT_SYSCALL_DEFINE2(x86_stat64, ")


def test_inspect_of_a_call_without_arguments_is_made_behind_two_dashes(lab: Lab) -> None:
    assert "call" not in lab.json("inspect getpid")
    assert lab.json("inspect getpid --")["call"]["calls"][0]["ret"] == 77


def test_inspect_refuses_what_is_no_call(shared: Lab) -> None:
    assert shared.error("inspect")["what"] == "inspect: which call?"
    assert shared.error("inspect 9999")["try"] == "table --compare"
    assert shared.error("inspect frok")["try"].startswith("inspect fork")
    assert shared.error("inspect --abi x32 read")["what"] == "inspect: unknown ABI x32"
