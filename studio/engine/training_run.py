"""The real thing: the generator of a whole training run."""

from __future__ import annotations

from collections.abc import Generator

from ulmengine.events import Event
from ulmengine.plan.control import RunControl

from .host import RunRequest


def training_run(request: RunRequest, control: RunControl) -> Generator[Event, None, object]:
    """The run that ``request`` describes, in its folder: begun, or gone on with from its last checkpoint.

    :raises RunFolderError: the folder cannot be used.
    """
    # Loaded here and not with the window: the whole training code is only needed in the thread that trains.
    from ulmengine.record import RunFolder
    from ulmengine.runs import Run

    folder = RunFolder(request.folder)
    if not folder.config_path.exists():
        folder = RunFolder.create(request.folder, request.config)
    run = Run(folder, skip=control.take_skip, finish=control.take_finish)
    return run.events(resume=request.resume, checkpoint=request.checkpoint, finish=request.finish)
