"""System checks of the installation."""

from importlib.metadata import PackageNotFoundError, version

from django.core.checks import CheckMessage, Error, register

# Both put their files into one folder: the last one installed wins, removing either breaks both.
RUNTIMES = ("onnxruntime", "onnxruntime-gpu")


@register
def exactly_one_onnx_runtime(**_: object) -> list[CheckMessage]:
    """Mixers need ONNX Runtime from exactly one distribution."""
    installed = [name for name in RUNTIMES if _is_installed(name)]
    if len(installed) == 1:
        return []
    if not installed:
        return [
            Error(
                "ONNX Runtime is not installed, so no mixer can run.",
                hint="pip install 'mixarena[cpu]' (or [gpu] where there is an NVIDIA GPU).",
                id="config.E001",
            )
        ]
    return [
        Error(
            "onnxruntime and onnxruntime-gpu are both installed and overwrite each other.",
            hint="pip uninstall both, then install 'mixarena[cpu]' or 'mixarena[gpu]'.",
            id="config.E002",
        )
    ]


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True
