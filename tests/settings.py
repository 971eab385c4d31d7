"""The product's settings on a scratch folder that goes away with the test run."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

scratch = tempfile.mkdtemp(prefix="mixarena-test-")
atexit.register(shutil.rmtree, scratch, ignore_errors=True)
os.environ["DATA_DIR"] = scratch
# Compiled kernels are worth keeping between runs.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).resolve().parents[1] / "var" / "numba"))

from config.settings import *  # noqa: E402, F403 - they read the environment set above

# Tests log in often and have nothing to protect.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
# Which variant is fastest differs by machine; tests of that choice say what they want.
MODEL_PRECISION = "fp32"
WHITENOISE_AUTOREFRESH = True
