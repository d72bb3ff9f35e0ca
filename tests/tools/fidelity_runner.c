/* Runs ELFs from standard input, each in a fresh root under ptrace; answers how each ended and what it has logged.
   Arguments: the uid, an empty folder for the root; any third one: not under ptrace, which changes how ignored signals
   end a wait. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <grp.h>
#include <time.h>
#include <unistd.h>
#define CK(x) do { if ((x) < 0) { perror(#x); _exit(99); } } while (0)
static int rdall(void *p, size_t n) { char *c = p; while (n) { ssize_t r = read(0, c, n); if (r <= 0) return 0; c += r; n -= r; } return 1; }
static void wrall(const void *p, size_t n) { const char *c = p; while (n) { ssize_t r = write(1, c, n); if (r <= 0) exit(9); c += r; n -= r; } }
static void put(const char *path, int mode, const char *text) { int f = open(path, O_CREAT | O_WRONLY, 0600); CK(f); CK(write(f, text, strlen(text))); CK(fchmod(f, mode)); close(f); }
static void dirs(const char *path, int mode, int uid) { CK(mkdir(path, 0700)); CK(chmod(path, mode)); CK(chown(path, uid, uid)); }
static void dev(const char *path, int mode, int ma, int mi) { CK(mknod(path, S_IFCHR | 0600, makedev(ma, mi))); CK(chmod(path, mode)); }
static void alrm(int s) { }
int main(int argc, char **argv) {
  int uid = atoi(argv[1]); const char *root = argv[2]; int traced = argc < 4;
  struct sigaction sa = { .sa_handler = alrm }; sigaction(SIGALRM, &sa, 0);
  mkdir(root, 0755);
  for (;;) {
    uint32_t n; if (!rdall(&n, 4)) return 0;
    char *elf = malloc(n); if (!rdall(elf, n)) return 1;
    int ef = memfd_create("prog", MFD_CLOEXEC), lf = memfd_create("log", 0);
    CK(ef); CK(lf); CK(write(ef, elf, n)); free(elf);
    char efp[64]; sprintf(efp, "/proc/self/fd/%d", ef); int er = open(efp, O_RDONLY | O_CLOEXEC); CK(er); close(ef);
    pid_t pid = fork();
    if (!pid) {
      CK(unshare(CLONE_NEWNS)); CK(mount("none", "/", 0, MS_REC | MS_PRIVATE, 0));
      CK(mount("tmpfs", root, "tmpfs", 0, "mode=755,size=64m,nr_inodes=32768"));
      umask(0); CK(chroot(root)); CK(chdir("/"));
      dirs("/etc", 0755, 0); put("/etc/hostname", 0644, "kshell\n");
      put("/etc/passwd", 0644, "root:x:0:0:root:/root:/bin/sh\nstudent:x:1000:1000:student:/home/student:/bin/sh\n");
      put("/etc/os-release", 0644, "NAME=\"kshell\"\nID=kshell\nPRETTY_NAME=\"kshell, a simulated kernel\"\n");
      put("/etc/shadow", 0600, "root:*:20454:0:99999:7:::\nstudent:*:20454:0:99999:7:::\n");
      CK(symlink("/proc/self/mounts", "/etc/mtab"));
      dirs("/home", 0755, 0); dirs("/home/student", 0755, 1000); CK(symlink("loop", "/home/student/loop"));
      dirs("/root", 0700, 0); dirs("/tmp", 01777, 0); dirs("/var", 0755, 0); dirs("/var/mail", 01777, 0); put("/var/mail/root", 0600, "");
      dirs("/dev", 0755, 0); dirs("/proc", 0555, 0); dirs("/sys", 0555, 0);
      CK(mount("tmpfs", "/dev", "tmpfs", 0, "mode=755"));
      dev("/dev/null", 0666, 1, 3); dev("/dev/zero", 0666, 1, 5); dev("/dev/full", 0666, 1, 7);
      dev("/dev/random", 0666, 1, 8); dev("/dev/urandom", 0666, 1, 9); dev("/dev/tty", 0666, 5, 0); dev("/dev/console", 0600, 5, 1);
      CK(mount("proc", "/proc", "proc", 0, 0)); CK(mount("sysfs", "/sys", "sysfs", 0, 0));
      umask(022);
      struct rlimit nf = { 1024, 4096 }, st = { 8 << 20, RLIM_INFINITY }, co = { 0, 0 };
      setrlimit(RLIMIT_NOFILE, &nf); setrlimit(RLIMIT_STACK, &st); setrlimit(RLIMIT_CORE, &co);
      CK(personality(ADDR_NO_RANDOMIZE));
      int nul = open("/dev/null", O_RDWR); CK(nul);
      CK(fcntl(lf, F_SETFL, O_APPEND)); 
      CK(dup2(lf, 900)); CK(dup3(er, 901, O_CLOEXEC));
      for (int i = 0; i < 3; i++) CK(dup2(nul, i));
      syscall(SYS_close_range, 3, 899, 0); syscall(SYS_close_range, 902, ~0u, 0);
      long none[4] = { 0 };  /* the two that the C library keeps for itself, which its signal() refuses, are ignored in what posix_spawn began */
      for (int s = 1; s < 65; s++) syscall(SYS_rt_sigaction, s, none, 0, 8);
      if (uid) { CK(setgroups(0, 0)); CK(setresgid(uid, uid, uid)); CK(setresuid(uid, uid, uid)); } else CK(setgroups(0, 0));
      if (traced) CK(ptrace(PTRACE_TRACEME, 0, 0, 0));
      else { CK(setsid()); CK(prctl(PR_SET_PDEATHSIG, SIGKILL)); }
      char *av[] = { "prog", 0 }, *ev[] = { 0 };
      syscall(SYS_execveat, 901, "", av, ev, AT_EMPTY_PATH);
      _exit(98);
    }
    close(er);
    int32_t out[4] = { 0, 0, 0, 0 }; uint64_t addr = 0, rip = 0; struct user_regs_struct kept; memset(&kept, 0, sizeof kept); int started = 0;  /* kind, status|signo, si_code */
    struct itimerval it = { { 0, 40000 }, { 0, 40000 } }; setitimer(ITIMER_REAL, &it, 0);
    int ticks = 0, sleepy = 0;
    for (;;) {
      int st; pid_t w = waitpid(pid, &st, 0);
      if (w < 0 && errno == EINTR) {
        char p[64], b[512]; sprintf(p, "/proc/%d/stat", pid); int f = open(p, O_RDONLY); ssize_t r = read(f, b, 511); close(f);
        b[r > 0 ? r : 0] = 0; char *q = strrchr(b, ')'); sleepy = q && q[2] == 'S' ? sleepy + 1 : 0; ticks++;
        if (sleepy >= 3 || ticks > 250) { out[0] = sleepy >= 3 ? 3 : 4; kill(pid, SIGKILL); }
        continue;
      }
      if (w < 0) break;
      if (WIFEXITED(st)) { if (out[0] < 2) { out[0] = 1; out[1] = WEXITSTATUS(st); } break; }
      if (WIFSIGNALED(st)) { if (out[0] < 2) { out[0] = 2; out[1] = WTERMSIG(st); } break; }
      if (WIFSTOPPED(st)) {
        int sig = WSTOPSIG(st);
        if (!started) { started = 1; ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_EXITKILL); ptrace(PTRACE_CONT, pid, 0, 0); continue; }
        siginfo_t si; struct user_regs_struct r;
        if (out[0] < 2 && ptrace(PTRACE_GETSIGINFO, pid, 0, &si) == 0) {
          out[0] = 2; out[1] = si.si_signo; out[2] = si.si_code; addr = (uint64_t)si.si_addr;
          ptrace(PTRACE_GETREGS, pid, 0, &r); rip = r.rip; kept = r;
          if (si.si_signo == SIGPIPE) addr = 0;
        }
        ptrace(PTRACE_CONT, pid, 0, sig);
      }
    }
    memset(&it, 0, sizeof it); setitimer(ITIMER_REAL, &it, 0);
    off_t size = lseek(lf, 0, SEEK_END); char *buf = malloc(size + 1);
    CK(pread(lf, buf, size, 0)); close(lf);
    wrall(out, 16); wrall(&addr, 8); wrall(&rip, 8); wrall(&kept, sizeof kept); n = size; wrall(&n, 4); wrall(buf, size); free(buf);
  }
}
