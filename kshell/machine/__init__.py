"""The hardware: RAM, page tables, the CPU, an assembler and a disassembler. Knows no system call: it calls back."""
