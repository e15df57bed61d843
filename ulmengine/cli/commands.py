"""Which commands there are and what can be asked of them.

What a command does stands in another module of this folder, named here with its function: it is loaded when it is
called, for most need PyTorch, and who only asks how a command is used does not wait for that.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import bench


def add_commands(commands: Any) -> None:
    """Add all commands to the parser's ``commands``; each sets ``command`` to the module and function that do it."""
    for group in (_training, _results, _copies, _models, _files, _writing, _tools, bench.add_command,
                  _experiments):
        group(commands)


_PAGE, _MODEL = (".html", ".htm"), (".ulmfit",)
_NO_FOLDERS = (".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".rar", ".onnx", ".pth", ".pt")
"""What a person who calls a copy of a run so does not want a folder for."""


def _called(*endings: str) -> Callable[[str], Path]:
    """The name of a file of one kind. Another ending is refused before anything is worked out, for what would be
    written is of that kind whatever it is called."""
    def path(text: str) -> Path:
        if not text.lower().endswith(endings):
            raise argparse.ArgumentTypeError(f"{text}: what is written is called {endings[0]}; give such a name")
        return Path(text)
    return path


def _copy_target(text: str) -> Path:
    if text.lower().endswith(_NO_FOLDERS):
        raise argparse.ArgumentTypeError(f"{text}: a run is copied to a folder or to a .zip file, and a model alone to "
                                         "a .ulmfit file")
    return Path(text)


_CORPUS = "what holds the texts and their labels, for the usual settings; or a CONFIG.toml"


def _add(commands: Any, module: str, name: str, tells: str, **about: str) -> argparse.ArgumentParser:
    """A command that ``run_<name>`` of ``module`` carries out, which returns an exit code, or nothing for 0."""
    made: argparse.ArgumentParser = commands.add_parser(name, help=tells, **about)
    made.set_defaults(command=(module, f"run_{name.replace('-', '_')}"))
    return made


def _training(commands: Any) -> None:
    sample = _add(commands, "train", "sample", "run the whole method on the built-in sample")
    sample.add_argument("--out", type=Path, help="folder of the run (default: a new temporary folder)")
    _common(sample)

    for name, text, metavar, tells in (
        ("train", "train a classifier of a corpus, or as a configuration says", "CORPUS", _CORPUS),
        ("pretrain", "train a language model only", "TEXTS", "a file, an archive (a Wikipedia extract, say) or a "
         "folder of texts, in any language; or CONFIG.toml"),
    ):
        train = _add(commands, "train", name, text)
        train.add_argument("config", type=Path, metavar=metavar, help=tells)
        train.add_argument("--out", type=Path, help="folder of the run (default: beside what is named)")
        train.add_argument("--resume", action="store_true",
                           help="go on from the run's last checkpoint; --set may change rates, batches and device")
        train.add_argument("--checkpoint", metavar="NAME",
                           help='go back to this checkpoint, or with "start" to the beginning, and on from there; '
                                "what came after it is given up")
        train.add_argument("--finish", action="store_true",
                           help="end a run that was stopped with its best weights so far: measured and saved as at its "
                                "end, without the stages that were left. It goes on training only from a --checkpoint")
        train.add_argument("--take-over", action="store_true",
                           help="go on although a machine that nobody works on any more still has the run locked")
        if name == "pretrain":
            _add_of_texts(train)
        else:
            train.add_argument("--explain-defaults", action="store_true",
                               help="say what is usual for this corpus, and why, and train nothing")
        _common(train)
        train.set_defaults(pretrain=name == "pretrain")

    find = _add(commands, "train", "find-lr", "look for a learning rate with the range test")
    find.add_argument("config", type=Path, metavar="CORPUS", help=_CORPUS)
    find.add_argument("--stage", choices=("language_model", "classifier"), default="classifier")
    find.add_argument("--plot", type=Path, metavar="FILE.png", help="draw the curve")
    _common(find)


def _add_of_texts(parser: argparse.ArgumentParser) -> None:
    texts = parser.add_argument_group("a model of TEXTS", "The tokeniser is chosen by their script.")
    texts.add_argument("--title", default="", help="what the model is called (default: as the texts' file)")
    texts.add_argument("--language", default="", help="for its card (default: as the script tells it)")
    texts.add_argument("--licence", default="", help="for its card: under what the model may be given away")
    texts.add_argument("--size", choices=("paper", "small", "tiny"), default="small")
    texts.add_argument("--epochs", type=int, default=4, help="passes over the texts (default: 4)")
    texts.add_argument("--model", type=_called(*_MODEL), metavar="FILE.ulmfit",
                       help="default: among the models of the Studio")


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a line; the last one is the result")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="change a setting, for example --set classifier.lr=0.02")


def _as_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", default="", metavar="NAME",
                        help="how a file is read that is not recognised: shards (all tables of a folder as one), csv, "
                             "lines, ... as corpus.format of a configuration")


