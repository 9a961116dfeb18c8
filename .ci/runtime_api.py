"""Lambda's Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html"""

import json
import queue
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REGION = "eu-west-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_SESSION_TOKEN": "testing"}
# As in the page's example.
TRACE = "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1"


class Server(ThreadingHTTPServer):
    def handle_error(self, *client):
        """A function that is stopped breaks its connection."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(*client)


class Lambda:
    """A function in its process, and the Runtime API that feeds it."""

    def __init__(self, binary, settings):
        self.requests, self.answers = queue.Queue(), queue.Queue()
        self.asked = threading.Event()
        self.answered = 0
        self.api = Server(("127.0.0.1", 0), self.handler())
        threading.Thread(target=self.api.serve_forever, daemon=True).start()
        env = {
            **CREDENTIALS,
            **settings,
            "AWS_REGION": REGION,
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.api.server_address[1]}",
            "AWS_LAMBDA_FUNCTION_NAME": binary.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        }
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        self.process = subprocess.Popen([binary], env=env, **streams)
        self.log = []
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stdout), daemon=True)
        self.reader.start()

    def handler(function):  # noqa: N805 - `self` is the handler's
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # an answer is one write

            def do_GET(self):
                function.asked.set()
                event = function.requests.get()
                self.send_response(200)
                self.send_header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 29000))
                self.send_header("Lambda-Runtime-Trace-Id", TRACE)
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:1:function:f")
                self.reply(json.dumps(event).encode())

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                function.answers.put((self.path, json.loads(body)))
                self.send_response(202)
                self.reply(b"")

            def reply(self, body):
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def invoke(self, event):
        self.requests.put(event)
        try:
            path, answer = self.answers.get(timeout=30)
        except queue.Empty:
            sys.exit("FAILED: no answer\n" + "".join(self.log))
        if not path.endswith("/response"):
            sys.exit(f"FAILED: {path} {answer}\n" + "".join(self.log))
        self.answered += 1
        return answer

    def request(self, event):
        answer = self.invoke(event)
        return answer["statusCode"], json.loads(answer.get("body") or "null")

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.api.shutdown()

    def ended(self):
        """Status and last words of a process that does not get as far as its first request."""
        status = self.process.wait(timeout=30)
        self.reader.join()
        self.api.shutdown()
        return status, "".join(self.log)
