# stdio.s: printf, puts and perror, the part of the library that prints.  libc.s is the other part.
#
# Text is collected in out_buffer and goes to descriptor out_fd in one write.  (glibc does the same, for a terminal line
# by line.)  The out_ functions are this file's own.

        .intel_syntax noprefix

        .equ    LAST_ERRNO, 133
        .equ    OUT_SIZE, 1024

        .globl  printf, puts, perror

        .text

# void out_char(char c)
out_char:
        mov     rax, [rip + out_used]
        cmp     rax, OUT_SIZE
        jb      .Lroom
        push    rdi
        call    out_flush
        pop     rdi
        xor     eax, eax
.Lroom: lea     rcx, [rip + out_buffer]
        mov     [rcx + rax], dil
        inc     qword ptr [rip + out_used]
        inc     qword ptr [rip + out_total]
        ret

# void out_string(const char *s)
out_string:
        push    rbx
        mov     rbx, rdi
.Lcharacter:
        movzx   edi, byte ptr [rbx]
        inc     rbx
        test    edi, edi
        jz      .Lwhole
        call    out_char
        jmp     .Lcharacter
.Lwhole:
        pop     rbx
        ret

# void out_signed(long n)
out_signed:
        mov     esi, 10
        test    rdi, rdi
        jns     out_number
        push    rdi
        mov     edi, '-'
        call    out_char
        pop     rdi
        neg     rdi
        mov     esi, 10                         # and on into out_number

# void out_number(unsigned long n, int base): the last digit is found first, so the text grows downwards.
out_number:
        push    rbx
        sub     rsp, 32                         # room for the 20 digits of 2^64 - 1, and a 0
        lea     rbx, [rsp + 31]
        mov     byte ptr [rbx], 0
        mov     rax, rdi
        mov     ecx, esi
        lea     rsi, [rip + digits]
.Ldivide:
        xor     edx, edx
        div     rcx                             # rdx:rax / base: the remainder, in rdx, is a digit
        mov     dl, [rsi + rdx]
        dec     rbx
        mov     [rbx], dl
        test    rax, rax
        jnz     .Ldivide
        mov     rdi, rbx
        call    out_string
        add     rsp, 32
        pop     rbx
        ret

# long out_flush(void): write what was collected; how much text there was, or -1 if write failed.
out_flush:
        sub     rsp, 8
        mov     edi, [rip + out_fd]
        lea     rsi, [rip + out_buffer]
        mov     rdx, [rip + out_used]
        mov     qword ptr [rip + out_used], 0
        test    rdx, rdx
        jz      .Lwritten                       # nothing to write is no call
        call    write
        test    rax, rax
        js      .Lflushed
.Lwritten:
        mov     rax, [rip + out_total]
.Lflushed:
        add     rsp, 8
        ret

# int puts(const char *s)
puts:
        push    rdi
        mov     edi, 1
        call    out_begin
        pop     rdi
        sub     rsp, 8
        call    out_string
        mov     edi, '\n'
        call    out_char
        call    out_flush
        add     rsp, 8
        ret

# void out_begin(int fd)
out_begin:
        mov     [rip + out_fd], edi
        mov     qword ptr [rip + out_total], 0
        ret

# int printf(const char *format, ...): %d %i %u %x %c %s %%, with l for 64 bits.  Anything else is printed as it stands.
# The arguments are in rsi, rdx, rcx, r8, r9 and then on the stack.  The five are put side by side, so that r12 can walk
# over them; behind the last it jumps to the caller's stack.
printf:
        push    rbp
        mov     rbp, rsp
        push    rbx
        push    r12
        push    r13
        sub     rsp, 40                         # now rsp = rbp - 64
        mov     [rsp], rsi
        mov     [rsp + 8], rdx
        mov     [rsp + 16], rcx
        mov     [rsp + 24], r8
        mov     [rsp + 32], r9
        mov     r12, rsp                        # r12: the next argument
        mov     rbx, rdi                        # rbx: the next character of the format
        mov     edi, 1
        call    out_begin
