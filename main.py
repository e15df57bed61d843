"""Starts ULMFiT Studio: ``python main.py``, ``python main.py --sample``, ``python main.py --doctor``."""

import sys


def start() -> int:
    """Start it, with a clear word where a part is missing."""
    if sys.version_info < (3, 11):  # noqa: UP036 - told here, because older versions fail on the import itself
        sys.stderr.write("ULMFiT Studio needs Python 3.11 or newer; this is {}.{}\n".format(*sys.version_info[:2]))
        return 1
    try:
        from studio.app import main
    except (ImportError, OSError) as error:
        sys.stderr.write(
            f"ULMFiT Studio cannot start: {error}\n"
            "  -> pip install .   in this folder; then python main.py --doctor checks the rest\n"
        )
        return _doctor_alone() if "--doctor" in sys.argv else 1
    return main()


def _doctor_alone() -> int:
    """The engine's own checks need neither Qt nor torch."""
    from ulmengine.doctor import checks, report

    sys.stdout.write(report(checks()) + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(start())
