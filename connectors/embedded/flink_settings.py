"""The size and the settings of the local Flink cluster, as Flink names them."""

from __future__ import annotations

from connectors.embedded.ports import LOOPBACK

QUICK_START = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""One compiler, one collector: on two cores the second compiler takes more than it gives for the
first minutes. At 100 events a second the median latency fell from 137 to 55 ms (bench/latency.py).
"""

THROUGHPUT = ("-XX:+UseSerialGC",)
"""Both compilers: 100,000 waits that fell due in one minute were decided 1.5 s late instead of
4.8 s, each the 99th percentile (bench/timers.py); the second takes a core's half for minutes."""

JOBMANAGER_JAVA_OPTIONS = ("-Xmx512m", "-XX:MaxMetaspaceSize=256m")
"""With what Java itself takes, 1 GB in all."""

TASKMANAGER_MEMORY = {
    "taskmanager.memory.framework.heap.size": "128m",
    "taskmanager.memory.task.heap.size": "352m",
    "taskmanager.memory.framework.off-heap.size": "128m",
    "taskmanager.memory.task.off-heap.size": "64m",
    "taskmanager.memory.network.min": "96m",
    "taskmanager.memory.network.max": "96m",
    # Where RocksDB lives.
    "taskmanager.memory.managed.size": "384m",
    "taskmanager.memory.jvm-metaspace.size": "256m",
    "taskmanager.memory.jvm-overhead.min": "192m",
    "taskmanager.memory.jvm-overhead.max": "192m",
}
"""1600 MB in all, told one by one: from a total alone only Flink's scripts derive the shares.

Python in the process comes on top: Flink does not count it.
"""

TASKMANAGER_JAVA_OPTIONS = (
    "-Xmx480m",  # both heaps
    "-XX:MaxDirectMemorySize=288m",  # both off-heaps and the network
    "-XX:MaxMetaspaceSize=256m",
)


TASKMANAGER_JAVA = "env.java.opts.taskmanager"
METRICS_PORT = "metrics.reporter.prometheus.port"


def metrics_settings(port: int) -> dict[str, str | int]:
    """Return the settings by which each process answers Prometheus, the JobManager on this port.

    TaskManagers take the ports after it, by their numbers. Flink's reporter listens on every
    address of the machine, not on the loopback address only, and knows no login.
    """
    reporter = "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
    return {
        "metrics.reporter.prometheus.factory.class": reporter,
        METRICS_PORT: port,
        # Else the colon before the port of an endpoint would be replaced.
        "metrics.reporter.prometheus.filterLabelValueCharacters": "false",
    }


def cluster_settings(rest_port: int, rpc_port: int, slots: int) -> dict[str, str | int]:
    """Return the settings of a small cluster on one machine, as Flink names them.

    A job brings its own settings for checkpoints and Python.
    """
    return {
        "rest.address": LOOPBACK,
        "rest.bind-address": LOOPBACK,
        "rest.port": rest_port,
        # The REST interface knows no login; that page would run any jar.
        "web.submit.enable": "false",
        # Counts of its answers are this old at most; nothing is asked of workers unless somebody
        # asks here.
        "metrics.fetcher.update-interval": "1 s",
        "jobmanager.rpc.address": LOOPBACK,
        "jobmanager.rpc.port": rpc_port,
        "jobmanager.bind-host": LOOPBACK,
        "taskmanager.host": LOOPBACK,
        "taskmanager.bind-host": LOOPBACK,
        "taskmanager.numberOfTaskSlots": slots,
        "taskmanager.cpu.cores": slots,
        **TASKMANAGER_MEMORY,
        "parallelism.default": 1,
        "env.java.opts.client": " ".join(QUICK_START),
        "env.java.opts.jobmanager": " ".join(QUICK_START),
        TASKMANAGER_JAVA: " ".join(QUICK_START),
        # What the REST interface tells of a job may be so old; 3 s by default.
        "web.refresh-interval": "500 ms",
        # TaskManagers that are up before the JobManager would try again after 10 s only.
        "cluster.registration.error-delay": "500 ms",
        # A killed TaskManager is known for dead by the first call that fails, and so before a job
        # begins anew: else it would begin in the dead one's slot first. One that hangs is noticed
        # after the timeout, which must outlast a machine that is busy with other things.
        "heartbeat.interval": "1 s",
        "heartbeat.rpc-failure-threshold": 1,
        "heartbeat.timeout": "15 s",
        "restart-strategy.type": "exponential-delay",
        "restart-strategy.exponential-delay.initial-backoff": "500 ms",
        "restart-strategy.exponential-delay.max-backoff": "10 s",
        "restart-strategy.exponential-delay.reset-backoff-threshold": "1 min",
    }
