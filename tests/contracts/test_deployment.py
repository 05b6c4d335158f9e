"""Images, containers and manifests, as far as files can tell: no container runs here."""

from __future__ import annotations

import copy
import re
from fnmatch import fnmatch
from importlib.util import find_spec
from typing import Any

import jsonschema
import pytest
import yaml

from connectors.analysis.columns import TOPICS as EXPORTED
from connectors.embedded.broker import broker_settings
from connectors.embedded.flink_settings import METRICS_PORT as METRICS_PORT_SETTING
from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.privileges import READS, WRITES, Role
from connectors.kafka.topics import CATALOGUE, Topics
from jobs import reporting
from jobs.cli.app import VERBS
from jobs.client import MAIN_JOB
from jobs.job import JobDescription
from jobs.reporting_description import ReportingDescription
from jobs.reporting_queries import declare
from jobs.settings import RunSettings, Settings
from jobs.states import CHECKPOINTS
from journeys.compiler.forms import read_spec
from journeys.project import SETTINGS, read_project
from operators.descriptors import Route
from tests.harness.deployment import (
    DEPLOYMENTS,
    DOCKERFILE,
    KUBERNETES,
    METRICS_PORT,
    ROOT,
    SCHEMA,
    argument,
    compose,
    compose_settings,
    copied,
    deployment,
    local_settings,
    locked,
    megabytes,
    read,
    stages,
)
from tests.harness.monitoring import DOCKER

PAGE = (ROOT / "docs" / "how-to" / "deploy.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
NETWORK = "a container and a pod have an address of their own; Flink's image sets it"
NOT_SET = {
    "rest.address": NETWORK,
    "rest.bind-address": NETWORK,
    "rest.port": "8081 by default",
    "jobmanager.rpc.address": NETWORK,
    "jobmanager.rpc.port": "6123 by default",
    "jobmanager.bind-host": NETWORK,
    "taskmanager.host": NETWORK,
    "taskmanager.bind-host": NETWORK,
    "heartbeat.rpc-failure-threshold": "a call over a network may fail once",
    "env.java.opts.client": "for machines of two cores that start often",
    "env.java.opts.jobmanager": "for machines of two cores that start often",
    "env.java.opts.taskmanager": "for machines of two cores that start often",
    "web.refresh-interval": "for people and tests that wait until a job runs",
}
HIGH_AVAILABILITY = "a JobManager is started again, and must find its jobs"
SHORT = "RocksDB names its logs by whole paths, and the local cluster lets it write none"
COMPOSE_OWN = {
    "state.backend.rocksdb.localdir": SHORT,
    "jobmanager.memory.process.size": "the local cluster says -Xmx512m itself",
    "high-availability.type": HIGH_AVAILABILITY,
    "high-availability.zookeeper.quorum": HIGH_AVAILABILITY,
    "high-availability.storageDir": HIGH_AVAILABILITY,
    "high-availability.cluster-id": HIGH_AVAILABILITY,
}
OPERATOR_NOT_SET = {**NOT_SET, "taskmanager.cpu.cores": "`resource` says it"}
OPERATOR_OWN = {
    "state.backend.rocksdb.localdir": SHORT,
    "high-availability.type": "Kubernetes starts a JobManager again, which must find its job",
    "high-availability.storageDir": "as above",
    "execution.checkpointing.dir": "the operator reads it; the job says the same",
    "execution.checkpointing.savepoint-dir": "the operator takes savepoints",
    "kubernetes.operator.job.upgrade.last-state-fallback.enabled": "of the operator alone",
    "kubernetes.operator.deployment.rollback.enabled": "of the operator alone",
    "kubernetes.operator.savepoint.history.max.count": "of the operator alone",
    "jobmanager.memory.jvm-overhead.min": "the Python that builds the job runs in the same pod",
    "jobmanager.memory.jvm-overhead.max": "as above",
    "taskmanager.memory.jvm-overhead.min": "a pod gets what Flink counts, and Python is more",
    "taskmanager.memory.jvm-overhead.max": "as above",
}
BROKER_OTHER = {
    "controller.quorum.voters": NETWORK,
    "listeners": "one more for this machine",
    "advertised.listeners": "as above",
    "listener.security.protocol.map": "as above",
    "log.dirs": "a volume",
}
BROKER_NOT_SET = {
    "offsets.topic.num.partitions": "quick first start of tests",
    "transaction.state.log.num.partitions": "as above",
    "share.coordinator.state.topic.num.partitions": "as above",
    "group.initial.rebalance.delay.ms": "as above",
    "log.cleaner.dedupe.buffer.size": "small heap of tests",
}


def services() -> dict[str, Any]:
    found: dict[str, Any] = compose()["services"]
    return found


# Images


def test_versions_are_those_of_the_lock_and_of_the_jars() -> None:
    flink = locked("apache-flink")
    assert argument("FLINK") == f"{flink}-java17"
    assert f"python{argument('PYTHON').partition('-')[0]}" in MAKEFILE
    assert f"UV_VERSION := {argument('UV')}\n" in MAKEFILE
    (broker,) = re.findall(
        r"kafka_2.13</artifactId>\s*<version>(.+)</version>",
        (ROOT / "connectors" / "embedded" / "pom.xml").read_text(encoding="utf-8"),
    )
    assert services()["broker"]["image"] == f"apache/kafka:{broker}"
    major, minor, _ = flink.split(".")
    for name in DEPLOYMENTS:
        spec = deployment(name)["spec"]
        assert spec["flinkVersion"] == f"v{major}_{minor}"
        named = re.findall(r"flink-[a-z0-9-]+?-(\d[\d.]+\d)\.jar", yaml.safe_dump(spec))
        assert named == [flink] * 2, "jars of the distribution"


def test_the_connector_is_checked_by_its_checksum() -> None:
    (pattern, file) = re.findall(r"grep '(.+)' (jars\.sha256) \| sha256sum", DOCKERFILE)[0]
    lines = (ROOT / "connectors" / "embedded" / file).read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if re.search(pattern, line)]
    pom = (ROOT / "connectors" / "embedded" / "pom.xml").read_text(encoding="utf-8")
    (execution,) = re.findall(r"dependency:copy@(\w+)", DOCKERFILE)
    assert f"<id>{execution}</id>" in pom
    assert line.split()[1].startswith(f"{execution}/flink-sql-connector-kafka-")
    assert f"/jars/{execution} /opt/flink/lib" in DOCKERFILE


