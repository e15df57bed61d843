"""What the machine offers and what it lacks: every check on its own, each with what to do about it.

No Qt is imported: a missing display or library must be told of, not run into.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ulmengine import APP

OLDEST_PYTHON = (3, 11)
LEAST_MEMORY_GB = 2.0
LEAST_DISK_GB = 2.0
_INSTALL = "install the program's packages again: pip install .   in its folder"
# Platforms of Qt that draw without a screen.
SCREENLESS = ("offscreen", "minimal", "vnc", "linuxfb", "eglfs", "vkkhrdisplay", "minimalegl")
_ADVICE = ("start the Studio from a desktop session or through ssh -X; without a screen use python -m ulmengine, "
           "or xvfb-run python main.py")


@dataclass(frozen=True)
class Check:
    """One thing looked at: what was ``found``, and if it is not ``ok`` the ``advice`` (never empty then)."""

    name: str
    ok: bool
    found: str
    advice: str = ""


@dataclass(frozen=True)
class Library:
    """A shared library that a visible window needs, and the packages that bring it."""

    name: str
    debian: str
    fedora: str
    arch: str


# What libqxcb.so and libQt6Gui.so are linked with beyond what every Linux has (ldd on the wheels of PySide6).
LIBRARIES = (
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    Library("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    Library("libxcb-render-util.so.0", "libxcb-render-util0", "xcb-util-renderutil", "xcb-util-renderutil"),
    Library("libxcb-randr.so.0", "libxcb-randr0", "libxcb", "libxcb"),
    Library("libxcb-render.so.0", "libxcb-render0", "libxcb", "libxcb"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
    Library("libxcb-shm.so.0", "libxcb-shm0", "libxcb", "libxcb"),
    Library("libxcb-sync.so.1", "libxcb-sync1", "libxcb", "libxcb"),
    Library("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb", "libxcb"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb", "libxcb"),
    Library("libxcb-util.so.1", "libxcb-util1", "xcb-util", "xcb-util"),
    Library("libxcb.so.1", "libxcb1", "libxcb", "libxcb"),
    Library("libX11.so.6", "libx11-6", "libX11", "libx11"),
    Library("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb", "libx11"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    Library("libfreetype.so.6", "libfreetype6", "freetype", "freetype2"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    # Newer systems call the package libglib2.0-0t64; it answers to this name as well.
    Library("libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Library("libgthread-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Library("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    Library("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
)


def checks() -> tuple[Check, ...]:
    """Every check that applies to this system, in the order a person should mend them."""
    found = [_python(), _venv(), *_torch(), _memory(), *_folders(), *_packages(), _plugin()]
    if sys.platform.startswith("linux"):
        found += [_display(), *map(_library, LIBRARIES)]
    return tuple(found)


def report(results: tuple[Check, ...]) -> str:
    """``results`` as text: one line each, advice below what is not right, one command for all missing libraries."""
    width = max((len(check.name) for check in results), default=0)
    lines = []
    for check in results:
        lines.append(f"{'ok     ' if check.ok else 'MISSING'}  {check.name:<{width}}  {check.found}")
        if not check.ok:
            lines.append(f"{'':9}-> {check.advice}")
    missing = [library for library in LIBRARIES if any(not one.ok and one.name == library.name for one in results)]
    if len(missing) > 1:
        lines += ["", "All missing libraries at once:", *(f"  {command}" for command in install_commands(missing))]
    wrong = sum(not check.ok for check in results)
    lines += ["", "Everything is in place." if not wrong else f"{wrong} of {len(results)} checks need attention."]
    return "\n".join(lines)


def install_commands(libraries: list[Library]) -> tuple[str, str, str]:
    """The commands that install ``libraries`` on Debian/Ubuntu, Fedora and Arch."""
    debian, fedora, arch = (
        " ".join(dict.fromkeys(getattr(library, system) for library in libraries))
        for system in ("debian", "fedora", "arch")
    )
    return (f"Debian, Ubuntu: sudo apt install {debian}", f"Fedora: sudo dnf install {fedora}",
            f"Arch: sudo pacman -S {arch}")


def _venv() -> Check:
    """The module that makes virtual environments: Debian and Ubuntu have it in a package of its own."""
    found = importlib.util.find_spec("ensurepip") is not None
    return Check("venv", found, "found" if found else "the module ensurepip is missing",
                 "Debian, Ubuntu: sudo apt install python3-venv")


def _python() -> Check:
    found = f"{platform.python_version()} ({sys.executable})"
    wanted = ".".join(map(str, OLDEST_PYTHON))
    return Check("Python", sys.version_info[:2] >= OLDEST_PYTHON, found,
                 f"install Python {wanted} or newer and make a new virtual environment with it")


def _torch() -> Iterator[Check]:
    try:
        import torch  # heavy, and its absence is one of the things to report
    except (ImportError, OSError) as error:
        yield Check("torch", False, str(error).splitlines()[0], "pip install torch (see README for the version)")
        return
    yield Check("torch", True, torch.__version__)
    cards = [f"cuda:{number} {torch.cuda.get_device_name(number)}" for number in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        cards.append("mps")
    if torch.xpu.is_available():
        cards += [f"xpu:{number}" for number in range(torch.xpu.device_count())]
    yield Check("Device", True, ", ".join([*cards, "cpu"]))
    fast = torch.cuda.is_bf16_supported() if torch.cuda.is_available() else _processor_has_bfloat16()
    yield Check("bfloat16", True, "fast on this device" if fast else "not fast here; float32 is used")
    yield Check("Threads", True, f"{torch.get_num_threads()} of {os.cpu_count()} cores")


def _processor_has_bfloat16() -> bool:
    import torch

    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def _memory() -> Check:
    try:
        import psutil
    except ImportError:
        return Check("Memory", False, "psutil is not installed", _INSTALL)
    memory = psutil.virtual_memory()
    free = memory.available / 2**30
    return Check("Memory", free >= LEAST_MEMORY_GB, f"{free:.1f} of {memory.total / 2**30:.1f} GB free",
                 f"close other programs until {LEAST_MEMORY_GB:.0f} GB are free, or choose a smaller model and batch")


def _folders() -> Iterator[Check]:
    try:
        import platformdirs
    except ImportError:
        yield Check("Data folder", False, "platformdirs is not installed", _INSTALL)
        return
    places = {
        "Data folder": platformdirs.user_data_path(APP), "Cache folder": platformdirs.user_cache_path(APP),
        "Settings folder": platformdirs.user_config_path(APP), "Temporary folder": Path(tempfile.gettempdir()),
    }
    for name, folder in places.items():
        yield _writable(name, folder)
    free = shutil.disk_usage(_existing(places["Data folder"])).free / 2**30
    yield Check("Disk", free >= LEAST_DISK_GB, f"{free:.1f} GB free",
                f"free some space: a run needs up to {LEAST_DISK_GB:.0f} GB for checkpoints")


def _writable(name: str, folder: Path) -> Check:
    """Whether a file can be made in ``folder``, or in the nearest folder above that exists (nothing is created)."""
    place = _existing(folder)
    try:
        with tempfile.TemporaryFile(dir=place):
            return Check(name, True, str(folder))
    except OSError as error:
        return Check(name, False, f"{folder}: {error.strerror or error}",
                     f"make {place} writable for {os.environ.get('USER') or 'your user'}")


def _existing(folder: Path) -> Path:
    return next((place for place in (folder, *folder.parents) if place.is_dir()), Path.cwd())


def _packages() -> Iterator[Check]:
    for name in ("PySide6_Essentials", "pyqtgraph", "tokenizers", "safetensors", "polars", "scikit-learn"):
        try:
            yield Check(name, True, version(name))
        except PackageNotFoundError:
            yield Check(name, False, "not installed", _INSTALL)


def _plugin() -> Check:
    """The platform plugin of the installed PySide6: the part of Qt that talks to the screen."""
    wanted = {"win32": "qwindows.dll", "darwin": "libqcocoa.dylib"}.get(sys.platform, "libqxcb.so")
    advice = "reinstall it: pip install --force-reinstall PySide6-Essentials"
    spec = importlib.util.find_spec("PySide6")
    if spec is None or spec.origin is None:
        return Check("Qt platform plugin", False, "PySide6 is not installed", advice)
    root = Path(spec.origin).parent
    found = next((path for path in (root / "Qt/plugins/platforms" / wanted, root / "plugins/platforms" / wanted)
                  if path.is_file()), None)
    return Check("Qt platform plugin", found is not None, str(found or f"{wanted} is missing below {root}"), advice)


def uses_x11() -> bool:
    """Whether Qt will draw through an X server here."""
    if not sys.platform.startswith("linux"):
        return False
    asked = os.environ.get("QT_QPA_PLATFORM", "")
    return asked.startswith("xcb") or not (asked.startswith("wayland") or os.environ.get("WAYLAND_DISPLAY"))


def x_server_answers() -> bool:
    """Whether the X server that DISPLAY names lets itself be connected to; True where that cannot be tried.

    A connection that was made stays open as long as the process lives: a server that loses its last client (Xvfb)
    starts anew, and would turn the window away that is opened a moment later.
    """
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # told of as a missing library
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
    xcb.xcb_connection_has_error.argtypes = (ctypes.c_void_p,)
    xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    connection = xcb.xcb_connect(None, None)
    if xcb.xcb_connection_has_error(connection):
        xcb.xcb_disconnect(connection)
        return False
    return True


def _display() -> Check:
    x11, wayland = os.environ.get("DISPLAY", ""), os.environ.get("WAYLAND_DISPLAY", "")
    asked = os.environ.get("QT_QPA_PLATFORM", "")
    if asked.split(":")[0] in SCREENLESS:
        return Check("Display", True, f"none needed: QT_QPA_PLATFORM={asked}")
    found = ", ".join(f"{name}={value}" for name, value in (("WAYLAND_DISPLAY", wayland), ("DISPLAY", x11)) if value)
    if x11 and uses_x11() and not x_server_answers():
        return Check("Display", False, f"DISPLAY={x11}, which does not answer", _ADVICE)
    return Check("Display", bool(found), found or "neither DISPLAY nor WAYLAND_DISPLAY is set", _ADVICE)


def _library(library: Library) -> Check:
    try:
        ctypes.CDLL(library.name)
    except OSError as error:
        return Check(library.name, False, str(error).splitlines()[0], "; ".join(install_commands([library])))
    return Check(library.name, True, "found")