def _results(commands: Any) -> None:
    measure = _add(commands, "results", "measure", "measure a finished run again from its model, and keep every answer")
    measure.add_argument("run", type=Path, metavar="RUN")
    measure.add_argument("--json", action="store_true")

    report = _add(commands, "results", "report", "one self-contained HTML page about a run")
    report.add_argument("run", type=Path, metavar="RUN")
    report.add_argument("--out", type=_called(*_PAGE), required=True, metavar="FILE.html")

    compare = _add(commands, "results", "compare", "two runs on the same documents: how many mended, how many broken")
    compare.add_argument("first", type=Path, metavar="RUN")
    compare.add_argument("second", type=Path, metavar="RUN")
    compare.add_argument("--part", choices=("test", "validation"), help="default: test where both have it")
    compare.add_argument("--json", action="store_true", help="with the keys of the documents of each kind")


def _copies(commands: Any) -> None:
    listed = _add(commands, "copies", "checkpoints", "list the checkpoints of a run")
    listed.add_argument("run", type=Path, metavar="RUN")
    listed.add_argument("--json", action="store_true")

    branch = _add(commands, "copies", "branch", "make a new run that goes on from a checkpoint of another one")
    branch.add_argument("run", type=Path, metavar="RUN")
    branch.add_argument("--checkpoint", metavar="NAME", help="default: the newest one that is whole")
    branch.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the new run")
    branch.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting in it")

    export = _add(commands, "copies", "export", "copy a run to a folder or one .zip file, with the exact commands; or "
                  "give its model, or any other one, to other programs")
    export.add_argument("run", type=Path, metavar="RUN", help="a run's folder; for --onnx, --int8 and --snippet also "
                        "a model")
    kind = export.add_mutually_exclusive_group(required=True)
    kind.add_argument("--out", type=_copy_target, metavar="TARGET",
                      help="a folder, a .zip file, or a .ulmfit file for the model alone")
    kind.add_argument("--onnx", type=_called(".onnx"), metavar="FILE.onnx",
                      help="the classifier, with the word counts where these answer with it, for any program that "
                           "runs ONNX, checked against the original on texts (to be installed: ulmfit-studio[onnx])")
    kind.add_argument("--int8", type=_called(*_MODEL), metavar="FILE.ulmfit",
                      help="the classifier with its weights in eight bits, about half as large; what that costs in "
                           "accuracy on documents of its run that it has not learnt from is said first")
    kind.add_argument("--snippet", action="store_true", help="print a few lines of Python that use the model")
    export.add_argument("--texts", type=Path, metavar="FILE",
                        help="what an ONNX file is checked on, or with labels what --int8 is measured on (default: the "
                             "built-in sample, or documents of the run that it has not learnt from)")
    export.add_argument("--no-checkpoints", action="store_true", help="smaller; the copy cannot go on then")

    taken = _add(commands, "copies", "import", "take up a run that was exported")
    taken.add_argument("path", type=Path, metavar="FILE")
    taken.add_argument("--into", type=Path, required=True, metavar="DIR", help="folder of runs")

    notes = _add(commands, "copies", "notes", "show what was noted about a run, or note something")
    notes.add_argument("run", type=Path, metavar="RUN")
    notes.add_argument("text", nargs="*", metavar="TEXT", help="added as a line of its own")


