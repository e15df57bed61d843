"""What holds for every test."""

from ulmengine.threads import wait_passively

wait_passively()
