# libc.s: as much of a C library as test_call_user needs, small enough to read and to step through: how a program begins
# and ends, system calls and errno, text into numbers.  Printing is in stdio.s, the time in
# time.s.
#
# The kernel knows one way in, the instruction `syscall`, and one way to say that something failed: a number from -4095
# to -1 in rax.  All that a C program sees beyond that (errno, perror, printf, main itself) is made here, in user mode.
# Functions are called as the System V ABI says: arguments in rdi, rsi, rdx, rcx, r8, r9, then on the stack; result in
# rax; rbx, rbp, r12 to r15 are given back as they were; rsp is a multiple of 16 where a call is made.

        .intel_syntax noprefix

        .equ    __NR_write, 1
        .equ    __NR_exit_group, 231
        .equ    ERANGE, 34

        .globl  _start, exit, syscall, write, environ, errno, __errno_location, strlen, atoi

        .text

# ---- Begin and end ----

# The kernel starts a program here, not in main.  It has put on the stack: argc, the argv pointers, 0, the environment's
# pointers, 0, and the auxiliary vector.  Nobody has called us, so there is nowhere to return to.
_start:
        xor     ebp, ebp                        # the outermost frame, for debuggers
        mov     rdi, [rsp]                      # argc
        lea     rsi, [rsp + 8]                  # argv
        lea     rdx, [rsi + rdi*8 + 8]          # envp: behind argv and its 0
        mov     [rip + environ], rdx
        and     rsp, -16
        call    main
        mov     edi, eax                        # what main returns is the status

# void exit(int status)
exit:
        mov     eax, __NR_exit_group
        syscall
        hlt                                     # never reached

# ---- The way into the kernel ----

# long syscall(long number, ...): a call by its number.  C has the number first; the kernel wants it in rax, and the
# arguments in rdi, rsi, rdx, r10, r8, r9: everything moves up by one.  r10 stands for rcx, where the CPU itself puts
# the address to come back to.
syscall:
        mov     rax, rdi
        mov     rdi, rsi
        mov     rsi, rdx
        mov     rdx, rcx
        mov     r10, r8
        mov     r8, r9
        mov     r9, [rsp + 8]                   # the seventh argument of a C function is on the stack
        syscall                                 # ring 0, and back; rcx and r11 are lost

# Here the two faces of a result part.  -4095 to -1, as unsigned numbers the largest 4095 of all, are errors: the caller
# gets -1, and the reason in errno.  Everything else, -5000 too, is a result.
.Lresult:
        cmp     rax, -4095
        jae     __syscall_error
        ret

__syscall_error:
        neg     eax
        mov     [rip + errno], eax
        mov     rax, -1
        ret

# int *__errno_location(void): in C, errno is a macro for *__errno_location().  One variable is enough for a program of
# one thread; glibc has one for each.
__errno_location:
        lea     rax, [rip + errno]
        ret

# ssize_t write(int fd, const void *buf, size_t count)
write:
        mov     eax, __NR_write
        syscall
        jmp     .Lresult

# ---- Text into numbers ----

# size_t strlen(const char *s)
strlen:
        xor     eax, eax
.Llength:
        cmp     byte ptr [rdi + rax], 0
        je      .Lcounted
        inc     rax
        jmp     .Llength
.Lcounted:
        ret

# int atoi(const char *s): blanks, a sign, digits; the first other character ends the number, and text without digits
# is 0.  As in glibc it is strtol, cut to an int: beyond 64 bits LONG_MAX or LONG_MIN, whose lower halves are -1 and 0.
atoi:
        xor     eax, eax                        # the number
        xor     r8d, r8d                        # 1 if it is negative
        mov     r9d, 10
.Lblank:
        movzx   ecx, byte ptr [rdi]
        inc     rdi
        cmp     ecx, ' '
        je      .Lblank
        lea     edx, [rcx - 9]                  # \t \n \v \f \r are 9 to 13
        cmp     edx, 4
        jbe     .Lblank
        cmp     ecx, '+'
        je      .Lnextdigit
        cmp     ecx, '-'
        jne     .Ldigit
        inc     r8d
.Lnextdigit:
        movzx   ecx, byte ptr [rdi]
        inc     rdi
.Ldigit:
        sub     ecx, '0'
        cmp     ecx, 9
        ja      .Lnumber                        # what was below '0' is a large unsigned number now
        mul     r9                              # rdx:rax = rax * 10; the carry flag says that rdx is needed
        jc      .Lhuge
        add     rax, rcx
        jnc     .Lnextdigit
        jmp     .Lhuge
.Lnumber:
        mov     rdx, 0x7fffffffffffffff         # LONG_MAX; LONG_MIN is one further from 0
        add     rdx, r8
        cmp     rax, rdx
        ja      .Lhuge
        test    r8d, r8d
        jz      .Lsigned
        neg     rax
.Lsigned:
        ret
.Lhuge: mov     dword ptr [rip + errno], ERANGE
        mov     rax, 0x7fffffffffffffff
        add     rax, r8
        ret

        .bss
        .balign 8
environ: .skip  8                               # char **environ
errno:  .skip   4
