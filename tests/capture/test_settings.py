"""What is told of the machine, the repository, the person and the packages is so."""

# a case is one line

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provkit.capture import settings
from provkit.model import Agent, Package


def by_key(found):
    return {setting.key: setting.value for setting in found}


def test_the_machine_is_described():
    found = by_key(settings.settings_of_machine())
    assert found["os.name"] == platform.system()
    assert found["os.release"] == platform.release()
    assert found["machine"] == platform.machine()
    assert 1 <= found["cpu.count"] <= os.cpu_count()
    assert found["memory.bytes"] > 2**26


def test_the_hosts_name_is_not_told():
    assert platform.node() not in {str(setting.value) for setting in settings.settings_of_machine()}


def test_the_run_is_described_without_secrets():
    found = by_key(
        settings.settings_of_run(
            ["my script.py", "--password", "hunter2", "--alpha", "0.1"],
            executable="/usr/bin/python3",
            version=(3, 12, 1),
            folder=Path("/work"),
        )
    )
    assert found == {
        "argv": "'my script.py' --password [redacted] --alpha 0.1",
        "cwd": "/work",
        "python.version": "3.12.1",
        "python.implementation": "cpython",
        "python.executable": "/usr/bin/python3",
    }


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (["train.py", "--alpha", "0.1"], "train.py --alpha 0.1"),
        (["a", ""], "a ''"),
        (["-c", "print(1)"], "-c 'print(1)'"),
        (["a", "--token=x"], "a --token=[redacted]"),
        (["a", "https://u:p@h/x"], "a https://[redacted]@h/x"),
    ],
)
def test_a_command_line_can_be_typed(command, line):
    assert settings.command_line(command) == line


def test_platform_and_interpreter_are_packages():
    assert settings.platform_package() == Package(platform.system().lower(), platform.release(), "generic")  # fmt: skip
    assert settings.interpreter_package((3, 11, 7)) == Package("python", "3.11.7", "generic")


# --------------------------------------------------------------------- git


