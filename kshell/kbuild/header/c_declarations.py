"""Whether the declarations of a header are C: the first thing that gcc would stop at, in its words.

Only what stands outside of skipped #if blocks is looked at, as the compiler does.
"""

from __future__ import annotations

from contextlib import suppress

from kshell.kbuild.header.c_tokens import Header, Token
from kshell.kbuild.messages import ERROR, WARNING

_TYPE_WORDS = "void char short int long float double signed unsigned _Bool bool __int128"
_QUALIFIER_WORDS = """
const volatile restrict inline extern static typedef register auto _Noreturn __inline __inline__ __always_inline
__const __volatile__ __restrict __extension__
"""
_TYPEDEF_WORDS = """
size_t ssize_t off_t loff_t pid_t uid_t gid_t qid_t mode_t umode_t dev_t time_t clock_t clockid_t timer_t key_t
key_serial_t mqd_t rwf_t aio_context_t sigset_t old_sigset_t stack_t siginfo_t cap_user_header_t cap_user_data_t
u8 u16 u32 u64 s8 s16 s32 s64 __u8 __u16 __u32 __u64 __s8 __s16 __s32 __s64 __le32 __be32 __kernel_pid_t
__kernel_size_t __kernel_time_t __kernel_old_time_t __kernel_loff_t __sighandler_t uint8_t uint16_t uint32_t
uint64_t int8_t int16_t int32_t int64_t uintptr_t intptr_t ulong uint ushort qsize_t old_uid_t old_gid_t
compat_size_t compat_long_t compat_ulong_t
"""
BASE_TYPES = frozenset(_TYPE_WORDS.split())
SPARSE = frozenset(("__user", "__force", "__kernel", "__iomem"))  # marks for sparse; to the compiler they are nothing
QUALIFIERS = frozenset(_QUALIFIER_WORDS.split()) | SPARSE
TYPEDEFS = frozenset(_TYPEDEF_WORDS.split())
TAGS = ("struct", "union", "enum")
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_ASSIGN = "expected '=', ',', ';', 'asm' or '__attribute__'"
_OLD_STYLE = "old-style parameter declarations in prototyped function definition"


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
        self.typedefs = set(TYPEDEFS)

    def run(self) -> None:
        """Read them all."""
        while self.at < len(self.tokens):
            if not self._take(";"):
                self._external()

    # what is next

    def _peek(self, ahead: int = 0) -> Token | None:
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else None

    def _is(self, *texts: str) -> bool:
        token = self._peek()
        return token is not None and token.text in texts

    def _take(self, *texts: str) -> bool:
        if not self._is(*texts):
            return False
        self.at += 1
        return True

    def _is_type(self, token: Token | None) -> bool:
        return token is not None and (token.text in BASE_TYPES or token.text in TAGS or token.text in self.typedefs)

    def _starts(self, token: Token | None) -> bool:
        """Whether a declaration may start here."""
        return token is not None and (self._is_type(token) or token.text in QUALIFIERS)

    # what gcc says

    def _error(self, what: str, behind: bool = False) -> None:
        """Stop: `what` was expected before the next token; `behind`: the place is behind the last one."""
        token = self._peek()
        last = self.tokens[self.at - 1] if self.at else None
        place = last if token is None else token
        assert place is not None
        what += f" before {token.described()}" if token is not None else " at end of input"
        column = last.end if last is not None and (behind or token is None) else place.column
        line = last.line if last is not None and behind else place.line
        self._stop(what, line, column, 1 if behind else len(place.text))

    def _stop(self, what: str, line: int, column: int, width: int) -> None:
        self.header.message(ERROR, what, line, column, width)
        raise _Stop

    def _skip_balanced(self) -> None:
        """Past a bracket that has just been taken, and all in it."""
        depth = 1
        while depth:
            token = self._peek()
            if token is None:
                self._error("expected declaration or statement")
                return
            self.at += 1
            depth += (token.text in _BRACKETS) - (token.text in _BRACKETS.values())

    # the grammar

    def _specifiers(self) -> bool:
        """Take declaration specifiers; whether a type was among them."""
        typed = False
        while (token := self._peek()) is not None:
            if token.text in TAGS:
                self.at += 1
                named = self._peek()
                if named is not None and named.kind == "id":
                    self.at += 1
                elif not self._is("{"):
                    self._error("expected identifier or '{'" if token.text == "enum" else "expected '{'")
                if self._take("{"):
                    self._skip_balanced()
                typed = True
            elif token.text in BASE_TYPES:
                self.at += 1
                typed = True
            elif token.text == "__attribute__":
                self.at += 1
                if self._take("("):
                    self._skip_balanced()
            elif token.text in QUALIFIERS:
                self.at += 1
            elif not typed and token.kind == "id" and token.text in self.typedefs:
                self.at += 1
                typed = True
            else:
                break
        return typed

    def _external(self) -> None:
        start = self.start = self.at
        defines_type = self._is("typedef")
        typed = self._specifiers()
        token = self._peek()
        if not typed and token is not None and token.kind == "id":
            after = self._peek(1)
            if after is not None and (after.text == "*" or (after.kind == "id" and not self._starts(after))):
                self._stop(f"unknown type name '{token.text}'", token.line, token.column, len(token.text))
            if self._starts(after):
                self.at += 1
                self._error("expected ';'", behind=True)
            if after is not None and after.text in ("(", ";", "=", ",", "["):
                if after.text == "(":
                    self._declarator()
                what = f"type defaults to 'int' in declaration of '{token.text}' [-Werror=implicit-int]"
                self._stop(what, token.line, token.column, len(token.text))
            self.at += 1
            self._error(_ASSIGN)
        if self._take(";") or (token is None and self.at > start):
            return
        while True:
            name, is_function = self._declarator()
            if defines_type and name is not None:
                self.typedefs.add(name.text)
            if not self._after_declarator(name, is_function):
                return

    def _declarator(self) -> tuple[Token | None, bool]:
        """Take ``*name(...)`` or the like: its name, and whether it is a function."""
        while self._take("*", *QUALIFIERS):
            pass
        name, token = None, self._peek()
        if token is not None and token.kind == "id" and not self._starts(token):
            name = token
            self.at += 1
        elif self._is("(") and not self._starts(self._peek(1)):
            self.at += 1
            inner = self._peek(1) if self._is("*") else self._peek()
            name = inner if inner is not None and inner.kind == "id" else None
            self._skip_balanced()
        else:
            if self._is("("):
                self.at += 1
            self._error("expected identifier or '('")
        is_function = False
        while self._is("(", "["):
            if self._take("["):
                self._skip_balanced()
            else:
                self.at += 1
                self._parameters()
                is_function = True
        return name, is_function

    def _after_declarator(self, name: Token | None, is_function: bool) -> bool:
        """What follows a declarator; True where another one does."""
        while self._take("__attribute__", "asm", "__asm__"):
            if self._take("("):
                self._skip_balanced()
        if self._take(";"):
            return False
        if self._take(","):
            return True
        if self._take("{"):
            self._skip_balanced()
            return False
        if self._take("="):
            while not self._take(";"):
                if self._peek() is None:
                    self._error("expected ',' or ';'")
                if self._take(*_BRACKETS):
                    self._skip_balanced()
                else:
                    self.at += 1
            return False
        token = self._peek()
        if is_function and name is not None and (token is None or self._starts(token)):
            self._stop(_OLD_STYLE, name.line, name.column, len(name.text))
        if is_function:
            after = self._peek(1)
            if token is not None and token.kind == "id" and after is not None and after.kind == "id":
                self._stop(f"unknown type name '{token.text}'", token.line, token.column, len(token.text))
            self._error("expected declaration specifiers")
        if self._starts(token):
            self._error("expected ';'", behind=True)
        self._error(_ASSIGN)
        return False

    def _parameters(self) -> None:
        """The list of a function's parameters, up to its closing parenthesis."""
        if self._take(")"):
            return
        first = self._peek()
        after = self._peek(1)
        if first is not None and first.kind == "id" and not self._starts(first) and after and after.text in (",", ")"):
            self._identifier_list()
            return
        while True:
            token = self._peek()
            if self._take("..."):
                pass
            elif token is not None and token.kind == "id" and not self._starts(token):
                self._stop(f"unknown type name '{token.text}'", token.line, token.column, len(token.text))
            elif not self._starts(token):
                self._error("expected declaration specifiers or '...'")
            else:
                self._specifiers()
                self._parameter_declarator()
            if self._take(")"):
                return
            if not self._take(",", ";"):  # with ; gcc takes them for forward declarations of parameters
                self._error("expected ';', ',' or ')'")

    def _parameter_declarator(self) -> None:
        while self._take("*", *QUALIFIERS):
            pass
        token = self._peek()
        if token is not None and token.kind == "id" and not self._is_type(token):
            self.at += 1
        while self._take("(", "["):
            self._skip_balanced()

    def _identifier_list(self) -> None:
        """Names without types, as C had them before 1989: gcc warns."""
        while True:
            token = self._peek()
            if token is None or token.kind != "id" or self._starts(token):
                self._error("expected ')'", behind=True)
            self.at += 1
            if self._take(")"):
                break
            if not self._take(","):
                self._error("expected ')'", behind=True)
        what = "parameter names (without types) in function declaration"
        start = self.tokens[self.start]
        self.header.message(WARNING, what, start.line, start.column, len(start.text))
