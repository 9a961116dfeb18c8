"""Runs scim2-tester against servers that it starts: `scim2-test.py target/debug/local`.

Every check of discovery and of the resource type User must pass. Mobile numbers are plain attributes there
(EnableVerification and the lists off): that a changed one is held back is nothing a tester of SCIM knows.
Discovery is checked with the template's defaults, too.
"""

import json
import random
import subprocess
import sys
import urllib.request

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server, filling
from scim2_tester.checkers import patch_add, patch_replace

SCOPES = " ".join(f"internal_user_mgt_{verb}" for verb in "view list create update delete".split())
WSO2 = "urn:scim:wso2:schema"
BAD = (Status.DEVIATION, Status.ERROR, Status.CRITICAL)
PLAIN = ["EnableVerification=false", "MultipleMobileNumbers=false", "MultipleEmailAddresses=false"]


def main(binary):
    failed = False
    for overrides, tags, fewest in [([], {"discovery"}, 20), (PLAIN, None, 100)]:
        with Server(binary, overrides) as server:
            results = check_server(server.client(), include_tags=tags)
        bad = [one for one in results if one.status in BAD and not nothing_to_read(one)]
        for one in bad:
            print(f"{one.status.name} {one.title}: {one.reason}\n  {one.data}")
        good = sum(one.status == Status.SUCCESS for one in results)
        print(f"{' '.join(overrides) or 'defaults'}: {good} checks passed, {len(bad)} failed")
        # A run that found little to check is no success.
        failed = failed or bad or good < fewest
    return 1 if failed else 0


def nothing_to_read(result):
    """Without lists, all that can be written in the extension is write-only: what is read is not what was written.
    What everyone has is there though nobody wrote it: the role Internal/everyone, and that an account is in use.
    """
    data = result.data if isinstance(result.data, dict) else {}
    urn = str(data.get("urn", ""))
    everyone = urn == "roles" or urn.startswith("roles.")
    removed = urn == "active" and "remove" in result.title.lower()
    return everyone or removed or urn == WSO2 and "expected" in data


class Server:
    def __init__(self, binary, overrides):
        self.arguments = [binary, "--port", "0"]
        if overrides:
            self.arguments += ["--parameter-overrides", *overrides]

    def __enter__(self):
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().removeprefix("Listening on ").strip()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()

    def client(self):
        body = json.dumps({"user": "scim2-tester", "scope": SCOPES}).encode()
        with urllib.request.urlopen(f"{self.url}/_local/token", body, timeout=10) as answer:
            token = json.load(answer)["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return SyncSCIMClient(httpx2.Client(base_url=f"{self.url}/scim2", headers=headers))


def with_numbers(generate):
    """The tester's own phone numbers are any ten digits: what is to be a mobile number must be one."""

    def generate_random_value(context, path, **arguments):
        value = generate(context, path, **arguments)
        is_number = isinstance(value, str) and len(value) == 10 and value.isdigit()
        return f"+60123456{random.randrange(1000):03}" if is_number else value

    return generate_random_value


for module in (filling, patch_add, patch_replace):
    module.generate_random_value = with_numbers(module.generate_random_value)

sys.exit(main(sys.argv[1]))
