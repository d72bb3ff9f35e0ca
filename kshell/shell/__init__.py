"""The shell around the kernel: what a person types, what it does, and how the answer is shown.

Its rooms and files stand in one order, and each imports from those before it alone:

    errors         what a command says when it cannot do what it was asked
    views          what commands return, as JSON and as lines; where results go
    host_files     files and paths of the host
    machine_files  files inside the machine, looked at without a program
    lines          a line as typed: words, options, what a Unix shell has and kshell has not
    settings       what the person has set for the prompt
    state          what a session has and remembers, as data: the Context that every command is handed
    trees          a kernel tree on the host: which one, what was changed, whether it runs, what boots
    modules        insmod, modprobe, rmmod, modinfo
    calls          a system call: its line, its arguments, its hops, why it failed
    programs       a program in user mode: where it comes from, its run
    debugger       a call that stands still: what is shown of it, and what may be typed then
    commands       the commands, thin faces over the rooms above, and their registry
    session        the engine: reads lines, runs their commands, shows what each came to
    prompt         the face on a terminal
"""