@pytest.mark.parametrize("source", copied())
def test_what_an_image_copies_is_there_and_not_kept_back(source: str) -> None:
    assert (ROOT / source).exists()
    kept = (DOCKER / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert any(source == line or fnmatch(source, f"{line}/*") for line in _allowed(kept))


def _allowed(lines: list[str]) -> list[str]:
    assert "*" in lines, "nothing goes into an image that is not named"
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


def test_every_package_of_ours_is_in_the_image_and_none_runs_as_root() -> None:
    assert {"journeys", "operators", "connectors", "jobs"} <= set(copied())
    assert set(re.findall(r"COPY --from=(\w+)", DOCKERFILE)) <= set(stages())
    for target in ("cli", "flink"):
        own = DOCKERFILE.split(f" AS {target}\n")[1].partition("\nFROM ")[0]
        assert re.findall(r"^USER (?!root)\w+$", own, re.MULTILINE)


# Containers


def test_settings_in_containers_are_those_that_the_tests_run_with() -> None:
    told, tested = compose_settings(), local_settings()
    assert told == {
        **{name: value for name, value in tested.items() if name not in NOT_SET},
        **{name: told[name] for name in COMPOSE_OWN},
    }


def test_what_outlives_a_jobmanager_lies_where_its_checkpoints_do() -> None:
    told = compose_settings()
    host, _, port = told["high-availability.zookeeper.quorum"].partition(":")
    zookeeper = services()[host]
    config = dict(
        line.split("=", 1)
        for line in (DOCKER / "zookeeper.cfg").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
    assert config["clientPort"] == port
    assert port in str(zookeeper["healthcheck"]["test"])
    kept = [config["dataDir"], told["high-availability.storageDir"].removeprefix("file://")]
    for service in ("zookeeper", "jobmanager", "taskmanager", "submit"):
        volumes = dict(reversed(v.split(":")[:2]) for v in services()[service]["volumes"])
        assert volumes["/state"] == "state"
        assert all(path.startswith("/state/") for path in kept)
    assert services()["zookeeper"]["restart"] == services()["jobmanager"]["restart"] != "no"


def test_the_broker_in_a_container_is_that_of_the_tests() -> None:
    told = {
        name.removeprefix("KAFKA_").replace("_", ".").lower(): str(value)
        for name, value in services()["broker"]["environment"].items()
        if name.startswith("KAFKA_")
    }
    tested = {name: str(value) for name, value in broker_settings(DOCKER, 9092, 9093).items()}
    same = tested.keys() - BROKER_OTHER.keys() - BROKER_NOT_SET.keys()
    assert {name: told[name] for name in same} == {name: tested[name] for name in same}
    assert told.keys() - same == BROKER_OTHER.keys()


@pytest.mark.parametrize("name", services())
def test_a_service_names_only_what_there_is(name: str) -> None:
    whole, service = compose(), services()[name]
    assert set(service.get("depends_on", ())) <= whole["services"].keys()
    assert set(service.get("secrets", ())) <= whole["secrets"].keys()
    assert service.get("build", {}).get("target", "flink") in stages()
    if "build" in service:
        assert (DOCKER / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
    for volume in service.get("volumes", ()):
        source = re.sub(r"\$\{PROJECT:\?[^}]+\}", "", volume).partition(":")[0]
        assert not source or source in whole["volumes"] or (DOCKER / source).exists()


@pytest.mark.parametrize("name", services())
def test_a_service_is_open_to_this_machine_only_and_says_whether_it_is_well(name: str) -> None:
    service = services()[name]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert name == "submit" or service["healthcheck"]["test"]
    if service["image"].startswith("journeys-"):
        assert service["cap_drop"] == ["ALL"]
        assert "privileged" not in service


def test_secrets_are_files_and_no_setting_holds_one() -> None:
    assert all(secret.keys() == {"file"} for secret in compose()["secrets"].values())
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "docker/secrets/" in ignored
    for service in services().values():
        for variable, value in service.get("environment", {}).items():
            assert not re.search("PASSWORD|SECRET|KEY", variable) or variable.endswith("__FILE")
            assert "${secret" not in str(value)


def test_there_is_a_worker_for_each_interpreter() -> None:
    run = RunSettings()
    replicas = services()["taskmanager"]["deploy"]["replicas"]
    assert replicas == run.parallelism + run.spare_workers + 1
    counted = {
        name: megabytes(size)
        for name, size in compose_settings().items()
        if name.startswith("taskmanager.memory.") and not name.endswith(".min")
    }
    assert sum(counted.values()) == 1600
    assert services()["taskmanager"]["mem_limit"] == "3g", "Python comes on top"


def test_what_containers_run_is_there() -> None:
    module, verb = re.findall(r"python -m (\S+) (\w+) /project", services()["submit"]["command"])[0]
    assert find_spec(module) is not None
    assert verb == "start"
    assert services()["receiver"]["command"].split()[0] in VERBS


def test_prometheus_asks_every_process_of_flink() -> None:
    (scraped,) = read("prometheus/compose.yaml")["scrape_configs"]
    (asked,) = scraped["dns_sd_configs"]
    flink = {n for n, s in services().items() if s.get("command") in ("jobmanager", "taskmanager")}
    assert set(asked["names"]) == flink
    assert asked["port"] == METRICS_PORT == int(compose_settings()[METRICS_PORT_SETTING])
    assert all((DOCKER / "prometheus" / file).is_file() for file in ("rules.yaml", "compose.yaml"))
    source = read("grafana/provisioning/datasources/prometheus.yaml")["datasources"][0]
    assert source["url"] == "http://localhost:9090"
    assert services()["grafana"]["network_mode"] == "service:prometheus"


# Kubernetes


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_deployment_has_the_form_of_the_operator(name: str) -> None:
    jsonschema.validate(deployment(name), SCHEMA)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec/upgradeMode", "savepoint"),
        ("spec/job/upgradeMode", "save-point"),
        ("spec/job/parallelism", 0),
        ("spec/job/state", None),
        ("spec/flinkVersion", "2.3"),
        ("spec/taskManager/resource/memory", None),
        ("spec/jobManager/replicas", 0),
        ("spec/flinkConfiguration/taskmanager.numberOfTaskSlots", 1),
        ("spec/flinkConfiguration/kubernetes.cluster-id", "journeys"),
        ("spec/flinkConfiguration/execution.checkpointing.savepoint-dir", None),
        ("spec/serviceAccount", None),
        ("kind", "FlinkSessionJob"),
    ],
)
def test_another_form_is_refused(path: str, value: object) -> None:
    wrong = copy.deepcopy(deployment("journeys"))
    *parents, last = path.split("/")
    place = wrong
    for parent in parents:
        place = place[parent]
    if value is None:
        del place[last]
    else:
        place[last] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, SCHEMA)


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_settings_in_pods_are_those_that_the_tests_run_with(name: str) -> None:
    told, tested = dict(deployment(name)["spec"]["flinkConfiguration"]), local_settings()
    # Of the job that counts nobody waits for an answer.
    spare = RunSettings().spare_workers if name == "journeys" else 0
    assert int(told.pop("slotmanager.redundant-taskmanager-num", 0)) == spare
    assert told == {
        **{key: value for key, value in tested.items() if key not in OPERATOR_NOT_SET},
        **{key: told[key] for key in OPERATOR_OWN},
    }


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_pod_has_the_memory_that_its_parts_add_up_to(name: str) -> None:
    spec = deployment(name)["spec"]
    parts = {
        key: megabytes(size)
        for key, size in spec["flinkConfiguration"].items()
        if key.startswith("taskmanager.memory.") and not key.endswith(".min")
    }
    assert sum(parts.values()) == megabytes(spec["taskManager"]["resource"]["memory"])
    ours = parts["taskmanager.memory.jvm-overhead.max"]
    assert ours > megabytes(local_settings()["taskmanager.memory.jvm-overhead.max"])


