"""Mails: a mailbox (.mbox) of many, or one (.eml), parsed by Python's own ``mailbox`` and ``email``."""

from __future__ import annotations

import csv
import email
import email.policy
import json
import mailbox
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import polars as pl

from ulmengine.corpus import limits
from ulmengine.corpus.errors import CorpusError
from ulmengine.disk import passing_folder

from .encoding import TextDecoder, detect
from .frames import frames_of_records
from .markup import html_text
from .reading import Look, Pass, Reading

COLUMNS = ("subject", "text", "from", "date")
_SUFFIXES = {"mbox": (".mbox", ".mbx"), "mail": (".eml", ".emlx")}
_BOX = re.compile(rb"From [^\n]{3,200}\d\d:\d\d[^\n]*\n>?[A-Za-z][\w-]*:")

_NAME = re.compile(rb"[A-Za-z][\w-]*")
_USUAL = frozenset({
    b"from", b"to", b"cc", b"subject", b"date", b"received", b"message-id", b"return-path", b"delivered-to",
    b"reply-to", b"sender", b"mime-version", b"content-type", b"newsgroups", b"organization", b"lines",
})
_MOST_HEADERS = 1 << 16
_GMAIL_FOLDERS = frozenset({"inbox", "sent", "drafts", "chat", "all mail", "archived", "trash", "spam"})
_GMAIL_MARKS = re.compile(r"unread|opened|starred|important|category.*", re.IGNORECASE)


def begins_as_mail(data: bytes) -> bool:
    """Whether a file begins with the headers of a mail or a news article, at least two of the usual ones, and a blank
    line after them."""
    names: set[bytes] = set()
    for number, line in enumerate(data[:_MOST_HEADERS].splitlines()):
        if not line.strip():
            return len(names & _USUAL) >= 2
        name, colon, _ = line.partition(b":")
        if colon and _NAME.fullmatch(name):
            names.add(name.lower())
        elif not (number and line[:1] in b" \t") and not (number == 0 and line.startswith(b"From ")):
            return False
    return False


def plan(kind: str, look: Look, reason: str = "") -> Reading | None:
    """Plan the reading of a mailbox ("mbox"), known by its name or its first lines, or of a mail ("mail")."""
    suffix = look.source.suffix
    if not reason and suffix in _SUFFIXES[kind]:
        reason = f"the file's name ends in {suffix}"
    elif not reason and kind == "mbox" and _BOX.match(look.sample.lstrip()):
        reason = "begins as a mailbox does"
    if not reason:
        return None
    rows = 1 if kind == "mail" else None
    told = ("Gmail's own marks and folders, such as Unread and Inbox, count as no labels; where a mail has no other, "
            "its folder is its label.")
    return Reading(look.source, kind, _chunks, columns=COLUMNS, rows=rows, reasons={"format": reason},
                   notes=(told,) if b"\nX-Gmail-Labels:" in look.sample else ())


def _chunks(reading: Reading, going: Pass) -> Iterator[pl.DataFrame]:
    """The mails with their subject, text, sender and date. :raises CorpusError: there is none in it."""
    with passing_folder("mail") as folder, reading.source.open() as stream:
        path = folder / "box"
        going.size = stream.size
        with path.open("wb") as file:
            while data := stream.read():
                file.write(data)
        mails = iter([path.read_bytes()]) if reading.format == "mail" else _mails(path, going)
        yield from frames_of_records((mail_record(mail) for mail in mails), going.faults)
        going.position, going.given, going.digest = stream.position, stream.given, stream.digest


def _mails(path: Path, going: Pass) -> Iterator[bytes]:
    box = mailbox.mbox(path, create=False)
    try:
        given, found = 0, False
        for key in box.iterkeys():
            mail = box.get_bytes(key)
            found = True
            given += len(mail)
            if len(mail) > 4 * limits.MAX_FIELD:
                going.faults.skipped += 1
                continue
            yield mail
            if going.most is not None and given > going.most:
                return
        if not found:
            raise CorpusError("There is no mail in this mailbox: a mail begins with a line 'From ...'.")
    finally:
        box.close()


def mail_record(data: bytes) -> dict[str, str | None]:
    """The parts of a mail that are read."""
    mail = email.message_from_bytes(data, policy=email.policy.default)
    record: dict[str, str | None] = {
        "subject": _header(mail, "Subject", data), "text": mail_body(mail), "from": _header(mail, "From", data),
        "date": _header(mail, "Date", data),
    }
    labels = _gmail_labels(_header(mail, "X-Gmail-Labels", data)) or _header(mail, "X-Label", data)
    return {**record, "labels": labels} if labels else record


def _gmail_labels(header: str) -> str:
    """The labels that a person gave, as a list where these are several; a folder of Gmail's own only without them."""
    found = [name.strip() for name in next(csv.reader([header], skipinitialspace=True), [])]
    found = [name for name in found if name and not _GMAIL_MARKS.fullmatch(name)]
    own = [name for name in found if name.lower() not in _GMAIL_FOLDERS] or found
    return json.dumps(own, ensure_ascii=False) if len(own) > 1 else "".join(own)


def mail_text(data: bytes) -> str:
    """A mail as one text: its subject above its body."""
    record = mail_record(data)
    return "\n\n".join(part for part in (record["subject"], record["text"]) if part)


def mail_body(mail: EmailMessage) -> str:
    """The plain text of a mail, or what can be read on its page."""
    part = mail.get_body(preferencelist=("plain", "html"))
    if not isinstance(part, EmailMessage):
        return ""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    text = _decoded(data, part.get_content_charset("utf-8"), data)
    text = text.replace("\r\n", "\n").strip()
    return html_text(text) if part.get_content_subtype() == "html" else text


def _header(mail: EmailMessage, name: str, data: bytes) -> str:
    """A header of the mail that ``data`` are; one with bytes beyond ASCII, against the rules, in their encoding."""
    try:
        raw = next((str(value) for key, value in mail.raw_items() if key.lower() == name.lower()), "")
        if any("\udc80" <= character <= "\udcff" for character in raw):
            line = "".join(raw.splitlines()).encode("ascii", "surrogateescape")
            text = _decoded(line, "utf-8", data[: limits.SAMPLE_BYTES])
            return str(email.policy.default.header_factory(name, text)).strip()
        return str(mail.get(name, "")).strip()
    except (ValueError, IndexError, KeyError, AttributeError, TypeError):  # headers that the parser itself trips over
        return ""


def _decoded(data: bytes, charset: str, sample: bytes) -> str:
    """The text that ``data`` are in ``charset`` or, where they are none, in the encoding that the ``sample`` has."""
    try:
        return data.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return TextDecoder(detect(sample, whole=True).name).decode(data, True)
