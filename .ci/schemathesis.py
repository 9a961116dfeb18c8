"""Asks the local server whatever its own description allows, and forbids: `schemathesis.py target/debug/local`.

All checks of schemathesis in all phases, stateful too, with a token that may do everything; then with a token of each
scope, of none, and without one. Needs `st` beside this Python.
"""

import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ST = Path(sys.executable).with_name("st")
SCOPES = [f"internal_user_mgt_{verb}" for verb in ("view", "list", "create", "update", "delete", "import")]
SCOPES += ["internal_user_code_mgt_create", "internal_sms_otp_authenticate"]
# Thousands of requests come from one address for one user: what they are about is not how often that may be.
UNCAPPED = ["MaxSendsPerHour=0", "MaxSendsPerDay=0", "MaxSendsPerIpPerHour=0", "MaxSendsPerHourInAll=0"]
UNCAPPED += ["ResendCooldownSeconds=0", "MaxFailures=100", "LockMinutes=1"]
# Who asks with which scopes, in which phases, how many times a call.
ALL = "examples,coverage,fuzzing,stateful"
FEW = "examples,fuzzing"


def runs():
    yield "every scope", "bob123", " ".join(SCOPES), ALL, 12
    yield "a user without scopes", "alice", "", FEW, 4
    yield "a stranger without scopes", "nobody", "", FEW, 2
    for scope in SCOPES:
        yield scope, "admin", scope, FEW, 2
    yield "no token", None, "", FEW, 2


def main(binary):
    failed = [name for name, *how in runs() if not passes(binary, name, *how)]
    for name in failed:
        print(f"FAILED: {name}")
    return 1 if failed else 0


def passes(binary, name, user, scope, phases, examples):
    with tempfile.TemporaryDirectory() as folder, Server(binary, Path(folder) / "log") as url:
        command = [ST, "--config-file", HERE / "schemathesis.toml", "--no-color", "run", f"{url}/openapi.json"]
        command += ["--checks", "all", "--phases", phases, "--max-examples", str(examples), "--workers", "1"]
        # One worker: Python 3.11's parser, which it asks about its own lambdas, fails at times where there are threads.
        command += ["--continue-on-failure"]
        if user:
            command += ["--header", f"Authorization: Bearer {token(url, user, scope)}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    cases = next((line.strip() for line in done.stdout.splitlines() if " generated, " in line), "no cases")
    good = done.returncode == 0 and not cases.startswith(("0 ", "no "))
    print(f"{'ok' if good else 'FAILED'}: {name}: {cases}", flush=True)
    if not good:
        print(done.stdout, done.stderr, flush=True)
    return good


class Server:
    """A server of its own for each run: its log goes to a file, since nobody reads a pipe meanwhile."""

    def __init__(self, binary, log):
        self.arguments, self.log = [binary, "--port", "0", "--parameter-overrides", *UNCAPPED], log

    def __enter__(self):
        with self.log.open("w") as log:
            self.process = subprocess.Popen(self.arguments, stdout=log)
        for _ in range(300):
            first = self.log.read_text().partition("\n")
            if first[1]:
                return first[0].removeprefix("Listening on ").strip()
            time.sleep(0.1)
        sys.exit("FAILED: the server does not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def token(url, user, scope):
    body = json.dumps({"user": user, "scope": scope}).encode()
    with urllib.request.urlopen(f"{url}/_local/token", body, timeout=10) as answer:
        return json.load(answer)["access_token"]


sys.exit(main(str(Path(sys.argv[1]).resolve())))
