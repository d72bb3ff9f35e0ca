/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sched.h - tasks: what the kernel knows of each, the one that runs, and the way from one to the next */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H

#include <linux/kernel.h>
#include <linux/types.h>
#include <linux/version.h>

#define TASK_RUNNING 0
#define TASK_INTERRUPTIBLE 1
#define TASK_UNINTERRUPTIBLE 2
#define EXIT_DEAD 16
#define EXIT_ZOMBIE 32

#define PF_IDLE 0x00000002
#define PF_EXITING 0x00000004
#define PF_SIGNALED 0x00000400
#define PF_KTHREAD 0x00200000

#define TASK_COMM_LEN 16

struct cred;
struct mm_struct;
struct files_struct;

struct thread_info {
	unsigned long flags;
	unsigned int status;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned long addr_limit;
#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 14, 0)
	unsigned int state;
#else
	unsigned int __state;
#endif
	unsigned int flags;
	void *stack;
	int on_cpu;
	int prio;
	int static_prio;
	int normal_prio;
	unsigned int rt_priority;
	unsigned int policy;
	struct list_head tasks;
	struct mm_struct *mm;
	struct mm_struct *active_mm;
	int exit_state;
	int exit_code;
	int exit_signal;
	pid_t pid;
	pid_t tgid;
	struct task_struct *real_parent;
	struct task_struct *parent;
	struct list_head children;
	struct list_head sibling;
	struct task_struct *group_leader;
	unsigned long utime;
	unsigned long stime;
	unsigned long nvcsw;
	unsigned long nivcsw;
	unsigned long start_time;
	unsigned long min_flt;
	unsigned long maj_flt;
	struct cred *real_cred;
	struct cred *cred;
	char comm[TASK_COMM_LEN];
	struct files_struct *files;
};

extern struct task_struct init_task;

static inline struct task_struct *get_current(void)
{
	struct task_struct *task;

	__asm__("movq %%gs:current_task, %0" : "=r" (task));
	return task;
}

#define current get_current()

#define next_task(p) container_of((p)->tasks.next, struct task_struct, tasks)
#define for_each_process(p) for (p = &init_task; (p = next_task(p)) != &init_task;)

static inline pid_t task_pid_nr(struct task_struct *task)
{
	return task->pid;
}

static inline pid_t task_tgid_nr(struct task_struct *task)
{
	return task->tgid;
}

#endif
