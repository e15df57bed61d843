"""The Qt application. It knows the engine and is never known by it."""

from ulmengine.threads import wait_briefly

# Here, because it must come before torch, which studio.app in turn must import before Qt.
wait_briefly()
