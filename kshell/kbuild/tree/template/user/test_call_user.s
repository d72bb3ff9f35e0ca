# test_call_user: make the new system call and say what came back.
#
#   run user/test_call_user 5
#
# This is the user program of the slides, in assembly: each part stands under the line of C that it is.  What it calls
# (printf, atoi, perror, syscall) is in libc.s and stdio.s.  How functions call each other on x86-64: arguments go in
# rdi, rsi, rdx, rcx, r8, r9, the result comes back in rax; rbx, rbp and r12 to r15 belong to the caller; rsp is a
# multiple of 16 at each call; al is 0 for a call that takes any number of arguments and no floating point ones.

        .intel_syntax noprefix

        .equ    __NR_TEST_CALL, 335             # #define __NR_TEST_CALL 335

        .globl  main

        .text

# int test_call(int test) {
test_call:
        sub     rsp, 8                          # the call below finds rsp at a multiple of 16

#     return syscall(__NR_TEST_CALL, test);
        mov     esi, edi                        # test: 32 bits, so the upper half of rsi is 0 even if it is negative
        mov     edi, __NR_TEST_CALL
        xor     eax, eax
        call    syscall

# }
        add     rsp, 8
        ret                                     # an int: of what syscall returned only eax, the lower half, counts

# int main(int argc, char **argv) {
main:
        push    rbx
        push    r12
        sub     rsp, 8

#     if (argc != 2) {
        cmp     edi, 2
        je      .Largs

#         printf("wrong number of args\n");
        lea     rdi, [rip + .Lwrong]
        xor     eax, eax
        call    printf

#         return -1;
        mov     eax, -1                         # the shell sees the low eight bits: status 255
        jmp     .Lend

#     }
#     int test = atoi(argv[1]);
.Largs: mov     rdi, [rsi + 8]                  # argv is an array of pointers, 8 bytes each
        call    atoi
        mov     ebx, eax                        # ebx: test

#     long ret = test_call(test);
        mov     edi, ebx
        call    test_call
        movsxd  r12, eax                        # r12: ret, an int made long

#     if (ret < 0)
        test    r12, r12
        jns     .Lelse

#         perror("system call error");
        lea     rdi, [rip + .Lerror]
        call    perror
        jmp     .Lreturned

#     else
#         printf("Function successful. passed in: %d,\n", test, ret);
.Lelse: lea     rdi, [rip + .Lsuccess]
        mov     esi, ebx
        mov     rdx, r12                        # one argument more than the text asks for: nobody reads it
        xor     eax, eax
        call    printf

#     printf("Returned value: %ld\n", ret);
.Lreturned:
        lea     rdi, [rip + .Lvalue]
        mov     rsi, r12
        xor     eax, eax
        call    printf

#     return 0;
        xor     eax, eax

# }
.Lend:  add     rsp, 8
        pop     r12
        pop     rbx
        ret

        .section .rodata
.Lwrong:        .asciz  "wrong number of args\n"
.Lerror:        .asciz  "system call error"
.Lsuccess:      .asciz  "Function successful. passed in: %d,\n"
.Lvalue:        .asciz  "Returned value: %ld\n"
