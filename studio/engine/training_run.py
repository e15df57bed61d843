"""The real thing: the generator of a whole training run."""

from __future__ import annotations

from collections.abc import Generator

from ulmengine.events import Event
from ulmengine.plan.control import RunControl
from ulmengine.record import RunFolder

from .host import RunRequest


def training_run(request: RunRequest, control: RunControl) -> Generator[Event, None, None]:
    """The run that ``request`` describes, in its folder: begun, or gone on with from its last checkpoint.

    A model of a person's own texts is put among their models at the end.

    :raises RunFolderError: the folder cannot be used.
    """
    # Loaded here and not with the window: the whole training code is only needed in the thread that trains.
    from ulmengine.runs import Run
    from ulmengine.runs.own_texts import publish, waits_to_be_published
    from ulmengine.runs.prepare import with_best_pretrained

    folder = RunFolder(request.folder)
    if not folder.config_path.exists():
        config = request.config
        if request.models is not None:
            config = yield from with_best_pretrained(config, folder.cache, request.models)
        folder = RunFolder.create(request.folder, config)
    run = Run(folder, skip=control.take_skip, finish=control.take_finish,
              config=request.config if request.resume else None)
    control.put_down, control.last_words = run.put_down, run.last_words
    yield from run.events(resume=request.resume, checkpoint=request.checkpoint, finish=request.finish)
    if request.models is not None and waits_to_be_published(folder):
        publish(folder, request.models)
