"""scripts/setup.sh on made-up machines: what it calls are stand-ins that write down how they were called."""

from __future__ import annotations

import importlib.metadata as metadata
import os
import re
import shutil
import stat
import subprocess
import tomllib
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("sh", "cat", "cksum", "dirname", "mkdir", "rm", "sleep", "env", "true", "chmod")


@dataclass
class Machine:
    """A project folder and a PATH of stand-ins."""

    folder: Path
    calls: Path = field(init=False)

    def __post_init__(self) -> None:
        self.calls = self.folder / "calls"
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(str(shutil.which(tool)))
        project = self.folder / "project"
        (project / "scripts").mkdir(parents=True)
        shutil.copy(ROOT / "scripts" / "setup.sh", project / "scripts")
        (project / "pyproject.toml").write_text("[project]\n")
        (project / "constraints.txt").write_text("manim==0.21.0\n")
        self.project = project
        self.put("uname", "echo Linux")
        self.put("id", "echo 0")
        self.put("cc", "")
        self.put("pkg-config", "")
        self.put("apt-get", "")
        self.python("python3")

    def put(self, name: str, body: str, log: bool = True) -> None:
        """A stand-in that runs `body`, after it wrote its call down."""
        path = self.bin / name
        note = f'echo "{name} $*" >> {self.calls}\n' if log else ""
        path.write_text(f"#!/bin/sh\n{note}{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def python(self, name: str, new: bool = True, headers: bool = True, venv: bool = True, pip: int = 0) -> None:
        """A stand-in for Python that can make a .venv, which holds another stand-in."""
        include = self.folder / "include"
        include.mkdir(exist_ok=True)
        (include / "Python.h").touch() if headers else (include / "Python.h").unlink(missing_ok=True)
        inner = f'#!/bin/sh\necho "venv-python $*" >> {self.calls}\ncase "$*" in *install*) exit {pip};; esac\n'
        script = self.folder / f"inner-{name}"
        script.write_text(inner)
        script.chmod(0o755)
        self.put(
            name,
            f"""case "$*" in
            *'(3, 11)'*) exit {0 if new else 1};;
            *ensurepip*) exit {0 if venv else 1};;
            *python%d*) echo python3.12;;
            *sysconfig*) echo {include};;
            '-m venv '*) mkdir -p "$3/bin"; cat {script} > "$3/bin/python"; chmod 755 "$3/bin/python";;
            esac""",
            log=False,
        )

    def setup(self, layer: str = "films", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script on this machine."""
        return subprocess.run(
            [self.project / "scripts" / "setup.sh", layer],
            env={"PATH": str(self.bin), **environment},
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def called(self, pattern: str) -> list[str]:
        """Calls that match."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        return [line for line in lines if re.search(pattern, line)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a refusal."""
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr.strip()


class TestLayers:
    @pytest.mark.parametrize(
        ("layer", "extras"),
        [("films", "."), ("slides", ".[slides]"), ("analysis", ".[analysis]"), ("test", ".[analysis,slides,test]")],
    )
    def test_a_layer_installs_its_extras_with_constraints(self, machine: Machine, layer: str, extras: str) -> None:
        assert machine.setup(layer).returncode == 0
        (install,) = machine.called("venv-python .*install")
        assert install.endswith(f"--constraint constraints.txt --editable {extras}")

    def test_a_ready_layer_does_nothing(self, machine: Machine) -> None:
        machine.setup("analysis")
        before = len(machine.called(""))
        for layer in ("films", "analysis"):
            done = machine.setup(layer)
            assert (done.returncode, done.stdout) == (0, "")
        assert machine.called("install") == machine.called("install")[:1]
        assert len(machine.called("")) == before + 2, "only .venv's Python is asked whether it runs"

    def test_changed_dependencies_install_again(self, machine: Machine) -> None:
        machine.setup()
        (machine.project / "constraints.txt").write_text("manim==0.21.1\n")
        machine.setup()
        assert len(machine.called("venv-python .*install")) == 2

    def test_a_failed_installation_is_tried_again(self, machine: Machine) -> None:
        machine.python("python3", pip=1)
        assert refusal(machine.setup()).startswith("setup: pip failed")
        shutil.rmtree(machine.project / ".venv")
        machine.python("python3")
        assert machine.setup().returncode == 0

    def test_a_broken_venv_is_made_anew(self, machine: Machine) -> None:
        machine.setup()
        (machine.project / ".venv" / "bin" / "python").unlink()
        done = machine.setup()
        assert done.returncode == 0
        assert "making .venv" in done.stdout

    def test_a_lock_left_by_a_killed_process_is_removed(self, machine: Machine) -> None:
        lock = machine.project / ".venv.lock"
        lock.mkdir()
        gone = subprocess.Popen(["true"])
        gone.wait()
        (lock / "pid").write_text(f"{gone.pid}\n")
        assert machine.setup().returncode == 0
        assert not lock.exists()

    def test_an_unknown_layer_is_refused(self, machine: Machine) -> None:
        assert "there are films, slides, voice, analysis and test" in refusal(machine.setup("moon"))

    def test_the_extras_exist(self) -> None:
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        assert {"analysis", "slides", "test"} <= extras.keys()


class TestPython:
    def test_a_newer_one_is_looked_for(self, machine: Machine) -> None:
        machine.python("python3", new=False)
        machine.python("python3.12")
        assert machine.setup().returncode == 0

    def test_none_is_one_sentence(self, machine: Machine) -> None:
        machine.python("python3", new=False)
        assert "no Python of 3.11 or newer was found" in refusal(machine.setup())

    def test_a_named_one_must_be_new_enough(self, machine: Machine) -> None:
        machine.python("python3.9", new=False)
        assert "PYTHON=python3.9 is older than 3.11" in refusal(machine.setup(PYTHON="python3.9"))
        assert "PYTHON=nothing is not there" in refusal(machine.setup(PYTHON="nothing"))


class TestSystemPackages:
    ALL = "gcc libc6-dev pkg-config libcairo2-dev libpango1.0-dev python3.12-dev python3.12-venv"

    def bare(self, machine: Machine) -> None:
        (machine.bin / "cc").unlink()
        (machine.bin / "pkg-config").unlink()
        machine.python("python3", headers=False, venv=False)

    def test_nothing_is_asked_for_when_all_is_there(self, machine: Machine) -> None:
        assert machine.setup().returncode == 0
        assert machine.called("apt-get") == []

    def test_root_installs_what_is_missing(self, machine: Machine) -> None:
        self.bare(machine)
        assert machine.setup().returncode == 0
        update, install = machine.called("apt-get")
        assert update == "apt-get update -qq"
        assert install.endswith(f"--no-install-recommends {self.ALL}")

    def test_only_libraries_missing(self, machine: Machine) -> None:
        machine.put("pkg-config", "exit 1")
        machine.setup()
        assert machine.called("apt-get install")[0].endswith("--no-install-recommends libcairo2-dev libpango1.0-dev")

    def test_sudo_without_password_is_used(self, machine: Machine) -> None:
        self.bare(machine)
        machine.put("id", "echo 1000")
        machine.put("sudo", 'shift; exec "$@"')
        assert machine.setup().returncode == 0
        assert machine.called("apt-get install")

    @pytest.mark.parametrize("sudo", [True, False])
    def test_without_the_right_the_command_is_printed(self, machine: Machine, sudo: bool) -> None:
        self.bare(machine)
        machine.put("id", "echo 1000")
        if sudo:
            machine.put("sudo", "exit 1")
        assert refusal(machine.setup()).endswith(f"run: sudo apt-get install --yes {self.ALL}")
        assert machine.called("apt-get") == []

    def test_a_failure_of_apt_prints_the_command(self, machine: Machine) -> None:
        self.bare(machine)
        machine.put("apt-get", "exit 100")
        assert refusal(machine.setup()).endswith(f"run: sudo apt-get install --yes {self.ALL}")

    def test_macos_uses_homebrew(self, machine: Machine) -> None:
        machine.put("uname", "echo Darwin")
        machine.put("pkg-config", "exit 1")
        assert refusal(machine.setup()).endswith("run: brew install cairo pango")
        machine.put("brew", "")
        assert machine.setup().returncode == 0
        assert machine.called("brew") == ["brew install cairo pango"]

    def test_another_system_names_the_packages(self, machine: Machine) -> None:
        machine.put("pkg-config", "exit 1")
        (machine.bin / "apt-get").unlink()
        assert "libcairo2-dev libpango1.0-dev" in refusal(machine.setup())


VOICE = ("manim-voiceover", "mutagen", "pip", "python-dotenv", "python-slugify", "sox", "text-unidecode")
"""What the extra `voice` alone pins."""


class TestConstraints:
    def test_everything_required_is_pinned(self) -> None:
        pinned = re.findall(r"^([a-z0-9-]+)==\S+$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        required = [
            *project["dependencies"],
            *(r for extra in project["optional-dependencies"].values() for r in extra),
        ]
        names = {re.split(r"[\[<>=!~ ;]", requirement)[0].lower().replace("_", "-") for requirement in required}
        assert names <= set(pinned)

    def test_no_pinned_version_refuses_debians_python(self) -> None:
        """Debian 12 has Python 3.11.2; soupsieve 4.1, for one, asks for 3.11.5."""
        pinned = re.findall(r"^([a-z0-9-]+)==(\S+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
        refusing = []
        for name, version in pinned:
            if name in VOICE and find_spec("manim_voiceover") is None:
                continue  # the tests do without this extra: Manim imports it in every process
            found = metadata.metadata(name)
            assert found["Version"] == version, f"constraints.txt says {version} of {name}, another is installed"
            wanted = found.get("Requires-Python")  # importlib_metadata, once something imports it, has no None for []
            if wanted and "3.11.2" not in SpecifierSet(wanted):
                refusing.append(f"{name} {version}: Python {wanted}")
        assert refusing == []

    def test_films_need_neither_torch_nor_slides(self) -> None:
        dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
        assert not [name for name in dependencies if re.match(r"torch|manim-slides|weightwatcher|scikit", name)]


def test_the_script_runs_under_plain_sh() -> None:
    assert (ROOT / "scripts" / "setup.sh").read_text().startswith("#!/bin/sh\n")
    assert os.access(ROOT / "scripts" / "setup.sh", os.X_OK)
    subprocess.run(["sh", "-n", ROOT / "scripts" / "setup.sh"], check=True)
