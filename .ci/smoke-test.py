"""`.ci/smoke`, which tries a deployment, tries the local server: what it says must be true of both.

Usage: smoke-test.py target/debug/local
"""

import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

SMOKE = Path(__file__).resolve().parent / "smoke"
NUMBER = "+60123456789"


def fetched(url, body=None):
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(url, data, timeout=10) as answer:
        return json.load(answer)


def main(local):
    server = subprocess.Popen([local, "--port", "0"], stdout=subprocess.PIPE, text=True)
    url = server.stdout.readline().removeprefix("Listening on ").strip()
    try:
        token = fetched(f"{url}/_local/token", {"user": "bob123"})["access_token"]
        smoke = subprocess.Popen(
            [SMOKE, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "TOKEN": token, "NUMBER": NUMBER},
        )
        stop = threading.Timer(60, smoke.kill)
        stop.daemon = True
        stop.start()
        messages = []
        while not messages and smoke.poll() is None:
            messages = fetched(f"{url}/_local/messages")["messages"]
            time.sleep(0.05)
        code = re.search(r"\d{6}", messages[0]["body"]).group(0) if messages else ""
        said, _ = smoke.communicate(code + "\n")
    finally:
        server.terminate()
        server.wait()
    print(said)
    return 0 if smoke.returncode == 0 and said.count("ok: ") == 8 else 1


sys.exit(main(sys.argv[1]))
