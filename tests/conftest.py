"""What holds for every test."""

from ulmengine.threads import wait_briefly

wait_briefly()
