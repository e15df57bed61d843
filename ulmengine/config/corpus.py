"""What to read and how to cut it into tokens."""

from __future__ import annotations

from typing import Literal

from .fields import Section, knob, section

NONE = "none"
"""What a person sets where something was guessed that is not there."""


class SplitConfig(Section):
    """How documents are divided into training, validation and test."""

    method: Literal["auto", "given", "stratified", "grouped", "time"] = knob(
        "auto", label="Split by",
        help="auto: as given where the corpus says which part a document belongs to, otherwise stratified by label. "
        "grouped keeps all documents with the same value together; time puts the latest documents last.",
    )
    column: str = knob(
        "", label="Split column",
        help="The column that names the part (given), the group (grouped) or the date (time). Empty: found by itself.",
    )
    validation: float = knob(
        0.1, label="Validation share", unit="share of documents", ge=0.0, le=0.5,
        help="Documents held back to watch the training and to choose the best epoch; in the end they are learnt from "
        "too, unless the classifier's epochs on all labels are 0.",
    )
    test: float = knob(
        0.1, label="Test share", unit="share of documents", ge=0.0, le=0.5,
        help="Documents never looked at while training; the headline result is measured on them. "
        "Used only where the corpus brings no test part of its own.",
    )
    unmeasured: bool = knob(
        False, label="Train without held-back documents", advanced=True,
        help="Begin although no document is held back for validation or test: how good the classifier is will not be "
        "known.",
    )


class CorpusConfig(Section):
    """The files a run reads. Paths are relative to the configuration's own folder or absolute."""

    path: str = knob("", label="Corpus", help="The file or folder with the labelled documents.")
    test_path: str = knob(
        "", label="Test file", advanced=True, help="A separate file with test documents, read like the corpus."
    )
    unlabelled_path: str = knob(
        "", label="Unlabelled texts",
        help="More texts of the same kind without labels. The language model learns from them.",
    )
    member: str = knob(
        "", label="File in the archive", advanced=True,
        help="Which file of a .zip archive is the corpus, by its name. Empty: the only table or text in it, or all of "
        "its texts.",
    )
    format: str = knob(
        "", label="Format", advanced=True,
        help="csv, jsonl, json, parquet, excel, folder, shards (all tables of a folder as one), html, xml, mbox, mail, "
        "trec, fasttext, wiki, trees, scored (a number before each text), sections (of PubMed RCT), marked, pairs or "
        "headed (a label in the line of each text, in a line of its own, above many), or plain text as lines (in a "
        "folder each labelled by its file's name), blocks (a blank line between documents) or file (one document). "
        "Empty: recognised from the content.",
    )
    encoding: str = knob("", label="Encoding", help="utf-8, cp1252, ... Empty: detected.")
    delimiter: str = knob("", label="Delimiter", help="The character or signs between two columns. Empty: detected.")
    header: Literal["auto", "yes", "no"] = knob(
        "auto", label="Column names", advanced=True,
        help="Whether the first row of a table names its columns. auto: found out from the rows below it.",
    )
    sheet: str = knob("", label="Sheet", advanced=True, help="The sheet of a workbook. Empty: the first with data.")
    text_columns: tuple[str, ...] = knob(
        (), label="Text columns", help="The columns whose text is read, in order. Empty: guessed."
    )
    label_columns: tuple[str, ...] = knob(
        (), label="Label columns",
        help="One column with the label, or several for several labels: of 0 and 1, each called like its label, or of "
        "words, which a document bears together. Empty: guessed. none: there are no labels, only a language model is "
        "trained.",
    )
    label_delimiter: str = knob(
        "", label="Label delimiter", advanced=True,
        help="Where one cell holds several labels: the character between them. Empty: guessed. none: a cell is "
        "one label, whatever stands in it.",
    )
    same_text: Literal["apart", "together"] = knob(
        "apart", label="Rows of one text", advanced=True,
        help="apart: each row is a document. together: the rows that hold the same text are one document, which bears "
        "the labels of all of them.",
    )
    min_per_class: int = knob(
        1, label="Fewest documents of a class", unit="documents", ge=1, le=1_000, advanced=True,
        help="A class with fewer documents is left out, and with it the documents that bear no other. 3 leaves out "
        "what can be neither learnt nor measured.",
    )
    drop_rows: tuple[int | str, ...] = knob(
        (), label="Documents left out", advanced=True,
        help="Documents that a repair has left out, recorded by their text (main:1f0c...: in the corpus file; :2 "
        "behind it: the second with this text) or by source row, counted from 0. The file itself is never changed.",
    )
    relabelled: tuple[str, ...] = knob(
        (), label="Corrected labels", advanced=True,
        help="Labels that a person has corrected, each as document=label with the document recorded by its text as "
        "above; several labels as a list in JSON. The file itself is never changed.",
    )
    split: SplitConfig = section(SplitConfig, label="Split", help="Training, validation and test documents.")


class TokenConfig(Section):
    """How text becomes numbers."""

    tokenizer: Literal["auto", "word", "bpe", "unigram"] = knob(
        "auto", label="Tokeniser",
        help="word: whole words, as the pretrained English models expect. bpe and unigram: pieces of words learnt "
        "from the corpus, for any language and for rare words. auto: what the pretrained model uses; without one, "
        "words for texts with spaces between them and unigram for others.",
    )
    backend: Literal["auto", "own", "spacy"] = knob(
        "auto", label="Word cutter", advanced=True,
        help="What cuts whole words: the program's own cutter, which is fast and agrees with spaCy's English one but "
        "for rare cases, or spaCy itself (to be installed: ulmfit-studio[spacy]). auto: as the pretrained model was "
        "made, otherwise own.",
    )
    vocab_size: int = knob(
        30_000, label="Vocabulary size", unit="tokens", ge=50, le=200_000, log=True,
        help="The most tokens the network knows; rarer ones become xxunk (words) or smaller pieces (subwords).",
    )
    min_frequency: int = knob(
        2, label="Minimum frequency", unit="occurrences", ge=1, le=1_000,
        help="A word seen less often than this in the training texts is not given a place in the vocabulary.",
    )
    lower: bool = knob(
        True, label="Lower case", advanced=True,
        help="Write words in lower case and keep the capital as a token of its own (xxmaj, xxup).",
    )
    max_tokens: int = knob(
        1_440, label="Document limit", unit="tokens", ge=16, le=100_000, log=True,
        help="Of a longer document the classifier's gradient and pooling use the last tokens up to this limit "
        "(fastai: 20 chunks of 72). What stands ahead of them by more than four times that, and 5,000 tokens, is not "
        "read.",
    )
    batch_tokens: int = knob(
        0, label="Tokens a batch", unit="tokens", zero="no limit", ge=0, le=10_000_000, advanced=True,
        help="The most tokens of a batch of the classifier, filling included: long documents then share a batch with "
        "fewer others, which bounds the memory and wastes less on filling. 0: the batch size alone decides.",
    )
