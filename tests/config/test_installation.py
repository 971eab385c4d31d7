"""Properties of the installation as a whole."""

import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from config import checks

ROOT = Path(__file__).resolve().parents[2]


def test_the_platform_folder_is_no_package() -> None:
    # As one it would shadow Python's own platform module and break Django at import.
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert platform.python_implementation()


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0, stdout=StringIO())


def test_the_deployment_check_is_clean_behind_https(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env={"DATA_DIR": str(tmp_path), "HTTPS": "1", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db
def test_the_api_schema_is_valid_and_without_a_warning() -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_the_web_process_imports_neither_torch_nor_the_renderer(tmp_path: Path) -> None:
    script = (
        "import sys; sys.path.insert(0, 'platform'); import config.asgi, config.urls; "
        "print(sorted({'torch', 'numba', 'onnxruntime', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={"DATA_DIR": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("installed", "ids"),
    [
        ({"onnxruntime"}, []),
        ({"onnxruntime-gpu"}, []),
        (set(), ["config.E001"]),
        ({"onnxruntime", "onnxruntime-gpu"}, ["config.E002"]),
    ],
)
def test_exactly_one_onnx_runtime_may_be_installed(
    monkeypatch: pytest.MonkeyPatch, installed: set[str], ids: list[str]
) -> None:
    def version(name: str) -> str:
        if name not in installed:
            raise PackageNotFoundError(name)
        return "1.31.1"

    monkeypatch.setattr(checks, "version", version)
    assert [error.id for error in checks.exactly_one_onnx_runtime()] == ids


@pytest.mark.parametrize(
    ("environment", "outcome"),
    [
        ({"PORT": "eight"}, "PORT must be a whole number"),
        ({"DEBUG": "maybe"}, "DEBUG must be true or false"),
    ],
)
def test_nonsense_in_the_environment_is_told(
    tmp_path: Path, environment: dict[str, str], outcome: str
) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"DATA_DIR": str(tmp_path), "PATH": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert outcome in done.stderr


def test_secrets_come_from_files_and_stay_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from config import settings

    secret = tmp_path / "secret"
    secret.write_text("from a file\n")
    monkeypatch.setenv("SECRET_KEY_FILE", str(secret))
    assert settings.env("SECRET_KEY") == "from a file"

    monkeypatch.setattr(settings, "DATA_DIR", tmp_path)
    first = settings.installation_secret()
    assert len(first) >= 50
    assert settings.installation_secret() == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
