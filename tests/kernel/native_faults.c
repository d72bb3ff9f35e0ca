/* Runs each case natively, in a child of its own, and prints what signal it got: the oracle for faults in ring 3.
 *
 * cases.h holds the machine code of the cases.  Each output line is: number, bytes in hex, then signal, si_code,
 * si_addr and rip, or "exit" and a status.  The memory of a case is laid out as fault_cases.py says.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "cases.h"

static int report;
static char other_stack[65536] __attribute__((aligned(16)));

static void on_signal(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	char line[128];
	int length = snprintf(line, sizeof line, "%d %d 0x%lx 0x%lx", signo, info->si_code, (unsigned long)info->si_addr,
			      (unsigned long)uc->uc_mcontext.gregs[REG_RIP]);
	if (write(report, line, length) != length)
		_exit(99);
	_exit(0);
}

static void map(unsigned long at, unsigned long size, int prot)
{
	if (mmap((void *)at, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		_exit(98);
}

/* The C library has used these registers, and which of them depends on the machine; a new program finds zeros. */
static void zero_sse(void)
{
#define ZERO(n) "pxor %%xmm" #n ", %%xmm" #n "\n"
	asm volatile(ZERO(0) ZERO(1) ZERO(2) ZERO(3) ZERO(4) ZERO(5) ZERO(6) ZERO(7) ZERO(8) ZERO(9) ZERO(10) ZERO(11)
		     ZERO(12) ZERO(13) ZERO(14) ZERO(15)::);
}

static void child(const unsigned char *code, long size)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t stack = { .ss_sp = other_stack, .ss_size = sizeof other_stack };
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS };

	sigaltstack(&stack, NULL);
	for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &action, NULL);
	map(TEXT, 2 * 4096, PROT_READ | PROT_WRITE);
	map(DATA, 4096, PROT_READ | PROT_WRITE);
	map(NONE, 4096, PROT_NONE);
	map(STACK, 4096, PROT_READ | PROT_WRITE);
	memcpy((void *)TEXT, code, size);
	mprotect((void *)TEXT, 2 * 4096, PROT_READ | PROT_EXEC);
	alarm(5);
	zero_sse();
	((void (*)(void))TEXT)();
}

int main(void)
{
	for (int i = 0; i < CASES; i++) {
		const unsigned char *code = starts[i];
		long size = starts[i + 1] - code;
		int ends[2], status;
		char line[128];

		if (pipe(ends))
			return 1;
		pid_t pid = fork();
		if (!pid) {
			report = ends[1];
			child(code, size);
			_exit(97);
		}
		close(ends[1]);
		long got = read(ends[0], line, sizeof line - 1);
		close(ends[0]);
		waitpid(pid, &status, 0);
		printf("%d ", i);
		for (long at = 0; at < size; at++)
			printf("%02x", code[at]);
		line[got > 0 ? got : 0] = 0;
		if (got > 0)
			printf(" %s\n", line);
		else if (WIFSIGNALED(status))
			printf(" %d 0 0x0 0x0\n", WTERMSIG(status));
		else
			printf(" exit %d\n", WEXITSTATUS(status));
		fflush(stdout);
	}
	return 0;
}
