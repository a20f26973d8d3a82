"""Zones and rules, their events, watches and alerts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import msgspec

from contracts.events import EventKind
from gateway.bodies.events import EventBody, Rule, RuleChange, RuleNew, RuleTrial, RuleTrialNew
from gateway.bodies.watches import Alert, Watch, WatchChange, WatchNew, WatchTrial, WatchTrialNew
from gateway.bodies.zones import Zone, ZoneNew
from infra.cli.client.connection import Connection


class Watching(Connection):
    """What is looked for by itself."""

    def zones(self, camera_id: UUID) -> Iterator[Zone]:
        """A camera's zones and lines, by name."""
        return self._pages(f"/v1/cameras/{camera_id}/zones", Zone, {})

    def draw_zone(self, camera_id: UUID, new: ZoneNew) -> Zone:
        """Draws a zone or line."""
        return self._create(f"/v1/cameras/{camera_id}/zones", new, Zone)

    def rules(self, *, camera_id: UUID | None = None) -> Iterator[Rule]:
        """Rules, newest first."""
        return self._pages("/v1/rules", Rule, {"camera_id": camera_id})

    def create_rule(self, new: RuleNew) -> Rule:
        """Keeps a rule."""
        return self._create("/v1/rules", new, Rule)

    def change_rule(self, rule: Rule, change: RuleChange) -> Rule:
        """Changes a rule, if it is still as it was read."""
        return self._change(f"/v1/rules/{rule.id}", change, rule.version, Rule)

    def try_rule(self, new: RuleTrialNew) -> RuleTrial:
        """Runs a rule over the past; stores nothing."""
        return self._answer(self._send("POST", "/v1/rules/test", content=msgspec.json.encode(new)), RuleTrial)

    def events(
        self,
        *,
        kind: EventKind | None = None,
        camera_id: UUID | None = None,
        from_time: datetime | None = None,
        until_time: datetime | None = None,
    ) -> Iterator[EventBody]:
        """Events, in the order of their start."""
        asked = {"kind": kind, "camera_id": camera_id, "from": from_time, "until": until_time}
        return self._pages("/v1/events", EventBody, asked)

    def watches(self) -> Iterator[Watch]:
        """Watches, newest first."""
        return self._pages("/v1/watches", Watch, {})

    def create_watch(self, new: WatchNew) -> Watch:
        """Watches for something from now on."""
        return self._create("/v1/watches", new, Watch)

    def change_watch(self, watch: Watch, change: WatchChange) -> Watch:
        """Changes a watch, if it is still as it was read."""
        return self._change(f"/v1/watches/{watch.id}", change, watch.version, Watch)

    def try_watch(self, new: WatchTrialNew) -> WatchTrial:
        """Runs a watched search over the past; stores nothing."""
        return self._answer(self._send("POST", "/v1/watches/test", content=msgspec.json.encode(new)), WatchTrial)

    def alerts(self, *, acknowledged: bool | None = None, since: datetime | None = None) -> Iterator[Alert]:
        """Alerts, newest first."""
        told = None if acknowledged is None else str(acknowledged).lower()
        return self._pages("/v1/alerts", Alert, {"acknowledged": told, "since": since})

    def acknowledge(self, alert_id: UUID) -> Alert:
        """Says that somebody has seen an alert."""
        return self._create(f"/v1/alerts/{alert_id}/acknowledge", None, Alert)