.Lnext: movzx   edi, byte ptr [rbx]
        inc     rbx
        test    edi, edi
        jz      .Lprinted
        cmp     edi, '%'
        je      .Lconversion
.Lplain:
        call    out_char
        jmp     .Lnext
.Lconversion:
        xor     r13d, r13d                      # r13: how many l's
.Lkind: movzx   edi, byte ptr [rbx]
        inc     rbx
        cmp     edi, '%'
        je      .Lplain
        cmp     edi, 'd'
        je      .Ldecimal
        cmp     edi, 'i'
        je      .Ldecimal
        mov     esi, 10
        cmp     edi, 'u'
        je      .Lunsigned
        mov     esi, 16
        cmp     edi, 'x'
        je      .Lunsigned
        cmp     edi, 'c'
        je      .Lchar
        cmp     edi, 's'
        je      .Lstring
        inc     r13d
        cmp     edi, 'l'
        je      .Lkind
        sub     rbx, r13                        # no conversion: back to behind the %
        mov     edi, '%'
        jmp     .Lplain
.Ldecimal:
        call    .Largument
        movsxd  rdi, eax                        # an int is 32 bits, whatever is above them
        test    r13d, r13d
        cmovnz  rdi, rax
        call    out_signed
        jmp     .Lnext
.Lunsigned:
        call    .Largument
        mov     edi, eax                        # clears the upper half
        test    r13d, r13d
        cmovnz  rdi, rax
        call    out_number
        jmp     .Lnext
.Lchar: call    .Largument
        mov     edi, eax
        jmp     .Lplain
.Lstring:
        call    .Largument
        lea     rdi, [rip + null]
        test    rax, rax
        cmovnz  rdi, rax
        call    out_string
        jmp     .Lnext
.Lprinted:
        call    out_flush
        lea     rsp, [rbp - 24]
        pop     r13
        pop     r12
        pop     rbx
        pop     rbp
        ret

# printf's next argument in rax.
.Largument:
        lea     rax, [rbp - 24]                 # behind the five: saved registers, rbp, the return address
        cmp     r12, rax
        jne     .Lthere
        lea     r12, [rbp + 16]                 # and then the sixth
.Lthere:
        mov     rax, [r12]
        add     r12, 8
        ret

# void perror(const char *s): s, and what errno means, on descriptor 2 (stderr).
perror:
        push    rbx
        push    r12
        sub     rsp, 8
        mov     ebx, [rip + errno]
        mov     r12, rdi
        mov     edi, 2
        call    out_begin
        test    r12, r12
        jz      .Lreason
        cmp     byte ptr [r12], 0
        je      .Lreason
        mov     rdi, r12
        call    out_string
        lea     rdi, [rip + colon]
        call    out_string
.Lreason:
        mov     edi, ebx
        call    out_error
        mov     edi, '\n'
        call    out_char
        call    out_flush
        add     rsp, 8
        pop     r12
        pop     rbx
        ret

# void out_error(int errno): the words for an errno.  They stand one after the other in errlist.
out_error:
        mov     ecx, edi
        cmp     ecx, LAST_ERRNO
        ja      .Lunknown
        lea     rax, [rip + errlist]
.Lskip: dec     ecx
        js      .Lfound
.Lword: inc     rax
        cmp     byte ptr [rax - 1], 0
        jne     .Lword
        jmp     .Lskip
.Lfound:
        cmp     byte ptr [rax], 0               # a number that Linux does not use
        je      .Lunknown
        mov     rdi, rax
        jmp     out_string
.Lunknown:
        push    rdi
        lea     rdi, [rip + unknown]
        call    out_string
        pop     rdi
        movsxd  rdi, edi
        jmp     out_signed

        .bss
        .balign 8
out_used:       .skip   8                       # bytes in out_buffer
out_total:      .skip   8                       # bytes since out_begin
out_buffer:     .skip   OUT_SIZE
out_fd:         .skip   4

        .section .rodata
