# Reads from an empty pipe; after a second SIGALRM comes, whose handler puts one byte into the pipe.
# If the program has an argument, the handler is installed with SA_RESTART. Its exit status is what read answered.
_start:
    xor ebx, ebx                # sa_flags to add
    cmp qword ptr [rsp], 1      # argc
    je install
    mov ebx, 0x10000000         # SA_RESTART
install:
    or ebx, 0x04000000          # SA_RESTORER
    push 0                      # struct sigaction, from its end: sa_mask
    lea rax, [rip + restorer]
    push rax                    # sa_restorer
    push rbx                    # sa_flags
    lea rax, [rip + handler]
    push rax                    # sa_handler
    mov eax, 13                 # rt_sigaction(SIGALRM, &action, NULL, 8)
    mov edi, 14
    mov rsi, rsp
    xor edx, edx
    mov r10d, 8
    syscall
    push 0
    mov eax, 22                 # pipe(fds)
    mov rdi, rsp
    syscall
    mov eax, 37                 # alarm(1)
    mov edi, 1
    syscall
    xor eax, eax                # read(fds[0], buf, 1)
    mov edi, dword ptr [rsp]
    lea rsi, [rsp + 8]
    mov edx, 1
    syscall
    mov edi, eax                # exit(that)
    mov eax, 60
    syscall

handler:
    mov eax, 1                  # write(4, "!", 1): the other end of the pipe
    mov edi, 4
    lea rsi, [rip + text]
    mov edx, 1
    syscall
    ret                         # to the restorer

restorer:
    mov eax, 15                 # rt_sigreturn()
    syscall

text:
    .ascii "!"