def _models(commands: Any) -> None:
    models = _add(commands, "tools", "models", "list the models shipped with the program and your own")
    models.add_argument("folder", type=Path, nargs="?", metavar="DIR",
                        help="where your own are (default: those of the Studio)")
    models.add_argument("--json", action="store_true")

    taken = _add(
        commands, "models", "import-model",
        "take up a model of this program, or weights of fastai; nothing in them is run",
        description="FILE.ulmfit, weights of fastai (.pth) with their vocabulary (.pkl), or a Learner that fastai "
                    "exported (export.pkl), which brings its own.",
    )
    taken.add_argument("weights", type=Path, metavar="FILE", help="a .ulmfit model, the .pth of a language model, an "
                       "encoder or a text classifier, or the .pkl of learn.export()")
    taken.add_argument("vocabulary", type=Path, nargs="?", metavar="VOCABULARY.pkl")
    taken.add_argument("--backward", type=Path, metavar="WEIGHTS.pth", help="a backward network to go with it")
    taken.add_argument("--direction", choices=("forward", "backward"), default="forward",
                       help="which way the network reads (default: forward)")
    taken.add_argument("--label", action="append", default=[], metavar="NAME",
                       help="a label of a classifier, in the order of dls.vocab[1] (repeatable)")
    taken.add_argument("--title", default="", help="what it is called in lists (default: its file's name)")
    taken.add_argument("--out", type=_called(*_MODEL), metavar="FILE.ulmfit",
                       help="default: among the models of the Studio")


def _files(commands: Any) -> None:
    inspect = _add(commands, "corpus", "inspect", "what is in a file, and what is wrong with it")
    inspect.add_argument("file", type=Path, metavar="FILE", help="a file or folder; - reads standard input")
    inspect.add_argument("--member", default="", metavar="NAME", help="the file wanted of a zip archive")
    _as_format(inspect)
    inspect.add_argument("--json", action="store_true")

    tokenize = _add(commands, "corpus", "tokenize", "cut the texts of a file into tokens")
    tokenize.add_argument("file", type=Path, metavar="FILE")
    tokenize.add_argument("--out", type=Path, required=True, metavar="DIR")
    tokenize.add_argument("--tokenizer", choices=("auto", "word", "bpe", "unigram"), default="auto",
                          help="auto, as in training: words, or unigram for a script without spaces between them")
    tokenize.add_argument("--vocab-size", type=int, default=30_000, metavar="N")
    tokenize.add_argument("--json", action="store_true")

    predict = _add(
        commands, "answers", "predict", "classify texts with a trained model",
        description="A line for each text: where it stands, its label, and how likely that is. Rows of a table are "
                    "counted from 0, as in predictions.parquet; the window and reports count them from 1. A model of "
                    "several labels a text gives all from 0.5 on and the probability of the likeliest of them, or, "
                    "where none applies, an empty label and the probability that not even the likeliest one does. An "
                    "empty text has neither.",
    )
    predict.add_argument("model", type=Path, metavar="MODEL")
    predict.add_argument("files", type=Path, nargs="+", metavar="FILE",
                         help="a text file (one document), a table (one document a row), a folder (one document a "
                         "file), or - for standard input (one document a line, or a table under a heading)")
    predict.add_argument("--text", action="append", default=[], metavar="COL",
                         help="a column with the texts (repeatable); otherwise those that the model learnt from")
    _as_format(predict)
    predict.add_argument("--json", action="store_true", help="one JSON object a document")

    evaluate = _add(commands, "answers", "evaluate",
                    "measure a model on labelled texts, a language model by the words of any texts")
    evaluate.add_argument("model", type=Path, metavar="MODEL")
    evaluate.add_argument("file", type=Path, metavar="FILE")
    evaluate.add_argument("--text", action="append", default=[], metavar="COL")
    evaluate.add_argument("--label", action="append", default=[], metavar="COL")
    _as_format(evaluate)
    evaluate.add_argument("--json", action="store_true")
    evaluate.add_argument("--report", type=_called(*_PAGE), metavar="FILE.html",
                          help="also write one self-contained page: figures, curves and the worst mistakes")


