# Catches SIGSEGV, says "again", and returns; the third time it ends the program with status 3.
# If the program has an argument, the handler first maps the page that was missing.
_start:
    mov r12, qword ptr [rsp]    # argc
    push 0
    mov rbx, rsp                # where the faults are counted
    push 0                      # struct sigaction, from its end: sa_mask
    lea rax, [rip + restorer]
    push rax                    # sa_restorer
    push 0x04000004             # sa_flags: SA_RESTORER | SA_SIGINFO
    lea rax, [rip + handler]
    push rax                    # sa_handler
    mov eax, 13                 # rt_sigaction(SIGSEGV, &action, NULL, 8)
    mov edi, 11
    mov rsi, rsp
    xor edx, edx
    mov r10d, 8
    syscall
    mov eax, dword ptr [0x500000]   # nothing is mapped there
    mov eax, 60                 # exit(0)
    xor edi, edi
    syscall

handler:                        # handler(signo, &siginfo, &ucontext)
    mov r13, qword ptr [rsi + 16]   # si_addr
    mov eax, 1                  # write(1, "again\n", 6)
    mov edi, 1
    lea rsi, [rip + text]
    mov edx, 6
    syscall
    inc dword ptr [rbx]
    cmp dword ptr [rbx], 3
    je give_up
    cmp r12, 1
    je done
    mov eax, 9                  # mmap(si_addr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0)
    mov rdi, r13
    mov esi, 4096
    mov edx, 1
    mov r10d, 0x32
    mov r8, -1
    xor r9d, r9d
    syscall
done:
    ret                         # to the restorer

give_up:
    mov eax, 60                 # exit(3)
    mov edi, 3
    syscall

restorer:
    mov eax, 15                 # rt_sigreturn()
    syscall

text:
    .ascii "again\n"
