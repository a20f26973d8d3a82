"""Jobs on the real Postgres: claimed once, fenced by their lease, never lost, never done twice."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import psycopg
import pytest

from contracts.ingest import INGEST_SEGMENT, IngestSegment
from contracts.report import REPORT_BUILD, BuildReport
from contracts.task import JobState
from kit.jobs import Announcement, Jobs
from kit.lease import LeaseLostError
from kit.postgres import Database
from kit.worker import JobHandler, JobWorker
from tests.databases import ServiceDatabases

TENANT = UUID("01990000-0000-7000-8000-0000000000aa")
OTHER_TENANT = UUID("01990000-0000-7000-8000-0000000000bb")


class TooBadError(Exception):
    pass


@pytest.fixture
def announced() -> list[Announcement]:
    return []


@pytest.fixture
def database(databases: ServiceDatabases) -> Iterator[Database]:
    opened = databases.open("sightline_ingest")
    yield opened
    opened.close()


@pytest.fixture
def jobs(database: Database, announced: list[Announcement]) -> Jobs:
    return Jobs(database, announced.append, lease_seconds=30)


@pytest.fixture
def hasty_jobs(database: Database, announced: list[Announcement]) -> Jobs:
    """Leases that are over as soon as they are given."""
    return Jobs(database, announced.append, lease_seconds=0)


def enqueue(jobs: Jobs, key: str = "one", tenant: UUID = TENANT) -> UUID:
    payload = IngestSegment(recording_id=uuid4(), ordinal=0)
    with jobs.work(tenant) as work:
        return work.enqueue(INGEST_SEGMENT, payload, key=key, subject_id=payload.recording_id).job_id


def test_a_job_is_announced_only_after_its_transaction_committed(jobs: Jobs, announced: list[Announcement]) -> None:
    with pytest.raises(TooBadError), jobs.work(TENANT) as work:
        work.enqueue(INGEST_SEGMENT, IngestSegment(recording_id=uuid4(), ordinal=0), key="rolled back")
        raise TooBadError
    assert announced == []
    assert jobs.list(TENANT) == []
    job_id = enqueue(jobs)
    assert [announcement.job_id for announcement in announced] == [job_id]


def test_the_same_work_asked_for_twice_is_one_job(jobs: Jobs, announced: list[Announcement]) -> None:
    assert enqueue(jobs, "same") == enqueue(jobs, "same")
    assert len(announced) == 1


def test_of_many_workers_woken_for_one_job_one_gets_it(jobs: Jobs) -> None:
    job_id = enqueue(jobs)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda name: jobs.claim(job_id, name), [f"worker {number}" for number in range(8)]))
    assert len([claim for claim in claims if claim is not None]) == 1


def test_results_and_completion_are_one_transaction(jobs: Jobs, database: Database) -> None:
    claim = jobs.claim(enqueue(jobs), "worker")
    assert claim is not None
    follow_up = IngestSegment(recording_id=uuid4(), ordinal=1)
    with pytest.raises(TooBadError), jobs.completion(claim.lease) as work:
        work.enqueue(INGEST_SEGMENT, follow_up, key="follow-up")
        raise TooBadError
    assert [job.key for job in jobs.list(TENANT)] == ["one"]
    with jobs.completion(claim.lease) as work:
        work.enqueue(INGEST_SEGMENT, follow_up, key="follow-up")
        work.result = {"segments": 3}
    done = jobs.get(TENANT, claim.lease.job_id)
    assert done is not None
    assert (done.state, done.result, done.progress) == (JobState.DONE, {"segments": 3}, 1.0)
    assert {job.key for job in jobs.list(TENANT)} == {"one", "follow-up"}


def test_a_worker_whose_lease_ran_out_cannot_commit(jobs: Jobs, hasty_jobs: Jobs) -> None:
    job_id = enqueue(jobs)
    slow = hasty_jobs.claim(job_id, "slow worker")
    quick = jobs.claim(job_id, "quick worker")
    assert slow is not None
    assert quick is not None
    with pytest.raises(LeaseLostError), jobs.completion(slow.lease) as work:
        work.enqueue(INGEST_SEGMENT, IngestSegment(recording_id=uuid4(), ordinal=9), key="of the slow worker")
    assert not jobs.renew(slow.lease)
    with jobs.completion(quick.lease):
        pass
    assert [job.key for job in jobs.list(TENANT)] == ["one"]


def test_the_reconciler_takes_expired_leases_back_and_repeats_lost_wake_ups(
    jobs: Jobs, hasty_jobs: Jobs, announced: list[Announcement]
) -> None:
    abandoned, forgotten = enqueue(jobs, "abandoned"), enqueue(jobs, "forgotten")
    hasty_jobs.claim(abandoned, "worker that dies")
    announced.clear()
    assert jobs.reconcile(quiet_seconds=0) == 2
    assert {announcement.job_id for announcement in announced} == {abandoned, forgotten}
    announced.clear()
    assert jobs.reconcile(quiet_seconds=60) == 0, "what was just announced is left in peace"
    job = jobs.get(TENANT, abandoned)
    assert job is not None
    assert job.state is JobState.READY
    assert job.reason is not None
    assert "ran out" in job.reason


def test_a_job_that_kills_its_workers_dies_after_three_attempts_with_a_reason(jobs: Jobs, hasty_jobs: Jobs) -> None:
    job_id = enqueue(jobs)
    for _ in range(3):
        assert hasty_jobs.claim(job_id, "worker that dies") is not None
    ran: list[IngestSegment] = []
    handler = JobHandler(INGEST_SEGMENT, lambda payload, _: ran.append(payload))
    JobWorker(jobs, lease_seconds=30).handle(job_id, handler)
    job = jobs.get(TENANT, job_id)
    assert job is not None
    assert job.state is JobState.DEAD
    assert job.reason is not None
    assert "3 attempts" in job.reason
    assert ran == []


def test_an_error_that_cannot_be_mended_kills_at_once_and_a_replay_starts_over(jobs: Jobs) -> None:
    job_id = enqueue(jobs)

    def fail(_: IngestSegment, __: object) -> None:
        raise TooBadError("the file holds no video: send footage")

    worker = JobWorker(jobs, lease_seconds=30)
    worker.handle(job_id, JobHandler(INGEST_SEGMENT, fail, dead_on=(TooBadError,)))
    job = jobs.get(TENANT, job_id)
    assert job is not None
    assert (job.state, job.reason, job.attempts) == (JobState.DEAD, "the file holds no video: send footage", 1)

    assert jobs.replay(TENANT, job_id)
    assert not jobs.replay(TENANT, job_id), "only a dead job can be replayed"

    def succeed(_: IngestSegment, lease: object) -> None:
        with jobs.completion(lease):  # type: ignore[arg-type]  # a Lease
            pass

    worker.handle(job_id, JobHandler(INGEST_SEGMENT, succeed))
    replayed = jobs.get(TENANT, job_id)
    assert replayed is not None
    assert replayed.state is JobState.DONE


def test_any_other_error_is_tried_again_later(jobs: Jobs) -> None:
    job_id = enqueue(jobs)

    def stumble(_: IngestSegment, __: object) -> None:
        raise TooBadError("Triton is restarting")

    JobWorker(jobs, lease_seconds=30).handle(job_id, JobHandler(INGEST_SEGMENT, stumble))
    job = jobs.get(TENANT, job_id)
    assert job is not None
    assert job.state is JobState.READY
    assert job.reason == "TooBadError: Triton is restarting"
    assert jobs.claim(job_id, "eager worker") is None, "not before its delay is over"


def test_a_job_of_another_tenant_cannot_be_seen_or_replayed(jobs: Jobs) -> None:
    job_id = enqueue(jobs)
    assert jobs.get(OTHER_TENANT, job_id) is None
    assert jobs.list(OTHER_TENANT) == []
    assert not jobs.replay(OTHER_TENANT, job_id)


def test_row_level_security_hides_other_tenants_even_from_a_query_without_a_filter(
    jobs: Jobs, database: Database
) -> None:
    enqueue(jobs, "ours", TENANT)
    enqueue(jobs, "theirs", OTHER_TENANT)
    with database.transaction(TENANT) as connection:
        assert [row["key"] for row in connection.execute("SELECT key FROM jobs.jobs").fetchall()] == ["ours"]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE jobs.jobs SET tenant_id = %s", (OTHER_TENANT,))
    with database.system_transaction() as connection:
        assert connection.execute("SELECT key FROM jobs.jobs").fetchall() == []


def test_counts_tell_where_jobs_stand(jobs: Jobs) -> None:
    enqueue(jobs, "waiting")
    with jobs.work(TENANT) as work:
        work.enqueue(REPORT_BUILD, BuildReport(report_id=uuid4(), title="x", items=()), key="report")
    counts = {(row["contract"], row["state"]): row["jobs"] for row in jobs.counts()}
    assert counts == {("ingest.segment.v1", "ready"): 1, ("report.build.v1", "ready"): 1}
