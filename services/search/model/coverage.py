"""What of an asked time was examined: spans of footage against periods of a question, and that said in sentences."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from contracts.question import CameraCoverage, Coverage, Gap, Period

JOINT = timedelta(seconds=1)
"""A hole as short as this between two recordings is no gap: encoders cut between frames."""

_NAMED_GAPS = 6
"""So many gaps are named in the text; all of them stand in the data."""


@dataclass(frozen=True)
class FootageSpan:
    """A stretch of one camera's footage.

    Attributes:
        state: `ready`: examined; `processing`: not yet; `failed`: could not be read.
    """

    camera_id: UUID
    start: datetime
    end: datetime
    state: str


def united(periods: Iterable[Period]) -> tuple[Period, ...]:
    """The same time without overlaps, in order."""
    found: list[Period] = []
    for period in sorted(periods, key=lambda one: one.from_time):
        if period.until_time <= period.from_time:
            continue
        if found and period.from_time <= found[-1].until_time + JOINT:
            until = max(found[-1].until_time, period.until_time)
            found[-1] = Period(from_time=found[-1].from_time, until_time=until)
        else:
            found.append(period)
    return tuple(found)


def common(some: Iterable[Period], others: Iterable[Period]) -> tuple[Period, ...]:
    """The time that lies in both."""
    left, right = united(some), united(others)
    return tuple(
        Period(from_time=max(a.from_time, b.from_time), until_time=min(a.until_time, b.until_time))
        for a in left
        for b in right
        if max(a.from_time, b.from_time) < min(a.until_time, b.until_time)
    )


def without(some: Iterable[Period], taken: Iterable[Period]) -> tuple[Period, ...]:
    """The time of the first that does not lie in the second."""
    left: list[Period] = []
    for period in united(some):
        begin = period.from_time
        for other in united(taken):
            if other.until_time <= begin or other.from_time >= period.until_time:
                continue
            if other.from_time > begin + JOINT:
                left.append(Period(from_time=begin, until_time=other.from_time))
            begin = max(begin, other.until_time)
        if begin + JOINT < period.until_time or begin == period.from_time:
            left.append(Period(from_time=begin, until_time=period.until_time))
    return tuple(left)


def seconds_of(periods: Iterable[Period]) -> float:
    """How long they are together."""
    return sum((period.until_time - period.from_time).total_seconds() for period in periods)


def camera_coverage(
    camera_id: UUID, name: str, asked: Sequence[Period], spans: Iterable[FootageSpan]
) -> CameraCoverage:
    """What was examined of one camera. Footage counts where any recording of the time is ready."""
    own: dict[str, list[Period]] = {"ready": [], "processing": [], "failed": []}
    for span in spans:
        if span.camera_id == camera_id:
            own[span.state].append(Period(from_time=span.start, until_time=span.end))
    examined = common(asked, own["ready"])
    left = without(asked, examined)
    gaps: list[Gap] = []
    for cause in ("processing", "failed"):
        because = common(left, own[cause])
        gaps += [Gap(from_time=gap.from_time, until_time=gap.until_time, cause=cause) for gap in because]
        left = without(left, because)
    gaps += [Gap(from_time=gap.from_time, until_time=gap.until_time, cause="no_footage") for gap in left]
    return CameraCoverage(
        camera_id=camera_id,
        name=name,
        examined_seconds=seconds_of(examined),
        asked_seconds=seconds_of(asked),
        examined=examined,
        gaps=tuple(sorted(gaps, key=lambda gap: gap.from_time)),
    )


def coverage_of(
    names: Mapping[UUID, str], asked: Sequence[Period], spans: Sequence[FootageSpan], zone: tzinfo
) -> Coverage:
    """What was examined of all cameras that were asked about."""
    cameras = tuple(
        camera_coverage(camera_id, name, asked, spans)
        for camera_id, name in sorted(names.items(), key=lambda one: one[1])
    )
    return _summed(cameras, zone)


def joined(coverages: Sequence[Coverage], zone: tzinfo) -> Coverage:
    """The coverage of several searches as one."""
    if len(coverages) == 1:
        return coverages[0]
    per_camera: dict[UUID, list[CameraCoverage]] = {}
    for coverage in coverages:
        for camera in coverage.cameras:
            per_camera.setdefault(camera.camera_id, []).append(camera)
    cameras = []
    for parts in per_camera.values():
        examined = united(period for part in parts for period in part.examined)
        gaps = {(gap.from_time, gap.until_time, gap.cause): gap for part in parts for gap in part.gaps}
        missing = [Period(from_time=gap.from_time, until_time=gap.until_time) for gap in gaps.values()]
        asked = united([*examined, *missing])
        cameras.append(
            CameraCoverage(
                camera_id=parts[0].camera_id,
                name=parts[0].name,
                examined_seconds=seconds_of(examined),
                asked_seconds=seconds_of(asked),
                examined=examined,
                gaps=tuple(gaps[key] for key in sorted(gaps)),
            )
        )
    return _summed(tuple(sorted(cameras, key=lambda one: one.name)), zone)


def _summed(cameras: tuple[CameraCoverage, ...], zone: tzinfo) -> Coverage:
    return Coverage(
        text=_text(cameras, zone),
        asked_seconds=sum(camera.asked_seconds for camera in cameras),
        examined_seconds=sum(camera.examined_seconds for camera in cameras),
        cameras=cameras,
    )


def _text(cameras: Sequence[CameraCoverage], zone: tzinfo) -> str:
    if not cameras:
        return "No camera was examined."
    asked, examined = (sum(getattr(one, name) for one in cameras) for name in ("asked_seconds", "examined_seconds"))
    online = [camera for camera in cameras if camera.examined_seconds > 0]
    count = f"{len(online)} of {len(cameras)} cameras" if len(online) < len(cameras) else _cameras(len(cameras))
    if not any(camera.gaps for camera in cameras):
        return f"Examined: {count}, all {length(examined)} that were asked about."
    sentences = [f"Examined: {length(examined)} of {length(asked)} that were asked about, {count}."]
    offline = [camera.name for camera in cameras if camera.offline]
    if offline:
        sentences.append(f"No footage at all of {listed(offline)}.")
    partial = [(camera.name, gap) for camera in cameras if not camera.offline for gap in camera.gaps]
    causes = {"no_footage": "no footage", "processing": "footage not examined yet", "failed": "footage unreadable"}
    for name, gap in partial[:_NAMED_GAPS]:
        sentences.append(f"{name}: {causes[gap.cause]} {span(gap.from_time, gap.until_time, zone)}.")
    if len(partial) > _NAMED_GAPS:
        sentences.append(f"{len(partial) - _NAMED_GAPS} more gaps are listed in the coverage.")
    return " ".join(sentences)


def _cameras(count: int) -> str:
    return "1 camera" if count == 1 else f"{count} cameras"


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names))


def length(seconds: float) -> str:
    """`3 h 10 min`, `2 min 5 s`, `12 s`."""
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


def day(moment: datetime) -> str:
    """`2 March 2026`."""
    return f"{moment.day} {moment:%B %Y}"


def clock(moment: datetime) -> str:
    """`08:14`, with seconds where there are any."""
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def span(start: datetime, end: datetime, zone: tzinfo) -> str:
    """A stretch of time in words: `on 2 March 2026`, `on 2 March 2026, 06:00–12:00`, `from … to …`."""
    begin, until = start.astimezone(zone), end.astimezone(zone)
    last = until - timedelta(microseconds=1)
    if begin.date() == last.date():
        whole = begin.time().isoformat() == "00:00:00" and until.date() > begin.date()
        closing = "24:00" if until.date() > begin.date() else clock(until)
        return f"on {day(begin)}" if whole else f"on {day(begin)}, {clock(begin)}–{closing}"
    return f"from {day(begin)}, {clock(begin)} to {day(until)}, {clock(until)}"
