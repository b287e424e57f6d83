"""The command line: the laboratory in a terminal.

    main          the `wslab` command: the table of all commands, and how an error becomes one sentence
    options       kinds of values that options share: seconds, ports, addresses, certificates
    errors        CliError, what every module here raises for a person
    launch        `wslab` alone: copy the course and open it in JupyterLab
    connect, diagnose, dissect, doctor, serve   one command a module
    conformance/, misbehave/, path/, play/, tap/   one command a folder (`path`: `wslab build`)
    recording     keep a tape on disk while it grows
    close_advice  why a connection ended, for a person
    terminal/     what the commands share on the screen

What travels is decided by the lab and the protocol. Here it is shown, and a person's words become calls. However a
command ends, what it was asked to save is saved.
"""
