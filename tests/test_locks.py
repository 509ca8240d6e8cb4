"""One writer at a time: locks, and writers of one folder of checkpoints."""

import gc
import subprocess
import sys

import pytest

from skelkit.training.loop import Run
from skelkit.utils import checkpoint, locks

HOLD = """
import sys
from pathlib import Path
from skelkit.utils import checkpoint, locks
held = {what}
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other():
    """`other(code)` starts a process that holds what the code gives until `kill` is called."""
    started = []

    def start(what):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD.format(what=what)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(process)
        assert process.stdout.readline() == b"held\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_a_lock_is_refused_while_another_process_holds_it_and_free_when_that_is_killed(tmp_path, other):
    path = tmp_path / "a.lock"
    process = other(f"locks.Lock(Path({str(path)!r}))")
    with pytest.raises(locks.Busy, match=rf"another process holds .*a\.lock \(process {process.pid}\)"):
        locks.Lock(path, seconds=0.1)
    process.kill()
    process.wait()
    with locks.locked(path, seconds=5):
        assert path.exists()
    assert list(tmp_path.iterdir()) == []


def test_two_locks_exclude_each_other_within_a_process_too(tmp_path):
    with locks.locked(tmp_path / "a.lock"), pytest.raises(locks.Busy):
        locks.Lock(tmp_path / "a.lock")


COUNT = """
import sys, time
from pathlib import Path
from skelkit.utils import locks
path = Path(sys.argv[1])
for _ in range(50):
    with locks.locked(path / "a.lock"):
        number = int((path / "number").read_text())
        time.sleep(0.0005)
        (path / "number").write_text(str(number + 1))
"""


def test_of_three_processes_that_add_to_a_number_none_loses_an_addition(tmp_path):
    """The file of the lock is removed and made again each time."""
    (tmp_path / "number").write_text("0")
    command = [sys.executable, "-c", COUNT, str(tmp_path)]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert (tmp_path / "number").read_text() == "150"


def test_a_second_process_may_not_train_into_a_folder_of_checkpoints(tmp_path, other):
    process = other(f"checkpoint.Claim({str(tmp_path)!r})")
    told = rf"process {process.pid}\); wait for it to finish, or train into another folder"
    with pytest.raises(ValueError, match=told):
        Run({}, {}, tmp_path)
    process.kill()
    process.wait()
    Run({}, {}, tmp_path).save()
    gc.collect()
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.safetensors"]


def test_a_later_training_of_a_process_takes_a_folder_over_and_the_earlier_one_writes_no_more(tmp_path):
    earlier = Run({}, {"seed": 0}, tmp_path)
    earlier.save()
    later = Run({}, {"seed": 0}, tmp_path)
    with pytest.raises(ValueError, match="another training of this process writes there"):
        earlier.save()
    later.save()
    assert checkpoint.read(tmp_path, {"seed": 0}) == {"position": [], "parts": {}}


def test_where_there_are_no_locks_a_warning_says_so_and_work_goes_on(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(locks.errno.ENOLCK, "No locks available")

    monkeypatch.setattr(locks, "lock", unsupported)
    with pytest.warns(UserWarning, match="no locks; let no two processes write there"):
        lock = locks.Lock(tmp_path / "a.lock")
    lock.release()