def described() -> dict[str, JobDescription]:
    texts = read("kubernetes/description.yaml")["data"]
    counts = ReportingDescription.model_validate_json(texts["reporting.json"])
    journeys = JobDescription.model_validate_json(texts["journeys.json"])
    return {"journeys": journeys, "reporting": counts.job}


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_deployment_and_the_description_say_the_same(name: str) -> None:
    spec, job = deployment(name)["spec"], described()[name]
    assert spec["job"]["parallelism"] == job.parallelism
    assert spec["flinkConfiguration"]["execution.checkpointing.dir"] == job.checkpoint_folder
    root = job.checkpoint_folder.removesuffix(f"/{CHECKPOINTS}")
    for key in ("execution.checkpointing.savepoint-dir", "high-availability.storageDir"):
        assert spec["flinkConfiguration"][key].startswith(f"{root}/")
    module = {"journeys": MAIN_JOB, "reporting": reporting.MODULE}[name]
    python = ["--pyClientExecutable", "/opt/journeys/bin/python"]
    assert spec["job"]["args"] == [*python, "--pyModule", module, f"/etc/journeys/{name}.json"]


def test_a_job_that_an_operator_starts_again_holds_what_may_have_ended() -> None:
    assert described()["journeys"].after_failure


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_a_pod_reads_description_and_secrets_from_where_they_lie(name: str) -> None:
    pod = deployment(name)["spec"]["podTemplate"]["spec"]
    (container,) = pod["containers"]
    mounted = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounted.keys() == {volume["name"] for volume in pod["volumes"]}
    assert mounted["description"] == "/etc/journeys"
    given = {volume["name"]: volume for volume in pod["volumes"]}
    config_map = read("kubernetes/description.yaml")["metadata"]["name"]
    assert given["description"]["configMap"]["name"] == config_map
    job = described()[name]
    assert mounted["secrets"] == str(job.bootstrap.secrets_folder)
    assert name != "journeys" or job.channels.secrets_folder == job.bootstrap.secrets_folder
    own = "/run/secrets"  # where Kubernetes puts the service account; `/var/run` leads there
    assert not any(path.startswith(own) for path in mounted.values())
    user = re.findall(r"useradd .*--uid (\d+)", DOCKERFILE)
    assert {str(pod["securityContext"]["runAsUser"])} == set(user)


