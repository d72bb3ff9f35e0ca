"""Making random sequences of signal calls: handlers and masks, sending, waiting, timers, and faults in between."""

import struct

from fidelity_arguments import i
from fidelity_handlers import (
    ALTSTACK,
    ALTSTACK_SIZE,
    DEEDS,
    FAULTS,
    NOTHING,
    READ_ONLY,
    READ_WRITE,
    RESTORER,
    handler_address,
)
from fidelity_program import KERNEL, M64, NONCANON, TEXT

SIGKILL, SIGALRM, SIGVTALRM, SIGPROF = 9, 14, 26, 27
RAISED = (4, 5, 7, 8, 11)  # by faults
SENT = (1, 10, 10, 12, 12, 13, 14, 15, 17, 17, 18, 23, 26, 28, 30, 32, 33, 34, 34, 40, 64, *RAISED)  # none that stops
ASKED = (*SENT, *SENT, 9, 19, 20, 0, 65, -1, 1 << 31, 128)
SA_SIGINFO, SA_RESTORER, SA_ONSTACK, SA_RESTART = 4, 0x4000000, 0x8000000, 0x10000000
SA_NODEFER, SA_RESETHAND = 0x40000000, 0x80000000
ODD_FLAGS = (1, 2, 0x400, 0x800, 0x20000000, 0x10, 1 << 32)
HANDLERS = (*(handler_address(at) for at in (*range(len(DEEDS)), 0, 0, 0, 0)), 0, 1)
NO_HANDLERS = (2, 0x1000, KERNEL, NONCANON, READ_WRITE, NOTHING, M64)
CODES = (-1, -1, -1, -2, -3, -6, -60, 0, 1, 2, 6, 0x80, 1 << 31)
BAD = (1, KERNEL, NONCANON, READ_ONLY + 4090, NOTHING, TEXT, M64)
WAITS = ("pause", "rt_sigsuspend", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigtimedwait", "nanosleep", "read")
TIMERS = {0: SIGALRM, 1: SIGVTALRM, 2: SIGPROF}
SOON, LATE = 5000, 1000  # microseconds, seconds
PAIR = "<qq"


class SignalCalls:
    """One random sequence."""

    def __init__(self, rng):
        self.r, self.seq = rng, []

    def sequence(self):
        """Handlers for most signals, 8 to 40 random steps, an end."""
        r = self.r
        self.add("getpid")
        if r.random() < 0.7:
            self.stack(r.choice([0, 0, 0, 1 << 31]))
        for signo in dict.fromkeys(SENT):
            if r.random() < (0.9 if signo in RAISED else 0.7):
                self.action(signo)
        steps = [self.ask, self.mask, self.pending, self.send, self.queue, self.change_stack, self.timer, self.wait]
        for _ in range(r.randint(8, 40)):
            r.choices([*steps, self.fault, self.spin], [12, 14, 6, 24, 8, 5, 7, 9, 12, 2])[0]()
        self.add("exit_group", i(r.choice([0, 7, 255])))
        return self.seq

    def add(self, name, *args, n=0):
        """Add a call with a buffer of n bytes."""
        self.seq.append([name, list(args), n])

    def odd(self, usual, *others, share=0.04):
        """Mostly this, rarely one of the others."""
        return self.r.choice(others) if self.r.random() < share else usual

    def bad(self, usual, share=0.04):
        """Mostly this argument, rarely a pointer to where nothing can be."""
        return self.odd(usual, *map(i, BAD), share=share)

    def out(self):
        """This call's buffer, or NULL."""
        return self.bad(self.r.choice([("b", 0), i(0)]))

    def set_of(self, *signals):
        """A set of signals, some random ones among them."""
        r = self.r
        wanted = [*signals, *r.choices(SENT, k=r.choice([0, 0, 1, 2, 6]))]
        bits = sum(1 << signo - 1 for signo in set(wanted))
        return bits if r.random() < 0.93 else r.choice([0, M64, 1 << 8, 1 << 18, M64 ^ bits])

    def pointer_to(self, signals):
        """A pointer to a set."""
        return self.bad(("s", struct.pack("<Q", signals)))

    def size(self):
        """sigsetsize."""
        return i(self.odd(8, 0, 4, 16, 128, share=0.03))

    def action(self, signo, handlers=HANDLERS):
        """A handler for a signal, with random flags and a random mask."""
        r = self.r
        handler = self.odd(r.choice(handlers), *NO_HANDLERS)
        flags = self.odd(SA_RESTORER | SA_SIGINFO, SA_RESTORER, SA_SIGINFO, 0, share=0.15)
        for flag, share in ((SA_ONSTACK, 0.4), (SA_RESTART, 0.4), (SA_NODEFER, 0.25), (SA_RESETHAND, 0.06)):
            flags |= flag if r.random() < share else 0
        flags |= self.odd(0, *ODD_FLAGS)
        if handler in NO_HANDLERS:
            flags &= ~SA_NODEFER  # a fault at it would be handled there, until the stack is used up
        act = ("s", struct.pack("<QQQQ", handler, flags, RESTORER, self.set_of() if r.random() < 0.5 else 0))
        self.add("rt_sigaction", i(signo), self.bad(act, 0.02), self.out(), self.size(), n=32)

    def ask(self):
        """rt_sigaction of any signal; without a new action it only asks."""
        signo = self.r.choice(ASKED)
        if self.r.random() < 0.5:
            self.action(signo)
        else:
            self.add("rt_sigaction", i(signo), i(0), ("b", 0), self.size(), n=32)

    def mask(self):
        """rt_sigprocmask."""
        new = self.pointer_to(self.set_of()) if self.r.random() < 0.8 else i(0)
        how = self.odd(self.r.choice([0, 0, 1, 1, 2]), 3, -1, 1 << 31)
        self.add("rt_sigprocmask", i(how), new, self.out(), self.size(), n=8)

    def pending(self):
        """rt_sigpending."""
        self.add("rt_sigpending", self.bad(("b", 0)), i(self.odd(8, 0, 4, 7, 9)), n=8)

    def send(self):
        """A signal to itself."""
        r = self.r
        signo = i(self.odd(r.choice(SENT), 0, 65, -1, 1 << 31, SIGKILL, share=0.06))
        nobody = i(self.odd(0x3FFFFFFF, -(1 << 31)))
        name = r.choice(["kill", "kill", "tkill", "tgkill", "tgkill"])
        me = self.odd(("pid",), nobody)
        if name == "kill":
            me = self.odd(me, i(0), share=0.2)
        elif name == "tkill":
            me = self.odd(me, i(0), i(-1))
        self.add(name, me, *([self.odd(("pid",), nobody, i(0), i(-1))] if name == "tgkill" else []), signo)

    def queue(self):
        """A signal to itself, with a siginfo of its own."""
        r = self.r
        code, value = r.choice(CODES) & 0xFFFFFFFF, r.choice([0, 0x1234567890ABCDEF, M64])
        head = (r.choice(SENT), r.choice([0, 5]), code, r.choice([0, 0xABCDEF01]))
        info = struct.pack("<IIIIIIQ", *head, 0x7777, 1000, value)
        info = (info + r.choice([b"", b"\x55" * 16])).ljust(48, b"\0") + r.choice([b"", b"\0", b"\1"])
        signo = self.odd(r.choice(SENT), 0, 65, -1)
        me = self.odd(("pid",), i(0x3FFFFFFF), i(0))
        self.add("rt_sigqueueinfo", me, i(signo), self.bad(("s", info.ljust(128, b"\0"))))

    def stack(self, flags):
        """The stack that handlers with SA_ONSTACK run on."""
        self.add("sigaltstack", ("s", struct.pack("<QQQ", ALTSTACK, flags, ALTSTACK_SIZE)), self.out(), n=24)

    def change_stack(self):
        """sigaltstack."""
        r = self.r
        flags = r.choice([0, 0, 1, 2, 3, 4, 1 << 31, 1 << 31 | 2, (1 << 32) - 1])
        size = self.odd(ALTSTACK_SIZE, 0, 2047, M64, share=0.15)
        new = ("s", struct.pack("<QQQ", self.odd(ALTSTACK, READ_ONLY), flags, size)) if r.random() < 0.6 else i(0)
        self.add("sigaltstack", self.bad(new), self.out(), n=24)

    def timer(self):
        """A timer that will not run out, or a question for one."""
        r = self.r
        name = r.choice(["alarm", "setitimer", "setitimer", "getitimer"])
        which = i(self.odd(r.choice([0, 0, 1, 2]), 3, -1))
        if name == "alarm":
            self.add(name, i(r.choice([0, LATE, 100])))
        elif name == "getitimer":
            self.add(name, which, self.bad(("b", 0)), n=32)
        else:
            interval = r.choice([0, LATE]), self.odd(0, 999999, 1000000, -1)
            times = (*interval, self.odd(r.choice([0, LATE]), -1), self.odd(0, 1000000, -1))
            new = self.bad(("s", struct.pack("<qqqq", *times))) if r.random() < 0.9 else i(0)
            self.add(name, which, new, self.out(), n=32)

    def arm(self, which):
        """Let a timer run out soon, mostly with a handler for its signal."""
        r = self.r
        signo = TIMERS[which]
        if r.random() < 0.8:
            self.action(signo, [handler_address(0)])
        if r.random() < 0.7:
            self.add("rt_sigprocmask", i(1), self.pointer_to(1 << signo - 1), i(0), i(8))
        self.add("setitimer", i(which), ("s", struct.pack("<qqqq", 0, 0, 0, SOON)), i(0))

    def wait(self):
        """A call that waits for a signal, mostly of a timer."""
        r = self.r
        armed = r.random() < 0.85
        if armed:
            self.arm(0)
        name = r.choice(WAITS)
        if name == "pause":
            self.add(name)
        elif name == "rt_sigsuspend":
            self.add(name, self.pointer_to(self.set_of() & ~(1 << SIGALRM - 1)), self.size())
        elif name == "rt_sigtimedwait":
            time = struct.pack(PAIR, self.odd(0, -1), self.odd(r.choice([0, 10**6, 2 * 10**7]), -1, 10**9))
            these = self.pointer_to(self.set_of(*r.choice([(SIGALRM,), ()])))
            self.add(name, these, self.out(), self.bad(self.odd(("s", time), i(0), share=0.2)), self.size(), n=128)
        elif name == "nanosleep":
            self.add(name, ("s", struct.pack(PAIR, 0, 2 * 10**7)), self.out(), n=16)
        else:
            self.add(name, i(3), ("b", 0), i(8), n=8)
        if armed:
            self.add("setitimer", i(0), i(0), i(0))

    def fault(self):
        """An instruction that faults."""
        self.seq.append(["fault", [], 0, self.r.randrange(len(FAULTS))])

    def spin(self):
        """A loop until a timer's signal has come."""
        which = self.r.choice([0, 1, 2])
        self.action(TIMERS[which], [handler_address(0)])
        self.add("rt_sigprocmask", i(1), ("s", struct.pack("<Q", 1 << TIMERS[which] - 1)), i(0), i(8))
        self.seq.append(["mark", [], 0])
        self.add("setitimer", i(which), ("s", struct.pack("<qqqq", 0, 0, 0, SOON)), i(0))
        self.seq.append(["spin", [], 0])
