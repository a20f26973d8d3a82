"""The deployment with compose: hardened, without secrets, with every setting that the services read."""

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.task import Queue
from gateway.settings import read_gateway_settings
from infra.images.make_env import PASSWORDS, env_text
from infra.postgres.migrate import OWNER, SERVICE_ROLES
from kit.settings import read_object_settings
from services.embed.settings import read_embed_settings
from services.ingest.settings import read_ingest_settings
from services.report.settings import read_report_settings
from services.search.settings import read_search_settings

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "infra" / "images"
COMPOSE_FILE = ROOT / "docker-compose.yml"
COMPOSE: Mapping[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
LASTING = {name: service for name, service in SERVICES.items() if service["restart"] != "no"}
READERS: Mapping[str, Callable[[Mapping[str, str]], Any]] = {
    "gateway": read_gateway_settings,
    "ingest": read_ingest_settings,
    "embed": read_embed_settings,
    "embed-bulk": read_embed_settings,
    "search": read_search_settings,
    "search-query": read_search_settings,
    "report": read_report_settings,
}
LOCKED = ("gateway", "ingest", "embed", "search", "report", "migrate")

_VARIABLE = re.compile(r"\$\$|\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<word>[^}]*))?\}")


def every(services: Mapping[str, Mapping[str, Any]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("service", list(services.values()), ids=list(services))


def filled(text: str, given: Mapping[str, str]) -> str:
    """The text as compose reads it. Raises KeyError where a required variable is missing."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        if found["kind"] == "-":
            return given.get(found["name"]) or found["word"]
        return given[found["name"]]

    return _VARIABLE.sub(value, text)


def given_env() -> dict[str, str]:
    """The variables of a fresh .env."""
    lines = env_text("cpu", "http://localhost:8333").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def environment_of(name: str, given: Mapping[str, str]) -> dict[str, str]:
    return {key: filled(str(value), given) for key, value in SERVICES[name]["environment"].items()}


def pins(path: Path) -> dict[str, set[str]]:
    """The versions that a lock allows, by package (a package can have one for each Python)."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", path.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


@every(SERVICES)
def test_a_container_is_not_root_cannot_write_its_image_and_cannot_gain_rights(service: Mapping[str, Any]) -> None:
    user = str(service["user"]).split(":")[0]
    assert user not in {"", "0", "root"}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]


@every(SERVICES)
def test_a_container_cannot_fill_the_disk_with_logs_or_the_machine_with_processes(service: Mapping[str, Any]) -> None:
    assert {"max-size", "max-file"} <= set(service["logging"]["options"])
    assert service["pids_limit"] > 0


@every(LASTING)
def test_what_lasts_is_watched_restarted_and_given_time_to_end(service: Mapping[str, Any]) -> None:
    assert service["healthcheck"]["test"][0] in {"CMD", "CMD-SHELL"}
    assert service["restart"] == "unless-stopped"


@every(SERVICES)
def test_any_number_of_a_service_may_run(service: Mapping[str, Any]) -> None:
    assert "container_name" not in service


def test_only_the_gateway_and_the_object_store_can_be_reached_and_only_from_this_machine_unless_asked() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"gateway", "s3"}
    for ports in published.values():
        assert [port.startswith("${SIGHTLINE_BIND:-127.0.0.1}:") for port in ports] == [True]
    assert {name for name, service in SERVICES.items() if "outside" in service["networks"]} == {"gateway", "s3"}
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_images_of_others_are_pinned_by_a_version() -> None:
    for name in set(SERVICES) - set(OURS):
        _, _, tag = SERVICES[name]["image"].rpartition(":")
        assert re.search(r"\d+\.\d+", tag), name


@every(OURS)
def test_our_services_start_when_the_servers_are_healthy_and_the_schema_is_there(service: Mapping[str, Any]) -> None:
    needed = service["depends_on"]
    if service is SERVICES["migrate"]:
        assert set(needed) == {"postgres", "s3"}
        return
    assert needed["migrate"] == {"condition": "service_completed_successfully"}
    assert all(entry["condition"] in {"service_healthy", "service_completed_successfully"} for entry in needed.values())


def test_there_is_no_secret_in_the_file() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", COMPOSE_FILE.read_text(encoding="utf-8")))
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|ACCESS_KEY|AUTH$|DSN|REDIS_URL", key):
                assert ":?" in str(value), f"{name}: {key}"
    assert set(PASSWORDS) <= required


def test_a_fresh_env_gives_exactly_what_the_file_insists_on() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", COMPOSE_FILE.read_text(encoding="utf-8")))
    assert required == set(given_env()) - {"COMPOSE_PROFILES"}


def test_passwords_are_fresh_long_and_safe_inside_urls() -> None:
    first, second = given_env(), given_env()
    for name in PASSWORDS:
        assert first[name] != second[name]
        assert re.fullmatch(r"[A-Za-z0-9_-]{32,}", first[name])


def test_an_env_is_closed_to_others_and_never_overwritten(tmp_path: Path) -> None:
    target = tmp_path / ".env"
    command = [sys.executable, str(IMAGES / "make_env.py"), "--file", str(target)]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    written = target.read_text(encoding="utf-8")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert subprocess.run(command, check=False, capture_output=True).returncode == 1
    assert target.read_text(encoding="utf-8") == written


@pytest.mark.parametrize("name", READERS)
def test_a_service_reads_its_settings_and_logs_in_as_itself(name: str) -> None:
    given = given_env()
    environment = environment_of(name, given)
    plumbing = READERS[name](environment).plumbing
    role = name.partition("-")[0]
    password = given[f"SIGHTLINE_{role.upper()}_PASSWORD"]
    assert plumbing.postgres_dsn == f"postgresql://sightline_{role}:{password}@postgres:5432/sightline"
    assert plumbing.redis_url == f"redis://:{given['SIGHTLINE_VALKEY_PASSWORD']}@valkey:6379/0"
    assert plumbing.objects.public_endpoint == "http://localhost:8333"
    assert plumbing.objects.endpoint == "http://s3:8333"
    assert plumbing.objects.secret_key == environment_of("s3", given)["S3_SECRET_KEY"]
    assert plumbing.triton_url == "triton:8001"
    # No other service's password, and not the superuser's.
    own = {f"SIGHTLINE_{role.upper()}_PASSWORD", "SIGHTLINE_VALKEY_PASSWORD", "SIGHTLINE_S3_SECRET_KEY"}
    everything = " ".join(environment.values())
    assert not [other for other in set(PASSWORDS) - own if given[other] in everything]


def test_the_migration_has_what_it_reads() -> None:
    environment = environment_of("migrate", given_env())
    assert {f"{role.upper()}_PASSWORD" for role in (OWNER, *SERVICE_ROLES)} <= set(environment)
    assert environment["SIGHTLINE_POSTGRES_SUPERUSER_DSN"].startswith("postgresql://postgres:")
    assert read_object_settings(environment).bucket == "sightline"


def test_every_queue_has_workers() -> None:
    served = set()
    for name, service in OURS.items():
        if name in {"gateway", "migrate"}:
            continue
        command = service.get("command", ["start"])
        served.add(command[1] if len(command) > 1 else service["build"]["args"]["SERVICE"])
    assert served == {queue.value for queue in Queue}


def test_triton_has_shared_memory_and_a_gpu_only_where_asked() -> None:
    assert SERVICES["triton"]["profiles"] == ["cpu"]
    assert SERVICES["triton-gpu"]["profiles"] == ["gpu"]
    assert SERVICES["triton"]["shm_size"] == SERVICES["triton-gpu"]["shm_size"] == "1g"
    assert "deploy" not in SERVICES["triton"]
    (device,) = SERVICES["triton-gpu"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    assert SERVICES["triton-gpu"]["networks"]["inside"]["aliases"] == ["triton"]
    assert SERVICES["triton"]["image"] == SERVICES["triton-gpu"]["image"]


@pytest.mark.parametrize("image", LOCKED)
def test_an_image_s_lock_agrees_with_the_application_s_and_names_no_address(image: str) -> None:
    lock = ROOT / "requirements" / f"{image}.lock"
    application = pins(ROOT / "requirements" / "app.lock")
    disagreeing = {name: versions for name, versions in pins(lock).items() if not versions <= application[name]}
    assert disagreeing == {}
    assert "://" not in lock.read_text(encoding="utf-8")
    assert lock.read_text(encoding="utf-8").count("--hash=sha256:") >= len(pins(lock))


@pytest.mark.parametrize("service", LOCKED)
def test_an_image_holds_only_its_own_service(service: str, tmp_path: Path) -> None:
    subprocess.run(["sh", str(IMAGES / "choose_code.sh"), service, str(ROOT), str(tmp_path / "app")], check=True)
    whole = {path.name for path in (tmp_path / "app").iterdir()}
    if service == "gateway":
        assert whole == {"contracts", "kit", "gateway"}
    elif service == "migrate":
        assert whole == {"contracts", "kit", "infra"}
    else:
        assert whole == {"contracts", "kit", "services"}
        held = {path.name for path in (tmp_path / "app" / "services").iterdir() if path.is_dir()}
        assert held == {service}


def test_an_unknown_service_builds_nothing(tmp_path: Path) -> None:
    command = ["sh", str(IMAGES / "choose_code.sh"), "surprise", str(ROOT), str(tmp_path / "app")]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 2


def test_the_dockerfile_ends_as_a_plain_user_and_pulls_no_frontend() -> None:
    lines = (IMAGES / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if re.match(r"#\s*syntax\s*=", line)]
    assert [line for line in lines if line.startswith("USER ")][-1] == "USER 10001:10001"
    assert not [line for line in lines if line.startswith("ADD ")]
    assert all(str(service["user"]) == "10001:10001" for service in OURS.values())


def test_the_health_check_tells_a_fresh_heartbeat_from_a_stale_or_missing_one(tmp_path: Path) -> None:
    beat = tmp_path / "heartbeat"
    environment = {**os.environ, "SIGHTLINE_SERVICE": "ingest", "SIGHTLINE_HEARTBEAT_FILE": str(beat)}

    def healthy() -> bool:
        command = [sys.executable, str(IMAGES / "healthcheck.py")]
        return subprocess.run(command, env=environment, check=False, capture_output=True).returncode == 0

    assert not healthy()
    beat.touch()
    assert healthy()
    os.utime(beat, (0, 0))
    assert not healthy()


def test_every_setting_is_in_the_reference() -> None:
    reference = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    sources = [
        COMPOSE_FILE,
        *(path for folder in ("kit", "gateway", "services") for path in ROOT.glob(f"{folder}/**/*.py")),
    ]
    used = {
        name
        for path in sources
        for name in re.findall(r"\bSIGHTLINE_[A-Z0-9_]*[A-Z0-9]\b", path.read_text(encoding="utf-8"))
    }
    assert {name for name in used if f"`{name}`" not in reference} == set()


def compose_command() -> list[str] | None:
    """Compose on this machine: Docker's plugin, the program of its own, or the one that SIGHTLINE_COMPOSE names."""
    named = os.environ.get("SIGHTLINE_COMPOSE")
    for command in ([named] if named else [], ["docker", "compose"], ["docker-compose"]):
        if command and shutil.which(command[0]):
            known = subprocess.run([*command, "version", "--short"], check=False, capture_output=True, text=True)
            if known.returncode == 0 and not known.stdout.strip().startswith("1."):
                return command
    return None


@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_compose_itself_accepts_the_file(profile: str, tmp_path: Path) -> None:
    command = compose_command()
    if command is None:
        pytest.skip("there is no Docker Compose 2 here (SIGHTLINE_COMPOSE may name one)")
    env_file = tmp_path / ".env"
    env_file.write_text(env_text(profile, "http://localhost:8333"), encoding="utf-8")
    asked = [
        *command,
        "--file",
        str(COMPOSE_FILE),
        "--env-file",
        str(env_file),
        "--profile",
        "telemetry",
        "config",
        "-q",
    ]
    done = subprocess.run(asked, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
