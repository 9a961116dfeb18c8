"""How fast the functions are: their release binaries, started and asked as Lambda does, against small answers of AWS.

Prints medians (and the 99th of a hundred) of many starts; with two directories their runs alternate, so that what else
the machine does falls on both. How to read it: functions/OPERATIONS.md, "How fast it is".
Wants Linux, Python 3.11 and openssl; root where it is to hold a function to 128 MB's share of a CPU and to call AWS by
its own names, and else says what it does without.
"""

import argparse
import ctypes
import fcntl
import io
import json
import os
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from backend import Backend  # noqa: E402
from runtime_api import REGION, Lambda  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent.parent
INSIDE = "BENCH_INSIDE"

# Lambda gives a function a vCPU for each 1,769 MB, a slice of it in each 20 ms
# (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
PERIOD = 20_000
QUOTA = PERIOD * 128 // 1769

HOSTS = [f"{service}.{REGION}.amazonaws.com" for service in ("dynamodb", "secretsmanager", "sns")]

# What each is asked, and what it answers.
FUNCTIONS = {
    "scim-patch": ("scim-patch/patch-me", 200),
    "validate-code": ("validate-code/me", 202),
    "resend-code": ("resend-code/me", 201),
}

# Everything else has the default that it has in template.yaml.
SETTINGS = {
    "USERS_TABLE": "Users",
    "VERIFICATIONS_TABLE": "Verifications",
    "KEY_SECRET_ARN": "key",
    "COUNTER_KEY_SECRET_ARN": "counter-key",
    "SMS_SECRET_ARN": "sms",
    "ALLOWED_REGIONS": "MY",
    "DEFAULT_REGION": "MY",
    "APP_NAME": "Demo",
    "METRICS_NAMESPACE": "mobile-verification",
    "RESEND_COOLDOWN_SECONDS": "0",
}

SCENARIOS = {
    "plain-full": "plain HTTP, a whole CPU",
    "plain-128": "plain HTTP, 128 MB's share of a CPU from the first request on",
    "tls-full": "TLS and {delay} ms a round trip, a whole CPU",
    "tls-128": "TLS and {delay} ms a round trip, 128 MB's share of a CPU from the first request on",
}


def main():
    options = arguments()
    own_names = inside()
    if not own_names:
        print("without a network of its own: AWS is one address here, which shares connections between services")
    builds = {name: path for name, path in (("before", options.before), ("after", options.after)) if path}
    sizes(builds, options.functions)
    with tempfile.TemporaryDirectory() as folder:
        for scenario in options.scenarios:
            tls = certificates(Path(folder)) if scenario.startswith("tls") else None
            share = Share() if scenario.endswith("128") else None
            if share and not share.folder:
                print(f"\n{scenario}: no control groups here")
                continue
            print(f"\n{SCENARIOS[scenario].format(delay=options.delay)}")
            port = 443 if tls and own_names else 0
            backend = Backend(port, tls and tls[1:], options.delay / 1000 if tls else 0.0)
            try:
                Comparison(options, builds, backend, settings(backend, tls, own_names), share).run()
            finally:
                backend.stop()
                if share:
                    share.end()


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="directory of binaries to compare with")
    parser.add_argument("--after", type=Path, default=ROOT / "target/release")
    parser.add_argument("--cold", type=int, default=9, help="starts of each binary")
    parser.add_argument("--warm", type=int, default=40, help="requests after the first, for each start")
    parser.add_argument("--delay", type=float, default=3.0, help="milliseconds of a round trip over TLS")
    parser.add_argument("--functions", nargs="+", default=list(FUNCTIONS), choices=FUNCTIONS, metavar="FUNCTION")
    parser.add_argument("--scenarios", nargs="+", default=list(SCENARIOS), choices=SCENARIOS, metavar="SCENARIO")
    return parser.parse_args()