@pytest.fixture
def git(tmp_path, monkeypatch):
    """Make a repository with one commit; return a function that runs git in it."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    folder = tmp_path / "project"
    folder.mkdir()

    def git(*words):
        return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, text=True).stdout.strip()  # fmt: skip

    git.folder = folder
    git("init", "-q", "-b", "main")
    git("config", "user.name", "Ada Lovelace")
    git("config", "user.email", "ada@example.org")
    (folder / "train.py").write_text("print(1)\n")
    git("add", ".")
    git("commit", "-q", "-m", "one")
    return git


def test_a_clean_repository(git):
    found = settings.repository(git.folder)
    assert by_key(found.settings()) == {
        "git.commit": git("rev-parse", "HEAD"),
        "git.branch": "main",
        "git.dirty": False,
    }
    assert settings.person(found) == Agent("Ada Lovelace")


def test_a_changed_file_makes_it_dirty_and_a_new_one_does_not(git):
    (git.folder / "out.csv").write_text("1")
    assert settings.repository(git.folder).is_dirty is False
    (git.folder / "train.py").write_text("print(2)\n")
    assert settings.repository(git.folder).is_dirty is True


def test_a_staged_file_makes_it_dirty(git):
    (git.folder / "new.py").write_text("1")
    git("add", "new.py")
    assert settings.repository(git.folder).is_dirty is True


def test_remotes_are_told_without_passwords(git):
    git("remote", "add", "origin", "https://ada:hunter2@example.org/x.git")
    git("remote", "add", "my.fork", "git@example.org:ada/x.git")
    assert settings.repository(git.folder).remotes == (
        ("origin", "https://[redacted]@example.org/x.git"),
        ("my.fork", "git@example.org:ada/x.git"),
    )


def test_a_detached_head_has_no_branch(git):
    git("checkout", "-q", "--detach")
    found = settings.repository(git.folder)
    assert found.branch is None
    assert found.commit == git("rev-parse", "HEAD")


def test_a_repository_without_a_commit(git, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    git("init", "-q", "-b", "trunk", str(empty))
    found = settings.repository(empty)
    assert (found.commit, found.branch, found.is_dirty) == (None, "trunk", False)


def test_outside_a_repository_nothing_is_known(git, tmp_path):
    found = settings.repository(tmp_path / "home")
    assert found.settings() == ()
    assert settings.person(found).name not in ("", "Ada Lovelace")


def test_without_git_nothing_is_known(git, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert settings.repository(git.folder) == settings.Repository()


def test_git_that_hangs_is_left_alone(git, monkeypatch, tmp_path):
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{slow.parent}:{os.environ['PATH']}")
    began = time.monotonic()
    assert settings.repository(git.folder, limit_seconds=0.2) == settings.Repository()
    assert time.monotonic() - began < 5


def test_asking_takes_no_lock_and_runs_no_hook(git):
    git("config", "core.fsmonitor", "touch ran-a-hook; false")
    (git.folder / ".git" / "index.lock").touch()
    assert settings.repository(git.folder).is_dirty is False
    assert not (git.folder / "ran-a-hook").exists()


# ------------------------------------------------------------------ packages


@pytest.fixture
def site(tmp_path):
    """Make an empty site-packages folder; return a function that installs into it."""
    folder = tmp_path / "lib" / "site-packages"
    folder.mkdir(parents=True)

    def install(distribution, *files, **notes):
        info = folder / distribution
        info.mkdir()
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text("")
        if files:
            (info / "RECORD").write_text("".join(f"{file},sha256=x,1\n" for file in files))
        for name, text in notes.items():
            (info / name.replace("_json", ".json").replace("_txt", ".txt").replace("PKG_", "PKG-")).write_text(text)  # fmt: skip

    install.folder = folder
    return install


def names(site, modules, *more_paths):
    packages, owners = settings.packages_of(
        {name: file and str(site.folder / file) for name, file in modules.items()},
        [str(site.folder), *map(str, more_paths)],
    )
    assert set(owners.values()) == set(packages)
    return {name: f"{package.name} {package.version}" for name, package in owners.items()}


def test_modules_are_of_the_distribution_that_installed_them(site):
    site("numpy-2.4.6.dist-info", "numpy/__init__.py")
    site("scikit_learn-1.7.2.dist-info", "sklearn/__init__.py", "sklearn/base.py")
    site("PyYAML-6.0.dist-info", "yaml/__init__.py", "_yaml/__init__.py")
    site("six-1.17.0.dist-info", "six.py")
    site("other-1.dist-info", "sixty/__init__.py")
    modules = {"numpy": "numpy/__init__.py", "sklearn": "sklearn/__init__.py", "yaml": "yaml/__init__.py", "six": "six.py"}  # fmt: skip
    assert names(site, modules) == {"numpy": "numpy 2.4.6", "sklearn": "scikit-learn 1.7.2", "yaml": "pyyaml 6.0", "six": "six 1.17.0"}  # fmt: skip


def test_a_distributions_name_alone_proves_nothing(site):
    site("yaml-0.1.dist-info", "something.py")
    site("PyYAML-6.0.dist-info", "yaml/__init__.py")
    assert names(site, {"yaml": "yaml/__init__.py"}) == {"yaml": "pyyaml 6.0"}


def test_namespace_packages_are_told_apart_by_file(site):
    site("google_auth-2.dist-info", "google/auth/__init__.py")
    site("protobuf-5.dist-info", "google/protobuf/__init__.py")
    modules = {"google": None, "google.protobuf": "google/protobuf/__init__.py"}
    assert names(site, modules) == {"google.protobuf": "protobuf 5"}


def test_eggs_are_known(site):
    site("old-1.2-py3.11.egg-info", top_level_txt="old\nold_too\n")
    assert names(site, {"old_too": "old_too/__init__.py"}) == {"old_too": "old 1.2"}


def test_editable_installations_are_known_by_their_source(site, tmp_path):
    source = tmp_path / "my project"
    url = json.dumps({"url": source.as_uri(), "dir_info": {"editable": True}})
    site("my_project-0.1.dist-info", "__editable__.my_project-0.1.pth", direct_url_json=url)
    site("from_git-1.dist-info", "x.py", direct_url_json=json.dumps({"url": "https://x.org", "vcs_info": {}}))  # fmt: skip
    module = source / "src" / "mine" / "__init__.py"
    packages, owners = settings.packages_of({"mine": str(module)}, [str(site.folder), str(source / "src")])  # fmt: skip
    assert packages == (Package("my-project", "0.1"),)
    assert list(owners) == ["mine"]


def test_develop_installations_are_known_by_their_link(site, tmp_path):
    source = tmp_path / "legacy"
    (source / "legacy.egg-info").mkdir(parents=True)
    (source / "legacy.egg-info" / "PKG-INFO").write_text("Name: legacy\nVersion: 0.3\n")
    (site.folder / "legacy.egg-link").write_text(f"{source}\n.")
    assert settings.packages_of({"legacy": str(source / "legacy.py")}, [str(site.folder)])[0] == (
        Package("legacy", "0.3"),
    )


def test_leftovers_of_pip_are_passed_over(site):
    site("~umpy-1.0.dist-info", "numpy/__init__.py")
    assert names(site, {"numpy": "numpy/__init__.py"}) == {}


def test_the_projects_modules_are_of_no_distribution(site, tmp_path):
    site("a-1.dist-info", "a.py")
    assert settings.packages_of({"b": str(tmp_path / "project" / "b.py")}, [str(tmp_path / "project"), str(site.folder)]) == ((), {})  # fmt: skip


def test_standard_library_alone_touches_no_distribution(site, monkeypatch):
    monkeypatch.setattr(settings, "_installed", lambda folder: pytest.fail(f"looked into {folder}"))
    modules = {name: getattr(sys.modules[name], "__file__", None) for name in ("json", "os", "sys")}
    library = str(Path(os.__file__).parent)
    assert settings.packages_of(modules, [library, library + "/site-packages", str(site.folder)]) == ((), {})  # fmt: skip


def test_this_interpreters_packages_are_found_as_importlib_finds_them():
    from importlib import metadata

    modules = {name: getattr(module, "__file__", None) for name, module in list(sys.modules.items()) if "." not in name}  # fmt: skip
    _, owners = settings.packages_of(modules, sys.path)
    distributions = metadata.packages_distributions()
    assert {"pytest", "pluggy"} <= owners.keys()
    for name, package in owners.items():
        if name not in distributions:
            continue
        known = {(one.lower().replace("_", "-").replace(".", "-"), metadata.version(one)) for one in distributions[name]}  # fmt: skip
        assert (package.name, package.version) in known


def test_sixty_distributions_take_little_time(site):
    for number in range(60):
        files = [f"module_{number}/part_{n}.py" for n in range(2000)]
        (site.folder / f"dist{number}_x-1.dist-info").mkdir()
        record = "".join(f"{file},sha256=47DEQpj8HBSa,123\n" for file in files)
        (site.folder / f"dist{number}_x-1.dist-info" / "RECORD").write_text(record)
    modules = {f"module_{number}": str(site.folder / f"module_{number}/part_7.py") for number in range(60)}  # fmt: skip
    began = time.process_time()
    packages, _ = settings.packages_of(modules, [str(site.folder)])
    assert len(packages) == 60
    assert time.process_time() - began < 5  # 0.1 s here; no name helps, each record is searched
