"""The command line, one file per verb.

A verb is a module here with a function `register(app: typer.Typer) -> None`; it is found by being there. Verbs import
torch and everything that needs it inside their functions, so that `loopgen --help` answers at once, and let every
`LoopGenError` pass: `app.run` turns it into one line on stderr and exit code 2.
"""
