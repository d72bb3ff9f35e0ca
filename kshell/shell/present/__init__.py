"""A script or a lesson shown to a class: a deck of slides, where one is in it, and what each key does there.

    prose        headings, paragraphs and questions, as views
    deck         slides as values: what is asked, run and told on each
    script       a script of commands becomes a deck; or is shown as it runs
    hands        a show of hands, counted and compared
    presentation where one is in a deck, what was counted and shown so far: the moves, as values
    giving       a presentation given on a machine: commands are run, and taken back
    layout       the slide as rows of a screen
    notes        what the speaker reads, and the class does not
    folder       where the files of a lesson are meanwhile
    face         what a presentation is shown by
    recorder     results kept as lines, for a slide

It may import what stands before it (see kshell.shell), and knows neither keys nor a terminal: those are a Face's, which
the prompt has.
"""