def test_the_network_policy_is_for_these_pods_and_these_ports() -> None:
    spec = read("kubernetes/network-policy.yaml")["spec"]
    for name in DEPLOYMENTS:
        labels = deployment(name)["spec"]["podTemplate"]["metadata"]["labels"]
        assert spec["podSelector"]["matchLabels"].items() <= labels.items()
    assert set(spec["policyTypes"]) == {"Ingress", "Egress"}
    kafka = [int(job.bootstrap.servers.rpartition(":")[2]) for job in described().values()]
    (allowed,) = [
        [port["port"] for port in rule["ports"]]
        for rule in spec["egress"]
        if "KAFKA-NAMESPACE" in str(rule)
    ]
    assert allowed * len(kafka) == kafka
    opened = [port["port"] for rule in spec["ingress"] for port in rule.get("ports", ())]
    assert opened == [8081, METRICS_PORT]
    assert all(rule["from"] for rule in spec["ingress"])


# The page


def test_the_privileges_are_those_of_the_jobs() -> None:
    topics = {topic.name for topic in CATALOGUE}
    assert all(topics >= {*READS[role], *WRITES[role]} for role in Role)
    topology = (ROOT / "jobs" / "topology.py").read_text(encoding="utf-8")
    read = re.findall(r"^(?:PEOPLE|EVERYBODY) = \((.+)\)$", topology, re.MULTILINE)
    assert {*READS[Role.JOB]} == set(re.findall(r'"(\w+)"', " ".join(read)))
    written = {str(route) for route in Route} & topics
    assert {*WRITES[Role.JOB], *WRITES[Role.REPORTING]} == written | {"events"}
    counted = "".join(declare(Topics(), Bootstrap(servers="k"), "g"))
    assert {*READS[Role.REPORTING]} == set(re.findall(r"'topic' = 'journeys\.([\w-]+)'", counted))
    assert {*READS[Role.ANALYST]} == {*EXPORTED, "control"}


