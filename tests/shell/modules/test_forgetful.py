"""The sample module forgetful, and `fail`, which it is made for."""

from __future__ import annotations

from tests.shell.lab import Lab


def test_forgetful_leaves_one_number_and_is_told_of(lab: Lab) -> None:
    lab.text("modprobe forgetful")
    assert lab.text("walk numbers number.list value").endswith("3 entries of struct number; it leads back to its head")
    (note,) = lab.results("rmmod forgetful")[0].notes
    assert note.startswith(
        "forgetful is unloaded and leaves 24 bytes of memory that it has allocated: 24 bytes in forg"
    )


def test_where_an_allocation_fails_forgetful_takes_back_what_it_has(lab: Lab) -> None:
    assert lab.json("fail kmalloc 3") == {"kmalloc": 3}
    assert (
        lab.error("modprobe forgetful")["what"]
        == "modprobe: ERROR: could not insert 'forgetful': Cannot allocate memory"
    )
    assert "forgetful: no memory for number 2" in lab.text("dmesg")
    assert lab.session.kernel.slab is not None
    assert not lab.session.kernel.slab.given
    assert lab.json("fail") == {"kmalloc": 0}
    lab.text("modprobe forgetful")


def test_fail_counts_and_is_taken_back(lab: Lab) -> None:
    lab.text("fail kmalloc 5")
    lab.text("modprobe forgetful")
    assert lab.text("fail") == "allocation 2 from now will fail"
    assert lab.text("fail kmalloc 0") == "no allocation is to fail"
    lab.text("fail kmalloc 9")
    lab.text("back 1")
    assert lab.json("fail") == {"kmalloc": 0}
    assert lab.error("fail vmalloc 3")["what"] == "fail: what is to fail? kmalloc is what can"
    assert lab.error("fail kmalloc")["what"] == "fail: which one, counted from now?"
    assert lab.error("fail kmalloc -1")["what"] == "fail: -1 is not a positive number"