def inside():
    """In a network and a list of hosts of its own, AWS's names are this machine: each service has its connections."""
    if os.environ.get(INSIDE) == "no":
        return False
    if os.environ.get(INSIDE) != "yes":
        as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        unshare = ["unshare", *as_root, "--net", "--mount"]
        works = shutil.which("unshare") and subprocess.run([*unshare, "true"], capture_output=True).returncode == 0
        os.environ[INSIDE] = "yes" if works else "no"
        os.execvp((unshare if works else [sys.executable])[0], [*(unshare if works else []), sys.executable, *sys.argv])
    with socket.socket() as any_socket:  # the loopback interface: up
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh22x", b"lo", 0x1 | 0x40))
    with tempfile.NamedTemporaryFile("w") as hosts:
        hosts.write("127.0.0.1 localhost\n" + "".join(f"127.0.0.1 {host}\n" for host in HOSTS))
        hosts.flush()
        os.chmod(hosts.name, 0o644)
        bind = 4096
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.mount(hosts.name.encode(), b"/etc/hosts", None, bind, None) != 0:
            sys.exit(os.strerror(ctypes.get_errno()))
    return True


def settings(backend, tls, own_names):
    if not tls:
        return SETTINGS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{backend.port}"}
    endpoint = {} if own_names else {"AWS_ENDPOINT_URL": f"https://localhost:{backend.port}"}
    return SETTINGS | endpoint | {"SSL_CERT_FILE": str(tls[0])}


def certificates(folder):
    """Files: an authority, a chain that it has signed, and its key."""
    authority, key = folder / "authority.pem", folder / "authority.key"
    chain, leaf_key = folder / "chain.pem", folder / "chain.key"
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ",".join(f"DNS:{host}" for host in ["localhost", *HOSTS])
    signed = ["-CA", authority, "-CAkey", key, "-addext", f"subjectAltName={names}"]
    leaf = [*signed, "-addext", "basicConstraints=critical,CA:FALSE", "-subj", "/CN=leaf"]
    for command in (
        [*new, "-subj", "/CN=authority", "-keyout", key, "-out", authority],
        [*new, *leaf, "-keyout", leaf_key, "-out", chain],
    ):
        subprocess.run(command, check=True, capture_output=True)
    return authority, chain, leaf_key


class Share:
    """A control group that is a function's share of a CPU, from when it is told to be."""

    def __init__(self):
        self.folder = None
        self.version = 1
        for version, root in ((1, Path("/sys/fs/cgroup/cpu")), (2, Path("/sys/fs/cgroup"))):
            folder = root / f"bench-{os.getpid()}"
            try:
                folder.mkdir()
                (folder / ("cpu.cfs_period_us" if version == 1 else "cpu.max")).read_text()
            except OSError:
                if folder.exists():
                    folder.rmdir()
                continue
            self.folder, self.version = folder, version
            break

    def hold(self, process):
        self.write("max")
        (self.folder / "cgroup.procs").write_text(str(process.pid))

    def throttle(self):
        self.write(QUOTA)

    def write(self, quota):
        if self.version == 2:
            (self.folder / "cpu.max").write_text(f"{quota} {PERIOD}")
            return
        (self.folder / "cpu.cfs_period_us").write_text(str(PERIOD))
        (self.folder / "cpu.cfs_quota_us").write_text(str(-1 if quota == "max" else quota))

    def end(self):
        self.folder.rmdir()


def cpu(process):
    """Seconds of CPU that a process has had, by its own clock (clock_getcpuclockid(3))."""
    return time.clock_gettime((~process.pid << 3) | 2)


