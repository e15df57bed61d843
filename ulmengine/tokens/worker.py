"""A process that cuts texts into tokens for another one: ``python -m ulmengine.tokens.worker``.

It is talked to over its standard input and output in frames (eight bytes of length, then the content), and ends when
its input does. It loads neither torch nor a window system, whatever the program that started it has loaded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from .counting import PieceCounter, cutter_from_json
from .description import tokenizer_from_json

OK, FAILED = b"+", b"-"


def write_frame(stream: IO[bytes], content: bytes) -> None:
    """Write one frame and send it off."""
    stream.write(len(content).to_bytes(8, "little"))
    stream.write(content)
    stream.flush()


def read_frame(stream: IO[bytes]) -> bytes | None:
    """Read one frame; None at the end of the stream."""
    length = stream.read(8)
    if len(length) < 8:
        return None
    size = int.from_bytes(length, "little")
    content = stream.read(size)
    return content if len(content) == size else None


def pack(values: Any) -> bytes:
    """JSON that may hold half characters (lone surrogates), as badly decoded texts do."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def unpack(content: bytes) -> Any:
    """The inverse of :func:`pack`."""
    return json.loads(content.decode("utf-8", "surrogatepass"))


def pack_documents(documents: Iterable[bytes]) -> bytes:
    """How many documents, their lengths, their ids (as ``Tokenizer.packed`` gives them): all int32."""
    documents = list(documents)
    lengths = [len(document) // 4 for document in documents]
    return b"".join((np.array([len(documents), *lengths], dtype="<i4").tobytes(), *documents))


def unpack_documents(content: bytes) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Lengths and ids again."""
    numbers = np.frombuffer(content, dtype="<i4")
    count = int(numbers[0])
    return numbers[1 : count + 1], numbers[count + 1 :]


class EncodeWork:
    """Token ids of every text."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._tokenizer = tokenizer_from_json(settings["tokenizer"])

    def batch(self, texts: list[str]) -> bytes:
        """The documents as :func:`pack_documents` packs them."""
        return pack_documents(map(self._tokenizer.packed, texts))

    def end(self) -> bytes:
        """Nothing."""
        return b""


class CountWork:
    """How often each token stands in all texts."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._counter = PieceCounter(cutter_from_json(settings["cutter"]))

    def batch(self, texts: list[str]) -> bytes:
        """Nothing; the counts come at the end."""
        for text in texts:
            self._counter.add(text)
        return b""

    def end(self) -> bytes:
        """The counts as a JSON object."""
        return pack(self._counter.result())


TASKS: dict[str, type[EncodeWork | CountWork]] = {"encode": EncodeWork, "count": CountWork}


def serve(inward: IO[bytes], outward: IO[bytes]) -> None:
    """Answer every frame: first the settings, then batches of texts; an empty frame asks for the end."""
    work: EncodeWork | CountWork | None = None
    while (content := read_frame(inward)) is not None:
        try:
            if work is None:
                settings = unpack(content)
                work = TASKS[settings["task"]](settings)
                answer = b""
            else:
                answer = work.batch(unpack(content)) if content else work.end()
        except Exception as error:  # told to the other side, which knows what to do
            write_frame(outward, FAILED + f"{type(error).__name__}: {error}".encode("utf-8", "replace"))
        else:
            write_frame(outward, OK + answer)


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
