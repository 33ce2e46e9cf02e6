"""`weightreel …`, also `python -m weightreel …`: which commands there are, and how each ends.

A command is a file of `weightreel.commands`, which is imported when it is asked for. Commands that only read a store do
so without torch.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from weightreel.analysis.errors import WeightreelError
from weightreel.analysis.interrupts import heeding_interrupts
from weightreel.analysis.plain_text import visible_lines

COMMANDS = {
    "run": "run",
    "train": "run:train",
    "spectra": "spectra",
    "attack": "attack",
    "import": "import_",
    "merge": "stores.merge",
    "cache": "cache",
    "show": "stores.show",
    "check": "stores.check",
    "rescue": "stores.rescue",
    "figures": "figures",
    "export": "stores.export",
    "film": "film",
    "slides": "slides",
    "present": "present",
    "site": "site",
    "look": "look",
}
"""Modules of `weightreel.commands` by the commands that they hold, in the order of the list that `--help` prints.

Behind a colon stands what the command is called there, if not `command`."""
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130
_NO_MEMORY = re.compile("out of memory|not enough memory|can't allocate memory", re.IGNORECASE)
"""What PyTorch's messages say where the memory of a device or of the computer ends."""
EXIT_NOT_READ = 1
"""Whoever reads what is printed has gone."""

EXTRAS = {
    "analysis": (
        "torch",
        "torchvision",
        "weightwatcher",
        "powerlaw",
        "sklearn",
        "joblib",
        "threadpoolctl",
        "foolbox",
        "eagerpy",
    ),
    "cluster": ("distributed",),
    "data": ("pandas", "xarray", "h5netcdf"),
    "import": ("safetensors", "tensorboard"),
    "slides": ("manim_slides",),
    "voice": ("manim_voiceover", "pydub"),
}
"""Modules that only some commands need, by the extra that installs them."""


class Commands(click.Group):
    """The commands of `weightreel`, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order of a project."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = getattr(import_module(f"weightreel.commands.{module}"), name or "command")
        assert isinstance(found, click.Command)
        found.short_help = (found.help or "").partition("\n")[0]  # whole, in the list of commands
        return found


def _print_version(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        from importlib.metadata import version

        print(f"weightreel {version('weightreel')}")
        context.exit()


@click.group(
    cls=Commands,
    help="Train a network, measure it at every epoch, keep it all in one store, and film it.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--version", is_flag=True, expose_value=False, callback=_print_version, help="Show the version.")
def weightreel() -> None:
    """Hold the commands; it does nothing of its own."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code.

    That is 0; 1 where `check` or `look` find something; 2 on bad input, or where something is missing or cannot be
    written; 130 on Ctrl-C.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    context: click.Context | None = None
    try:
        with heeding_interrupts(), weightreel.make_context("weightreel", given) as context:
            return int(weightreel.invoke(context) or 0)
    except click.exceptions.Exit as left:
        return left.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
    except click.UsageError as error:
        name = error.ctx.command_path if error.ctx else "weightreel"
        _tell(f"{error.format_message().rstrip('.')}; `{name} --help` tells what there is.")
    except WeightreelError as error:
        _tell(str(error))
    except KeyboardInterrupt:
        how = "--resume" if _has_option(context, "resume") else "the same command"
        _tell(f"stopped; what was finished is kept, {how} goes on from there.")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains as it ends
        return EXIT_NOT_READ
    except ModuleNotFoundError as error:
        extra = extra_of(error.name or "")
        if extra is None:
            raise
        _tell(f"this command needs {error.name}; pip install 'weightreel[{extra}]'.")
    except (MemoryError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and not _NO_MEMORY.search(str(error)):
            raise
        _tell("there is not enough memory for this; choose smaller or fewer networks, images or trials.")
    except OSError as error:
        where = "; free some space or choose another place with --out" if _has_option(context, "out") else ""
        _tell(f"{error}{where}.")
    return EXIT_BAD_INPUT


def extra_of(module: str) -> str | None:
    """The extra that installs a module, None where no command can do without it."""
    top = module.partition(".")[0]
    return next((extra for extra, modules in EXTRAS.items() if top in modules), None)


def _has_option(context: click.Context | None, name: str) -> bool:
    """Whether the command that is run has an option."""
    if context is None or context.invoked_subcommand is None:
        return False
    command = weightreel.get_command(context, context.invoked_subcommand)
    return command is not None and any(parameter.name == name for parameter in command.params)


def _tell(sentence: str) -> None:
    click.secho(f"weightreel: {visible_lines(sentence)}", fg="red", err=True)
