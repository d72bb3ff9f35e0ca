"""Whether the declarations of a header are C: the first thing that gcc would stop at, in its words.

Only what stands outside of skipped #if blocks is looked at, as the compiler does.  Bodies and initializers are passed
over: a header is read for its prototypes.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NoReturn

from kshell.kbuild.header.c_tokens import Header, Token
from kshell.kbuild.messages import ERROR, WARNING

_TYPEDEF_WORDS = """
size_t ssize_t off_t loff_t pid_t uid_t gid_t qid_t mode_t umode_t dev_t time_t clock_t clockid_t timer_t key_t
key_serial_t mqd_t rwf_t aio_context_t sigset_t old_sigset_t stack_t siginfo_t cap_user_header_t cap_user_data_t
u8 u16 u32 u64 s8 s16 s32 s64 __u8 __u16 __u32 __u64 __s8 __s16 __s32 __s64 __le32 __be32 __kernel_pid_t
__kernel_size_t __kernel_time_t __kernel_old_time_t __kernel_loff_t __sighandler_t uint8_t uint16_t uint32_t
uint64_t int8_t int16_t int32_t int64_t uintptr_t intptr_t ulong uint ushort qsize_t old_uid_t old_gid_t
compat_size_t compat_long_t compat_ulong_t
"""
_TYPE_WORDS = "void char short int long float double signed unsigned _Bool bool __int128"
_QUALIFIER_WORDS = "const volatile inline extern static typedef __inline __always_inline"
BASE_TYPES = frozenset(_TYPE_WORDS.split())
SPARSE = frozenset(("__user", "__force", "__kernel", "__iomem"))  # marks for sparse; to the compiler they are nothing
QUALIFIERS = SPARSE | frozenset(_QUALIFIER_WORDS.split())
TAGS = ("struct", "union", "enum")
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


class _Stop(Exception):
    """gcc gives up here."""


def check(header: Header) -> None:
    """Add to the header's messages what gcc says about its declarations: warnings, and the first error."""
    with suppress(_Stop):
        _Declarations(header).run()


