"""The Celery door of the report service: a claimed job → the use case."""

from contracts.report import REPORT_BUILD, BuildReport
from kit.lease import Lease
from kit.worker import JobHandler
from services.report import pipeline
from services.report.model import ReportImpossibleError
from services.report.ports import Footage, Press, Records


def build_handler(records: Records, footage: Footage, press: Press) -> JobHandler[BuildReport]:
    """Handles `report.build.v1`. What no attempt can mend is dead at once, with its reason; the rest is tried again."""

    def run(request: BuildReport, lease: Lease) -> None:
        pipeline.build(request, lease, records, footage, press)

    return JobHandler(contract=REPORT_BUILD, run=run, dead_on=(ReportImpossibleError,))
