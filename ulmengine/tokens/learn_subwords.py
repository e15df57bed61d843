"""Learning subwords from counted runs of characters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from tokenizers import Tokenizer as Backend
from tokenizers import models, pre_tokenizers, trainers

from .characters import NEWLINE
from .specials import SPECIALS, UNK_TOKEN, TokensError

LONGEST_PIECE = 16
MOST_RUNS = 4_000_000
"""Running runs that are learnt from; the counts of a larger corpus are scaled down to about as many."""
_LINE = 1_000


def learn_pieces(kind: str, counts: Mapping[str, int], *, size: int) -> str:
    """Learn at most ``size`` pieces, special tokens and the line break among them.

    :param kind: "bpe" or "unigram".
    :param counts: how often each run stands in the corpus.
    :returns: the ``tokenizers`` library's description, as JSON text.
    :raises TokensError: nothing can be learnt from so little text.
    """
    fixed = [*SPECIALS, NEWLINE]
    trainer: trainers.Trainer
    if kind == "bpe":
        backend = Backend(models.BPE(unk_token=UNK_TOKEN, fuse_unk=True))
        trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=fixed, min_frequency=2, show_progress=False,
                                      max_token_length=LONGEST_PIECE)
    else:
        backend = Backend(models.Unigram())
        trainer = trainers.UnigramTrainer(
            vocab_size=size, special_tokens=fixed, unk_token=UNK_TOKEN, show_progress=False,
            max_piece_length=LONGEST_PIECE, shrinking_factor=0.5)  # 0.75, as usual, takes twice as long and cuts alike
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    counts = {run: count for run, count in counts.items() if run not in fixed}
    if not counts:
        raise TokensError("There is no text to learn subwords from: all documents are empty.")
    lines = _lines(_scaled(_without_rare_characters(counts, max(1, size // 2))))
    try:
        backend.train_from_iterator(lines, trainer=trainer)
    except BaseException as error:
        if isinstance(error, (KeyboardInterrupt, MemoryError)):
            raise
        raise TokensError(f"No {kind} pieces could be learnt from these texts: {error}. Try whole words.") from error
    return str(backend.to_str())


def _without_rare_characters(counts: Mapping[str, int], alphabet: int) -> Mapping[str, int]:
    """Runs of the ``alphabet`` commonest characters only, so that these leave room for longer pieces."""
    characters: Counter[str] = Counter()
    for run, count in counts.items():
        for character in run:
            characters[character] += count
    if len(characters) <= alphabet:
        return counts
    ranked = sorted(characters, key=lambda character: (-characters[character], character))
    rare = dict.fromkeys(map(ord, ranked[alphabet:]))
    kept: Counter[str] = Counter()
    for run, count in counts.items():
        kept[run.translate(rare)] += count
    return kept


def _scaled(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Counts that add up to about :data:`MOST_RUNS` at most, commonest first, ties by their characters."""
    scale = max(1.0, sum(counts.values()) / MOST_RUNS)
    scaled = ((run, round(count / scale)) for run, count in counts.items())
    return sorted(((run, count) for run, count in scaled if run and count), key=lambda item: (-item[1], item[0]))


def _lines(counts: list[tuple[str, int]]) -> Iterator[str]:
    """Every run as often as it counts; the library counts them again."""
    for run, count in counts:
        for start in range(0, count, _LINE):
            yield " ".join([run] * min(_LINE, count - start))
