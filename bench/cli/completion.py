"""``pgproof completion``: the line that makes a shell complete what is typed after ``pgproof``."""

from __future__ import annotations

import click

LINES = {
    "bash": ("~/.bashrc", 'eval "$(_PGPROOF_COMPLETE=bash_source pgproof)"'),
    "zsh": ("~/.zshrc", 'eval "$(_PGPROOF_COMPLETE=zsh_source pgproof)"'),
    "fish": ("~/.config/fish/completions/pgproof.fish", "_PGPROOF_COMPLETE=fish_source pgproof | source"),
}
"""Shell to the file that it reads, and what belongs there."""


@click.command()
@click.argument("shell", type=click.Choice(list(LINES)))
def completion(shell: str) -> int:
    """Say how to have the shell complete commands and options.

    Prints one line for the shell's start-up file, under a comment that names the file: >> can append both. The next
    shell completes commands, options, choices and files.
    """
    file, line = LINES[shell]
    click.echo(f"# to have pgproof completed in {shell}, put this line into {file}\n{line}")
    return 0