def _writing(commands: Any) -> None:
    generate = _add(commands, "answers", "generate", "let a language model write on from a text")
    generate.add_argument("model", type=Path, metavar="MODEL")
    generate.add_argument("prompt", metavar="TEXT", nargs="?", default="", help="what to go on from")
    generate.add_argument("--length", type=int, default=40, metavar="N", help="tokens to write (default 40)")
    generate.add_argument("--temperature", type=float, default=0.8, metavar="T",
                          help="0 always takes the likeliest word; higher is bolder (default 0.8)")
    generate.add_argument("--top-k", type=int, default=40, metavar="N",
                          help="draw among so many of the likeliest words, 0: among all (default 40)")
    generate.add_argument("--seed", type=int, default=0, metavar="N", help="the same one gives the same text")
    generate.add_argument("--direction", choices=("forward", "backward"), default="",
                          help="the network that writes; a backward one writes what stands before the text")
    generate.add_argument("--json", action="store_true")


def _tools(commands: Any) -> None:
    config = _add(commands, "corpus", "config", "print a complete, commented configuration for a corpus")
    config.add_argument("file", type=Path, metavar="FILE")
    config.add_argument("--text", action="append", default=[], metavar="COL", help="a text column (repeatable)")
    config.add_argument("--label", action="append", default=[], metavar="COL", help="a label column (repeatable)")
    config.add_argument("--preset", choices=("tiny", "small", "paper"), default="small")

    runs = _add(commands, "tools", "runs", "list the runs in a folder")
    runs.add_argument("folder", type=Path, metavar="DIR")
    runs.add_argument("--json", action="store_true")

    doctor = _add(commands, "tools", "doctor", "check what the program needs on this machine")
    doctor.add_argument("--json", action="store_true")


def _experiments(commands: Any) -> None:
    tried = _add(commands, "experiments", "experiments",
                 "what the program reaches on known corpora, beside word counts")
    tried.add_argument("experiment", type=Path, metavar="FILE.toml", help="as resources/experiments/usual.toml")
    tried.add_argument("--data", type=Path, required=True, help="the folder with the corpora's files")
    tried.add_argument("--out", type=Path, required=True, help="folder of the runs; what has finished there is kept")
    tried.add_argument("--part", choices=("validation", "test"), default="validation",
                       help="test: on test documents, by which nothing may be chosen (default: validation)")
    tried.add_argument("--only", default="", metavar="NAME", help="this corpus alone")
    tried.add_argument("--json", action="store_true", help="a line of JSON for every run instead of the table")

    taught = _add(
        commands, "experiments", "teach",
        "lead a language model's encoder towards the vectors that a teacher gives to passages",
        description="PASSAGES.parquet has the columns text and vector (lists of one length), made beforehand by a "
                    "sentence encoder of your choice. The model may be used, and given away, without the teacher. "
                    "With --words the model learns more words: WORDS.parquet has the columns word and vector (what "
                    "the teacher makes of each word alone), with words that the model knows among them, from which "
                    "it is learnt where the new ones belong.",
    )
    taught.add_argument("model", type=Path, metavar="MODEL.ulmfit")
    taught.add_argument("passages", type=Path, metavar="PASSAGES.parquet")
    taught.add_argument("--out", type=_called(*_MODEL), required=True, metavar="FILE.ulmfit")
    taught.add_argument("--epochs", type=float, default=2.0, help="passes over the passages (default: 2)")
    taught.add_argument("--lr", type=float, default=2.5e-3, help="peak learning rate (default: 0.0025)")
    taught.add_argument("--language", type=float, default=0.05, metavar="WEIGHT",
                        help="of the language model's own loss, which is kept up beside; 0: it is forgotten "
                             "(default: 0.05)")
    taught.add_argument("--words", type=Path, metavar="WORDS.parquet",
                        help="words for the model to know, those it knows already among them")
    taught.add_argument("--backward", action="store_true",
                        help="teach the network that reads backwards, which begins with the weights of the one that "
                             "reads forwards; that one and the rows of words stay as they are")
    taught.add_argument("--resume", action="store_true",
                        help="go on with a teaching that was interrupted; it lies beside --out")
    taught.add_argument("--teacher", default="", metavar="NAME", help="named in the model's card")
