"""A process that cuts texts into tokens for another one: ``python -m ulmengine.tokens.worker``.

It is talked to over its standard input and output in frames (eight bytes of length, then the content), and ends when
its input does. It loads neither torch nor a window system, whatever the program that started it has loaded.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
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


Work = tuple[Callable[[list[str]], bytes], Callable[[], bytes]]
"""What is answered to each batch of texts, and at the end."""


def _encoding(settings: dict[str, Any]) -> Work:
    """The documents of a batch as :func:`pack_documents` packs them; nothing at the end."""
    tokenizer = tokenizer_from_json(settings["tokenizer"])
    return lambda texts: pack_documents(map(tokenizer.packed, texts)), bytes


def _counting(settings: dict[str, Any]) -> Work:
    """Nothing for a batch; at the end how often each token stands in all texts, as a JSON object."""
    counter = PieceCounter(cutter_from_json(settings["cutter"]))

    def batch(texts: list[str]) -> bytes:
        for text in texts:
            counter.add(text)
        return b""

    return batch, lambda: pack(counter.result())


def serve(inward: IO[bytes], outward: IO[bytes]) -> None:
    """Answer every frame: first the settings, then batches of texts; an empty frame asks for the end."""
    work: Work | None = None
    while (content := read_frame(inward)) is not None:
        try:
            if work is None:
                settings = unpack(content)
                work, answer = {"encode": _encoding, "count": _counting}[settings["task"]](settings), b""
            else:
                batch, end = work
                answer = batch(unpack(content)) if content else end()
        except Exception as error:  # told to the other side, which knows what to do
            write_frame(outward, FAILED + f"{type(error).__name__}: {error}".encode("utf-8", "replace"))
        else:
            write_frame(outward, OK + answer)


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