digits:         .ascii  "0123456789abcdef"
null:           .asciz  "(null)"
colon:          .asciz  ": "
unknown:        .asciz  "Unknown error "
errlist:                                        # errno 0, 1, 2, ...; "" where there is none
        .asciz  "Success", "Operation not permitted", "No such file or directory", "No such process"
        .asciz  "Interrupted system call", "Input/output error", "No such device or address", "Argument list too long"
        .asciz  "Exec format error", "Bad file descriptor", "No child processes", "Resource temporarily unavailable"
        .asciz  "Cannot allocate memory", "Permission denied", "Bad address", "Block device required"
        .asciz  "Device or resource busy", "File exists", "Invalid cross-device link", "No such device"
        .asciz  "Not a directory", "Is a directory", "Invalid argument", "Too many open files in system"
        .asciz  "Too many open files", "Inappropriate ioctl for device", "Text file busy", "File too large"
        .asciz  "No space left on device", "Illegal seek", "Read-only file system", "Too many links", "Broken pipe"
        .asciz  "Numerical argument out of domain", "Numerical result out of range", "Resource deadlock avoided"
        .asciz  "File name too long", "No locks available", "Function not implemented", "Directory not empty"
        .asciz  "Too many levels of symbolic links", "", "No message of desired type", "Identifier removed"
        .asciz  "Channel number out of range", "Level 2 not synchronized", "Level 3 halted", "Level 3 reset"
        .asciz  "Link number out of range", "Protocol driver not attached", "No CSI structure available"
        .asciz  "Level 2 halted", "Invalid exchange", "Invalid request descriptor", "Exchange full", "No anode"
        .asciz  "Invalid request code", "Invalid slot", "", "Bad font file format", "Device not a stream"
        .asciz  "No data available", "Timer expired", "Out of streams resources", "Machine is not on the network"
        .asciz  "Package not installed", "Object is remote", "Link has been severed", "Advertise error"
        .asciz  "Srmount error", "Communication error on send", "Protocol error", "Multihop attempted"
        .asciz  "RFS specific error", "Bad message", "Value too large for defined data type"
        .asciz  "Name not unique on network", "File descriptor in bad state", "Remote address changed"
        .asciz  "Can not access a needed shared library", "Accessing a corrupted shared library"
        .asciz  ".lib section in a.out corrupted", "Attempting to link in too many shared libraries"
        .asciz  "Cannot exec a shared library directly", "Invalid or incomplete multibyte or wide character"
        .asciz  "Interrupted system call should be restarted", "Streams pipe error", "Too many users"
        .asciz  "Socket operation on non-socket", "Destination address required", "Message too long"
        .asciz  "Protocol wrong type for socket", "Protocol not available", "Protocol not supported"
        .asciz  "Socket type not supported", "Operation not supported", "Protocol family not supported"
        .asciz  "Address family not supported by protocol", "Address already in use"
        .asciz  "Cannot assign requested address", "Network is down", "Network is unreachable"
        .asciz  "Network dropped connection on reset", "Software caused connection abort", "Connection reset by peer"
        .asciz  "No buffer space available", "Transport endpoint is already connected"
        .asciz  "Transport endpoint is not connected", "Cannot send after transport endpoint shutdown"
        .asciz  "Too many references: cannot splice", "Connection timed out", "Connection refused", "Host is down"
        .asciz  "No route to host", "Operation already in progress", "Operation now in progress", "Stale file handle"
        .asciz  "Structure needs cleaning", "Not a XENIX named type file", "No XENIX semaphores available"
        .asciz  "Is a named type file", "Remote I/O error", "Disk quota exceeded", "No medium found"
        .asciz  "Wrong medium type", "Operation canceled", "Required key not available", "Key has expired"
        .asciz  "Key has been revoked", "Key was rejected by service", "Owner died", "State not recoverable"
        .asciz  "Operation not possible due to RF-kill", "Memory page has hardware error"