def test_examples_come_to_kafka_as_their_role_and_hold_no_password() -> None:
    for role, job in zip((Role.JOB, Role.REPORTING), described().values(), strict=True):
        assert job.bootstrap.protocol == "SASL_SSL"
        assert job.bootstrap.sasl is not None
        assert job.bootstrap.sasl.username == f"journeys-{role}"
        assert job.bootstrap.sasl.password == "${secret:KAFKA_PASSWORD}"


def test_the_settings_on_the_page_are_read_without_a_fault() -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    project = read_project({SETTINGS: block}, {})
    assert project.settings is not None
    settings = read_spec(project, project.settings, Settings)
    assert settings is not None, project.diagnostics
    named = set(re.findall(r"\$\{secret:(\w+)\}", block))
    assert named <= compose()["secrets"].keys()
    broker = re.findall(r"PLAINTEXT://(\w+:\d+)", str(services()["broker"]["environment"]))
    assert [settings.kafka.bootstrap] == broker


def test_the_settings_on_the_page_of_kafka_are_read_without_a_fault() -> None:
    page = (ROOT / "docs" / "how-to" / "secure-kafka.md").read_text(encoding="utf-8")
    block = re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[0]
    project = read_project({SETTINGS: block}, {})
    assert project.settings is not None
    settings = read_spec(project, project.settings, Settings)
    assert settings is not None, project.diagnostics
    assert settings.kafka.roles.job is not None


def test_the_page_names_files_and_programs_that_there_are() -> None:
    for file in re.findall(r"docker/[\w./-]*\w", PAGE):
        assert (ROOT / file).exists() or file == "docker/secrets", file
    for module in re.findall(r"-m (jobs\.\w+)", PAGE):
        assert find_spec(module) is not None
    assert all(f"docker/kubernetes/{f.name}" in PAGE for f in KUBERNETES.glob("*.yaml"))