class _Declarations:
    """A reader of external declarations; `at` is the next token, `start` the first of this declaration."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.tokens = [token for token in header.tokens if token.active]
        self.at = self.start = 0
        self.typedefs = set(_TYPEDEF_WORDS.split())

    def run(self) -> None:
        """Read them all."""
        while self.at < len(self.tokens):
            self.start = self.at
            if not self._take(";"):
                self._external()

    # what is next

    def _peek(self, ahead: int = 0) -> Token | None:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def _take(self, *texts: str) -> bool:
        token = self._peek()
        self.at += token is not None and token.text in texts
        return token is not None and token.text in texts

    def _starts(self, token: Token | None) -> bool:
        """Whether a declaration may start here."""
        return token is not None and token.text in {*BASE_TYPES, *TAGS, *QUALIFIERS, *self.typedefs}

    def _unknown(self, ahead: int = 0) -> Token | None:
        """The next token, if it is a name and no type."""
        token = self._peek(ahead)
        return token if token is not None and token.kind == "identifier" and not self._starts(token) else None

    # what gcc says

    def _error(self, what: str, behind: bool = False) -> NoReturn:
        """Stop: `what` was expected before the next token; `behind`: the place is behind the last one."""
        token, last = self._peek(), self.tokens[max(self.at - 1, 0)]
        place = token or last
        what += f" before {token.described()}" if token is not None else " at end of input"
        column = last.end if behind or token is None else place.column
        line = last.line if behind else place.line
        self._stop(what, line, column, 1 if behind else len(place.text))

    def _stop(self, what: str, line: int, column: int, width: int) -> NoReturn:
        self.header.message(ERROR, what, line, column, width)
        raise _Stop

    def _stop_at(self, what: str, token: Token) -> NoReturn:
        self._stop(what, token.line, token.column, len(token.text))

    def _skip_balanced(self) -> None:
        """Past a bracket that has just been taken, and all in it."""
        depth = 1
        while depth:
            token = self._peek()
            if token is None:
                self._error("expected declaration or statement")
            self.at += 1
            depth += (token.text in _BRACKETS) - (token.text in _BRACKETS.values())

    # the grammar

    def _specifiers(self) -> bool:
        """Take declaration specifiers; whether a type was among them."""
        typed = False
        while (token := self._peek()) is not None:
            is_typedef = token.text in self.typedefs and not typed
            if not (is_typedef or token.text in BASE_TYPES or token.text in TAGS or token.text in QUALIFIERS):
                break
            self.at += 1
            typed = typed or token.text not in QUALIFIERS
            if token.text in TAGS:
                self.at += self._unknown() is not None
                if self._take("{"):
                    self._skip_balanced()
        return typed

    def _external(self) -> None:
        defines_type = (first := self._peek()) is not None and first.text == "typedef"
        typed = self._specifiers()
        if not typed:
            self._no_type()
        if self._take(";") or self._peek() is None:
            return
        while True:
            name, is_function = self._declarator()
            if defines_type and name is not None:
                self.typedefs.add(name.text)
            if not self._after_declarator(name, is_function):
                return

    def _no_type(self) -> None:
        """What gcc says to a declaration that begins with a name of no meaning."""
        token, after = self._unknown(), self._peek(1)
        if token is None:
            return
        if after is not None and (after.text == "*" or self._unknown(1)):
            self._stop_at(f"unknown type name '{token.text}'", token)
        if after is not None and after.text in ("(", ";", "=", ",", "["):
            if after.text == "(":
                self._declarator()
            self._stop_at(f"type defaults to 'int' in declaration of '{token.text}' [-Werror=implicit-int]", token)
        self.at += 1
        if self._starts(after):
            self._error("expected ';'", behind=True)
        self._error("expected '=', ',', ';', 'asm' or '__attribute__'")

    def _declarator(self) -> tuple[Token | None, bool]:
        """Take ``*name(...)`` or the like: its name, and whether it is a function."""
        while self._take("*", *QUALIFIERS):
            pass
        name = self._unknown()
        if name is not None:
            self.at += 1
        elif self._take("("):
            if self._starts(self._peek()):
                self._error("expected identifier or '('")
            self._take("*")
            name = self._unknown()
            self._skip_balanced()
        else:
            self._error("expected identifier or '('")
        is_function = False
        while self._take("(", "["):
            if self.tokens[self.at - 1].text == "[":
                self._skip_balanced()
            else:
                self._parameters()
                is_function = True
        return name, is_function

    def _after_declarator(self, name: Token | None, is_function: bool) -> bool:
        """What follows a declarator; True where another one does."""
        if self._take(";"):
            return False
        if self._take(","):
            return True
        if self._take("{"):
            self._skip_balanced()
            return False
        if not self._take("="):
            self._misplaced(name, is_function)
        while not self._take(";"):  # an initializer
            if self._peek() is None:
                self._error("expected ',' or ';'")
            self.at += 1
        return False

    def _misplaced(self, name: Token | None, is_function: bool) -> NoReturn:
        """What gcc says to a word that can follow no declarator: mostly, the ; before it is missing."""
        token = self._peek()
        if is_function and name is not None and (token is None or self._starts(token)):
            self._stop_at("old-style parameter declarations in prototyped function definition", name)
        if is_function:
            self._error("expected declaration specifiers")
        if self._starts(token):
            self._error("expected ';'", behind=True)
        self._error("expected '=', ',', ';', 'asm' or '__attribute__'")

    def _parameters(self) -> None:
        """The list of a function's parameters, up to its closing parenthesis."""
        if self._take(")"):
            return
        after = self._peek(1)
        if self._unknown() and after is not None and after.text in (",", ")"):
            self._names_without_types()
            return
        while not self._take("..."):
            token = self._unknown()
            if token is not None:
                self._stop_at(f"unknown type name '{token.text}'", token)
            if not self._starts(self._peek()):
                self._error("expected declaration specifiers or '...'")
            self._specifiers()
            while self._take("*", *QUALIFIERS):
                pass
            self.at += self._unknown() is not None
            while self._take("(", "["):
                self._skip_balanced()
            if self._take(")"):
                return
            if not self._take(",", ";"):  # with ; gcc takes them for forward declarations of parameters
                self._error("expected ';', ',' or ')'")
        if not self._take(")"):
            self._error("expected ')'", behind=True)

    def _names_without_types(self) -> None:
        """Parameters as C had them before 1989: gcc warns."""
        while self._unknown():
            self.at += 1
            if self._take(")"):
                start = self.tokens[self.start]
                what = "parameter names (without types) in function declaration"
                self.header.message(WARNING, what, start.line, start.column, len(start.text))
                return
            if not self._take(","):
                break
        self._error("expected ')'", behind=True)
