"""The thread beside the event loop: one job after the other, faults come back, and it ends when it is told to."""

import asyncio
import threading

import pytest

from pipeline.endpoint.database import DatabaseThread


@pytest.fixture
async def thread():
    thread = DatabaseThread("jobs")
    yield thread
    await thread.close()


async def test_jobs_run_in_their_order_in_a_thread_of_their_own(thread):
    done = []

    def job(number):
        done.append((number, threading.current_thread().name))
        return number

    assert await asyncio.gather(*(thread.run(lambda n=n: job(n)) for n in range(5))) == [0, 1, 2, 3, 4]
    assert [number for number, _ in done] == [0, 1, 2, 3, 4]
    assert {name for _, name in done} == {"jobs_0"}


async def test_a_fault_comes_back_and_the_next_job_runs(thread):
    with pytest.raises(ZeroDivisionError):
        await thread.run(lambda: 1 / 0)
    assert await thread.run(lambda: "well") == "well"


async def test_it_ends_when_closed_and_begins_anew_when_asked(thread):
    await thread.run(lambda: None)
    [worker] = [one for one in threading.enumerate() if one.name == "jobs_0"]
    await thread.close()
    assert not worker.is_alive()
    assert await thread.run(lambda: 7) == 7
