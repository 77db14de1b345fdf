"""What a store keeps by its digest: outputs of notebooks, and whatever else is too long to be told.

A file each, `artifacts/<two digits>/<sixty-two>`, compressed (`.gz`) where that makes it shorter. Equal
contents are one file, so two stores merge by copying; nothing is ever rewritten.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from provkit.errors import StoreError
from provkit.identifiers import digest_of
from provkit.store.durable import write_durably

FOLDER = "artifacts"
_NAME = re.compile(r"[0-9a-f]{62}(\.gz)?")
_WORTH_COMPRESSING = 0.9
_SPECIALIZES = re.compile(
    rb"^(<[^>]*>) <http://www\.w3\.org/ns/prov#specializationOf> (<ni:///sha-256;[\w-]+>) ",
    re.MULTILINE,
)
_HAS_FORMAT = re.compile(rb"^(<[^>]*>) <https://schema\.org/encodingFormat> ", re.MULTILINE)


def kept_for(lines: bytes) -> set[str]:
    """Find the digests of the artifacts that a trial holds.

    Args:
        lines: Its segment's, in N-Quads. A file specializes bytes, too, but has no media type there.
    """
    contents = set(_HAS_FORMAT.findall(lines))
    return {digest_of(of.decode()) for node, of in _SPECIALIZES.findall(lines) if node in contents}


class Artifacts:
    """The artifacts of one store."""

    def __init__(self, store_folder: Path) -> None:
        self.folder = store_folder / FOLDER

    def keep(self, content: bytes) -> str:
        """Keep bytes, once.

        Returns:
            Their SHA-256, in hex.

        Raises:
            StoreError: They cannot be written.
        """
        digest = sha256(content).hexdigest()
        if self._file(digest) is not None:
            return digest
        path = self.folder / digest[:2] / digest[2:]
        compressed = gzip.compress(content, compresslevel=6, mtime=0)
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"Couldn't make {str(self.folder)!r}: {(error.strerror or str(error)).lower()}; "
                "give write permission, and try again."
            ) from error
        if len(compressed) < _WORTH_COMPRESSING * len(content):
            write_durably(path.with_suffix(".gz"), compressed)
        else:
            write_durably(path, content)
        return digest

    def read(self, digest: str) -> bytes:
        """Give the bytes back.

        Raises:
            StoreError: They are not there, or are not what they were.
        """
        path = self._file(digest)
        if path is None:
            raise StoreError(
                f"Couldn't find the artifact {digest[:12]} in {str(self.folder)!r}: the trial was copied "
                "without it; copy the 'artifacts' folder of the store that it was made in, too."
            )
        try:
            content = path.read_bytes()
            if path.suffix:
                content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise StoreError(f"Couldn't read the artifact {str(path)!r}: {error}.") from error
        if sha256(content).hexdigest() != digest:
            raise StoreError(
                f"Couldn't use the artifact {str(path)!r}: its bytes are not those that its name says; "
                "restore it from a copy of the store."
            )
        return content

    def __contains__(self, digest: str) -> bool:
        return self._file(digest) is not None

    def files(self) -> Iterator[tuple[str, Path]]:
        """List what is kept: digest and file."""
        for folder in sorted(self.folder.iterdir()) if self.folder.is_dir() else []:
            if len(folder.name) != 2 or not folder.is_dir():
                continue
            for path in sorted(folder.iterdir()):
                if _NAME.fullmatch(path.name):
                    yield folder.name + path.name[:62], path

    def _file(self, digest: str) -> Path | None:
        path = self.folder / digest[:2] / digest[2:]
        for found in (path, path.with_suffix(".gz")):
            if found.is_file():
                return found
        return None
