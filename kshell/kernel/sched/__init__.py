"""Appendix: tasks as they lie in memory, for whoever looks at them from outside: task_struct, its lists, its cred.

It may import core; it must not know what else the kernel keeps of a task (task/task.py), which stands on it.
"""