def resident(process):
    """Bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) * 1024


class Figures:
    """What was measured of one binary."""

    def __init__(self):
        self.init, self.first, self.warm = [], [], []  # (CPU, wall) in seconds each
        self.resident = []
        self.opened, self.first_opened = Counter(), Counter()
        self.calls = Counter()
        self.logged = []

    def row(self):
        def median(of):
            return statistics.median(of) * 1000

        def p99(of):
            return sorted(of)[int(len(of) * 0.99)] * 1000

        (init_cpu, init), (first_cpu, first), (warm_cpu, warm) = (zip(*of) for of in (self.init, self.first, self.warm))
        return [
            f"{median(init_cpu):.2f} / {median(init):.1f}",
            f"{median(first_cpu):.2f} / {median(first):.1f}",
            f"{median(warm_cpu):.3f} ({p99(warm_cpu):.2f})",
            f"{median(warm):.2f} ({p99(warm):.1f})",
            f"{statistics.median(self.resident) / 2**20:.1f}",
            f"{self.opened} + {self.first_opened}",
            f"{sum(self.calls.values())}",
            f"{statistics.median(self.logged):.0f}",
        ]


HEAD = [
    "function",
    "binary",
    "init CPU / wall",
    "first CPU / wall",
    "warm CPU (p99)",
    "warm wall (p99)",
    "RSS MiB",
    "connections",
    "calls",
    "log bytes",
]


class Comparison:
    def __init__(self, options, builds, backend, given, share):
        self.options, self.builds, self.backend, self.given, self.share = options, builds, backend, given, share

    def run(self):
        rows, calls = [HEAD], []
        claims = {build: self.claim(folder) for build, folder in self.builds.items()}
        for function in self.options.functions:
            figures = {build: Figures() for build in self.builds}
            for _ in range(self.options.cold):
                for build, folder in self.builds.items():
                    self.start(folder / function, claims[build], figures[build])
            for build, of in figures.items():
                rows.append([function, build, *of.row()])
                calls.append(f"{function} {build}: " + ", ".join(f"{n} {it}" for it, n in sorted(of.calls.items())))
        table(rows)
        print("calls of a warm request: \n  " + "\n  ".join(calls))

    def claim(self, folder):
        """A PATCH's claim and its code, for those who come after it."""
        self.backend.pending(False)
        function = Lambda(folder / "scim-patch", self.given)
        expect(function.invoke(event("scim-patch")), 200, function)
        function.stop()
        return self.backend.keep()

    def start(self, binary, claim, figures):
        code, kept = claim
        self.backend.claim(kept)
        self.backend.pending(binary.name == "resend-code")
        self.backend.calls()
        asked, status = event(binary.name, code), FUNCTIONS[binary.name][1]
        started = time.perf_counter()
        function = Lambda(binary, self.given)
        if self.share:
            self.share.hold(function.process)
        if not function.asked.wait(timeout=30):
            sys.exit(f"FAILED: {binary} does not start")
        figures.init.append((cpu(function.process), time.perf_counter() - started))
        figures.opened = self.backend.calls().get("connection", 0)
        if self.share:
            self.share.throttle()
        lines = 0
        for n in range(1 + self.options.warm):
            spent, began = cpu(function.process), time.perf_counter()
            answer = function.invoke(asked)
            taken = (cpu(function.process) - spent, time.perf_counter() - began)
            expect(answer, status, function)
            (figures.warm if n else figures.first).append(taken)
            calls = self.backend.calls()
            opened = calls.pop("connection", 0)
            if n == 0:
                figures.first_opened = opened
            figures.calls = calls
        figures.resident.append(resident(function.process))
        function.stop()
        lines = sum(len(line.encode()) for line in function.log if '"trace_id"' in line or line.startswith("{"))
        figures.logged.append(lines / (1 + self.options.warm))


def event(function, code=None):
    shipped = json.loads((ROOT / "events" / f"{FUNCTIONS[function][0]}.json").read_text())
    if function == "validate-code":
        shipped["body"] = json.dumps({"code": code, "properties": []})
    return shipped


def expect(answer, status, function):
    if answer["statusCode"] != status:
        sys.exit(f"FAILED: {answer}\n" + "".join(function.log))


def sizes(builds, functions):
    rows = [["function", "binary", "bytes", "zip"]]
    for function in functions:
        for build, folder in builds.items():
            binary = (folder / function).read_bytes()
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("bootstrap", binary)
            rows.append([function, build, f"{len(binary):,}", f"{packed.tell():,}"])
    table(rows)


def table(rows):
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for n, row in enumerate(rows):
        print("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |")
        if n == 0:
            print("|" + "|".join("-" * (width + 2) for width in widths) + "|")


main()
