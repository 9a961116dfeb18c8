"""What AWS answers to a verification, made small: DynamoDB, Secrets Manager and SNS, plain or over TLS.

It keeps nothing: a user is always the same, and so is the claim, which is the one that a first PATCH has written.
"""

import json
import re
import socket
import ssl
import threading
import time
from collections import Counter
from multiprocessing import Pipe, Process
from urllib.parse import parse_qs

USER = "1e624046-520c-4628-a245-091e04b03f21"  # the subject of the shipped events
SECRETS = {
    "key": "k" * 64,
    "counter-key": "c" * 64,
    "sms": json.dumps({"provider": "sns", "senderId": "ACME"}),
}
PUBLISHED = (
    '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>94f20ce6-13c5-43a0-9a9e'
    "-ca52d816e90b</MessageId></PublishResult><ResponseMetadata><RequestId>f187a3c1-376f-11df-8963-01868b7c937a"
    "</RequestId></ResponseMetadata></PublishResponse>"
)


class Backend:
    """The process that answers, so that its CPU time is not the measuring one's."""

    def __init__(self, port=0, tls=None, delay=0.0):
        """`tls`: files of a chain and its key. `delay`: seconds of a round trip."""
        self.pipe, other = Pipe()
        self.process = Process(target=serve, args=(other, port, tls, delay), daemon=True)
        self.process.start()
        self.port = self.pipe.recv()

    def calls(self):
        """By operation, since the last time; `connection` for each that was opened."""
        return self.ask("calls")

    def keep(self):
        """From now on the user has the claim that was written last. Its code."""
        return self.ask("keep")

    def pending(self, pending):
        """Whether reading the user shows the claim."""
        return self.ask(("pending", pending))

    def claim(self, claim):
        """The claim is this one from now on; as it is, where it is None."""
        return self.ask(("claim", claim))

    def ask(self, what):
        self.pipe.send(what)
        return self.pipe.recv()

    def stop(self):
        self.process.kill()
        self.process.join()


def serve(pipe, port, tls, delay):
    state = State(delay)
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*tls)
    listener = socket.create_server(("127.0.0.1", port), backlog=64)
    pipe.send(listener.getsockname()[1])

    def accept():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=state.converse, args=(connection, context), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    while True:
        what = pipe.recv()
        pipe.send(state.told(what))


class State:
    def __init__(self, delay):
        self.delay = delay
        self.counts = Counter()
        self.written = self.kept = None
        self.message = ""
        self.shown = False

    def told(self, what):
        match what:
            case "calls":
                calls, self.counts = self.counts, Counter()
                return dict(calls)
            case "keep":
                self.kept = self.written
                return re.search(r"\d{6}", self.message).group(), self.kept
            case ("pending", shown):
                self.shown = shown
            case ("claim", claim):
                self.kept = claim or self.kept

    def converse(self, connection, context):
        """Answers what comes by one connection; TCP's round trip and TLS's are waited for, as AWS is far away."""
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.counts["connection"] += 1
        time.sleep(self.delay)
        try:
            if context:
                connection = context.wrap_socket(connection, server_side=True)
                time.sleep(self.delay)
            with connection.makefile("rwb") as stream:
                while self.answer(stream):
                    pass
        except OSError:
            pass
        finally:
            connection.close()

    def answer(self, stream):
        line = stream.readline()
        headers = {}
        while (header := stream.readline()) not in (b"\r\n", b""):
            name, _, value = header.partition(b":")
            headers[name.lower()] = value.strip().decode()
        if not line:
            return False
        body = stream.read(int(headers.get(b"content-length", 0)))
        if self.delay:
            time.sleep(self.delay)
        status, kind, answer = self.answered(headers.get(b"x-amz-target"), body)
        stream.write(
            f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n"
            "x-amzn-RequestId: 7P5ACOAQ2J4V3V7BLQ8P1K0RQRVV4KQNSO5AEMVJF66Q9ASUAAJG\r\n\r\n".encode() + answer.encode()
        )
        stream.flush()
        return True

    def answered(self, target, body):
        if target is None and not body:
            self.counts["none (a request without an operation)"] += 1
            return "404 Not Found", "text/plain", ""
        if target is None:
            form = parse_qs(body.decode())
            self.counts[form["Action"][0]] += 1
            self.message = form["Message"][0]
            return "200 OK", "text/xml", PUBLISHED
        operation = target.partition(".")[2]
        self.counts[operation] += 1
        answer = getattr(self, operation)(json.loads(body))
        return "200 OK", "application/x-amz-json-1.0", json.dumps(answer, separators=(",", ":"))

    def GetSecretValue(self, asked):
        name = asked["SecretId"]
        return {"ARN": name, "Name": name, "VersionId": "v1", "SecretString": SECRETS[name], "CreatedDate": 1700000000.0}

    def BatchGetItem(self, asked):
        found = {}
        for table, wanted in asked["RequestItems"].items():
            keys = [key["pk"]["S"] for key in wanted["Keys"]]
            found[table] = [item for item in (self.item(table, key) for key in keys) if item]
        return {"Responses": found, "UnprocessedKeys": {}}

    def GetItem(self, asked):
        item = self.item(asked["TableName"], asked["Key"]["pk"]["S"])
        return {"Item": item} if item else {}

    def item(self, table, key):
        if key != f"USER#{USER}":
            return None
        if table == "Users":
            return user()
        return self.verification(key) if self.shown else None

    def verification(self, key):
        failures = {"streak": {"M": {}}, "recent": {"M": {}}, "locks": {"N": "0"}}
        return {
            "pk": {"S": key},
            "revision": {"N": "1"},
            "tries": {"N": "0"},
            "failed": {"M": failures},
            "primaryClaim": self.kept,
        }

    def UpdateItem(self, asked):
        key = asked["Key"]["pk"]["S"]
        if not key.startswith("USER#"):
            windows = [name for it, name in asked["ExpressionAttributeNames"].items() if it.startswith("#n")]
            return {"Attributes": {"pk": {"S": key}} | {window: {"N": "1"} for window in windows}}
        names, values = asked.get("ExpressionAttributeNames", {}), asked.get("ExpressionAttributeValues", {})
        if claim := values.get(":claim0"):
            self.written = claim
        if asked["ReturnValues"] == "NONE":
            return {}
        item = self.verification(key)
        if item["primaryClaim"] is None:
            del item["primaryClaim"]
        if tried := names.get("#id"):
            failures = item["failed"]["M"]
            failures["recent"]["M"][tried] = values[":now"]
            failures["streak"]["M"][names["#note0"]] = self.kept["M"]["number"]
        return {"Attributes": item}

    def PutItem(self, _):
        return {}

    def TransactWriteItems(self, _):
        return {}


def user():
    return {
        "pk": {"S": f"USER#{USER}"},
        "id": {"S": USER},
        "version": {"N": "3"},
        "created": {"N": "1768471200000"},
        "lastModified": {"N": "1768471200000"},
        "userName": {"S": "bob123"},
        "profile": {"S": '{"name":{"givenName":"Bob","familyName":"Smith"},"emails":[{"value":"bob@example.com"}]}'},
        "primary": {"S": "+60111111111"},
        "verified": {"L": [{"S": "+60111111111"}]},
    }
