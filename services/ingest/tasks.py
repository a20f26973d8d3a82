"""The Celery door of the ingest service: which job is done how, and what no second attempt can mend."""

from typing import Any

from contracts.ingest import INGEST_RECORDING, INGEST_SEGMENT
from kit.media import MediaError
from kit.worker import JobHandler
from services.ingest.model.errors import FootageError
from services.ingest.pipeline.recording import RecordingIntake
from services.ingest.pipeline.segment import SegmentAnalysis

_BEYOND_HELP = (MediaError, FootageError)


def handlers(intake: RecordingIntake, analysis: SegmentAnalysis) -> list[JobHandler[Any]]:
    """The service's handlers. Footage that cannot be used is dead at once; anything else is tried again."""
    return [
        JobHandler(contract=INGEST_RECORDING, run=intake.take_in, dead_on=_BEYOND_HELP, give_up=intake.give_up),
        JobHandler(contract=INGEST_SEGMENT, run=analysis.analyse, dead_on=_BEYOND_HELP, give_up=analysis.give_up),
    ]
