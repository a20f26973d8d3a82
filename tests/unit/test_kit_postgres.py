"""What a database does without a server."""

import multiprocessing

from kit.postgres import Database


def open_and_close(database: Database) -> None:
    database._open()
    database.close()


def test_a_worker_forked_while_another_thread_opens_the_pool_can_open_its_own() -> None:
    database = Database("postgresql://nobody@127.0.0.1:9/nothing")
    # What the reconciler of a worker's main process does now and then.
    with database._lock:
        child = multiprocessing.get_context("fork").Process(target=open_and_close, args=(database,), daemon=True)
        child.start()
        child.join(20)
    assert child.exitcode == 0, "it hangs" if child.exitcode is None else "it failed"
