# time.s: clock_gettime, gettimeofday, time and getcpu, as a C library has them: without a system call, where the kernel
# has a vDSO for that.  A program that is built by make names time.o among its objects.
#
# The kernel says in the auxiliary vector where it has put the vDSO: a shared object, in which each function is found by
# its name.  That is looked up once, at the first call, as a dynamic linker does it.

        .intel_syntax noprefix

        .equ    __NR_gettimeofday, 96
        .equ    __NR_time, 201
        .equ    __NR_clock_gettime, 228
        .equ    __NR_getcpu, 309
        .equ    AT_SYSINFO_EHDR, 33
        .equ    PT_LOAD, 1
        .equ    PT_DYNAMIC, 2
        .equ    DT_HASH, 4
        .equ    DT_STRTAB, 5
        .equ    DT_SYMTAB, 6

        .globl  clock_gettime, gettimeofday, time, getcpu

        .text

# int clock_gettime(clockid_t clock, struct timespec *tp)
clock_gettime:
        lea     rax, [rip + .Lclock_gettime]    # its name in the vDSO
        lea     r10, [rip + clock_gettime_at]   # where its address is kept
        mov     r11d, __NR_clock_gettime        # what to ask the kernel for if there is no such function
        jmp     vdso_call

# int gettimeofday(struct timeval *tv, struct timezone *tz)
gettimeofday:
        lea     rax, [rip + .Lgettimeofday]
        lea     r10, [rip + gettimeofday_at]
        mov     r11d, __NR_gettimeofday
        jmp     vdso_call

# time_t time(time_t *t)
time:
        lea     rax, [rip + .Ltime]
        lea     r10, [rip + time_at]
        mov     r11d, __NR_time
        jmp     vdso_call

# int getcpu(unsigned *cpu, unsigned *node)
getcpu:
        xor     edx, edx                        # the call has a third argument, which has no meaning any more
        lea     rax, [rip + .Lgetcpu]
        lea     r10, [rip + getcpu_at]
        mov     r11d, __NR_getcpu

# The arguments stand where a function and a system call alike have them.
vdso_call:
        cmp     qword ptr [r10], 0
        jne     .Lknown
        push    rdi
        push    rsi
        push    rdx
        push    r10
        push    r11
        mov     rdi, rax
        call    vdso_find
        pop     r11
        pop     r10
        pop     rdx
        pop     rsi
        pop     rdi
        mov     [r10], rax
.Lknown:
        mov     rax, [r10]
        cmp     rax, -1
        je      .Lkernel
        sub     rsp, 8
        call    rax                             # ring 3 all the way
        add     rsp, 8
        jmp     .Lresult
.Lkernel:
        mov     eax, r11d
        syscall
.Lresult:
        cmp     rax, -4095
        jae     .Lerror
        ret
.Lerror:
        neg     eax
        push    rax
        call    __errno_location
        pop     rcx
        mov     [rax], ecx
        mov     rax, -1
        ret

# void *vdso_find(const char *name): the address of a function of the vDSO, -1 if there is none.
vdso_find:
        push    rbx
        mov     rdx, [rip + environ]            # behind the environment's pointers and a 0 stands the auxiliary vector
.Lvariable:
        mov     rax, [rdx]
        add     rdx, 8
        test    rax, rax
        jnz     .Lvariable
.Lentry:
        mov     rax, [rdx]                      # pairs of a kind and a value; kind 0 is the end
        test    rax, rax
        jz      .Lnowhere
        cmp     rax, AT_SYSINFO_EHDR
        je      .Lobject
        add     rdx, 16
        jmp     .Lentry
.Lobject:
        mov     r8, [rdx + 8]                   # the ELF header
        mov     rdx, [r8 + 32]                  # e_phoff: the program headers
        add     rdx, r8
        movzx   ecx, word ptr [r8 + 56]         # e_phnum
        mov     r9, r8                          # what to add to an address of the file
.Lsegment:
        cmp     dword ptr [rdx], PT_LOAD
        jne     .Lotherkind
        mov     r9, [rdx + 8]                   # p_offset
        sub     r9, [rdx + 16]                  # p_vaddr
        add     r9, r8
.Lotherkind:
        cmp     dword ptr [rdx], PT_DYNAMIC
        jne     .Lnextsegment
        mov     r10, [rdx + 8]
        add     r10, r8                         # r10: the dynamic section
.Lnextsegment:
        add     rdx, 56
        dec     ecx
        jnz     .Lsegment
.Ldynamic:
        mov     rax, [r10]                      # pairs again
        mov     rdx, [r10 + 8]
        add     rdx, r9
        add     r10, 16
        test    rax, rax
        jz      .Lsymbols
        cmp     rax, DT_HASH
        cmove   rcx, rdx
        cmp     rax, DT_STRTAB
        cmove   rsi, rdx
        cmp     rax, DT_SYMTAB
        cmove   r11, rdx
        jmp     .Ldynamic
.Lsymbols:
        mov     ecx, [rcx + 4]                  # as many symbols as the hash table has chains
.Lsymbol:
        mov     edx, [r11]                      # st_name
        add     rdx, rsi
        xor     eax, eax
.Lcompare:
        movzx   ebx, byte ptr [rdi + rax]
        cmp     bl, [rdx + rax]
        jne     .Lnextsymbol
        inc     rax
        test    bl, bl
        jnz     .Lcompare
        mov     rax, [r11 + 8]                  # st_value
        add     rax, r9
        pop     rbx
        ret
.Lnextsymbol:
        add     r11, 24
        dec     ecx
        jnz     .Lsymbol
.Lnowhere:
        mov     rax, -1
        pop     rbx
        ret

        .section .rodata
.Lclock_gettime:        .asciz  "__vdso_clock_gettime"
.Lgettimeofday:         .asciz  "__vdso_gettimeofday"
.Ltime:                 .asciz  "__vdso_time"
.Lgetcpu:               .asciz  "__vdso_getcpu"

        .bss
        .balign 8
clock_gettime_at:       .skip   8               # 0: not looked for yet; -1: not there
gettimeofday_at:        .skip   8
time_at:                .skip   8
getcpu_at:              .skip   8
