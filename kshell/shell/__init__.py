"""The shell around the kernel: what a person types, what it does, and how the answer is shown.

Its rooms and files stand in one order, and each imports from those before it alone:

    errors         what a command says when it cannot do what it was asked
    limits         what a script may take of the host: time and memory
    command_line   kshell's own command line
    views          what commands return, as JSON and as lines; where results go
    host_files     files and paths of the host
    host_trouble   what the host could not give
    own_files      files of kshell's own, read to an end
    machine_files  files inside the machine, looked at without a program
    lines          a line as typed: words, options, what a Unix shell has and kshell has not
    settings       what the person has set for the prompt
    streams        where the results of a process without a prompt go: plain text, colours, JSON
    replay         what is done to a kernel, noted as data and done again: the way back
    state          what a session has and remembers, as data: the Context that every command is handed
    trees          a kernel tree on the host: which one, what was changed, whether it runs, what boots
    modules        insmod, modprobe, rmmod, modinfo
    calls          a system call: its line, its arguments, its hops, why it failed
    programs       a program in user mode: where it comes from, its run
    diagrams       pictures of a traced call, and two of them side by side
    debugger       a call that stands still: what is shown of it, and what may be typed then
    oopses         the kernel's last report, line by line
    costs          what things cost, measured in a machine of their own
    present        a script or a lesson for a class: slides, and a machine that goes back with them
    commands       the commands, thin faces over the rooms above, and their registry
    engine         one command: found, run, and shown as what it came to
    session        lines, and whose: typed ones, those of a script, a file, a lesson, a presentation
    prompt         the face on a terminal
"""
