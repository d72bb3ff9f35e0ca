"""Guided lessons: read, run, checked, and proved by whoever writes one.

A lesson is data, a folder with a lesson.toml: no line of it is Python that kshell runs.  What a student did is judged
by the state that it led to, never by what was typed.

    lesson     what a lesson is: its steps, as values
    prose      the text of a step as lines of a screen
    world      what a check may look at
    checks     the closed set of checks, a file for each subject
    keys       which keys a lesson.toml has
    read       lesson.toml to a Lesson, or a LessonError with file and line
    shelf      where lessons are: with kshell, in a folder or zip of one's own, in packages
    progress   what was done when, on disk
    views      what a step, a check, the list look like
    track      the commands of a lesson, and the machine that they lead to; tape: the same on disk
    doing      a lesson being done: its steps, what answers and commands come to
    words      what may be said to it: next, hint, check, skip, ...
    guide      the same as what a session asks: which lines are meant for it
    lint       a lesson proved by running it
    authoring  new, preview, render
    commands   the command `lesson`, a thin face over all this

It may import the shell and what stands below that; nothing but the registry of commands knows it, by name.
"""
