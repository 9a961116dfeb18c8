"""The functions' real binaries, started as Lambda starts them, against moto: DynamoDB, Secrets Manager, SNS, SES.

Settings and tables come from template.yaml, requests from events/. Prints every check; the first that fails ends it.
Usage: binaries.py DIRECTORY_OF_THE_BINARIES
"""

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path

from runtime_api import CREDENTIALS, REGION, Lambda

os.environ.update(CREDENTIALS, AWS_DEFAULT_REGION=REGION)

import boto3  # noqa: E402 - reads the environment
import yaml  # noqa: E402
from moto.backends import get_backend  # noqa: E402
from moto.core import DEFAULT_ACCOUNT_ID  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402
from moto.sns.exceptions import SNSException  # noqa: E402
from moto.sns.models import SNSBackend  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
BINARIES = Path(sys.argv[1]).resolve()
NUMBER = "+60123456789"
SMS_SECRET = "SmsProviders"
EMAIL_SECRET = "EmailProviders"
SENDER = "ACME <no-reply@acme.example>"


class Yaml(yaml.SafeLoader):
    """With CloudFormation's short forms: `!Ref X` becomes {"Ref": "X"}."""


def short_form(loader, tag, node):
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    return {tag: loader.construct_sequence(node, deep=True)}


Yaml.add_multi_constructor("!", short_form)
TEMPLATE = yaml.load((ROOT / "template.yaml").read_text(), Yaml)


def of_type(kind):
    return [name for name, resource in TEMPLATE["Resources"].items() if resource["Type"] == kind]


def packages():
    """The functions: every folder of `functions` but that of the local server, which stands in for Lambda."""
    folders = {path.parent.parent.name for path in (ROOT / "functions").glob("*/src/main.rs")} - {"local"}
    functions = of_type("AWS::Serverless::Function")
    deployed = {TEMPLATE["Resources"][name]["Properties"]["CodeUri"].removeprefix("functions/") for name in functions}
    check("the template deploys every function", folders == deployed, (folders, deployed))
    return sorted(folders)


def check(what, holds, seen=""):
    if not holds:
        sys.exit(f"FAILED: {what}\n{seen}")
    print(f"ok: {what}")


class Cloud:
    """What the template's resources are in moto."""

    def __init__(self):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self.server.start()
        host, port = self.server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        self.dynamodb = boto3.client("dynamodb", endpoint_url=self.url)
        self.manager = boto3.client("secretsmanager", endpoint_url=self.url)
        self.tables = of_type("AWS::DynamoDB::Table")
        for name in self.tables:
            properties = TEMPLATE["Resources"][name]["Properties"]
            names = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
            schema = {key: properties[key] for key in names if key in properties}
            self.dynamodb.create_table(TableName=name, **schema)
        secrets = {name: "k" * 64 for name in of_type("AWS::SecretsManager::Secret")}
        secrets[SMS_SECRET] = json.dumps({"provider": "sns", "senderId": "ACME"})
        secrets[EMAIL_SECRET] = json.dumps({"provider": "ses"})
        create = self.manager.create_secret
        self.arns = {name: create(Name=name, SecretString=value)["ARN"] for name, value in secrets.items()}

    def settings(self, package, **others):
        """A function's environment by the template, with every parameter's default."""
        functions = (TEMPLATE["Resources"][name]["Properties"] for name in of_type("AWS::Serverless::Function"))
        function = next(it for it in functions if it["CodeUri"] == f"functions/{package}")
        own = {"SmsSecretArn": self.arns[SMS_SECRET], "AppName": "Demo", "ResendCooldownSeconds": "0", **self.arns}
        own |= {"EnableEmailVerification": "true", "EmailSender": SENDER, "EmailSecretArn": self.arns[EMAIL_SECRET]}
        own["AllowedRegions"] = "*"  # has no default

        def value(of):
            if not isinstance(of, dict):
                return str(of)
            if "If" in of:
                return value(of["If"][1])
            name = of["Ref"]
            if name in TEMPLATE["Resources"]:
                return own.get(name, name)
            return str(own.get(name, TEMPLATE["Parameters"][name].get("Default", "")))

        variables = function["Environment"]["Variables"]
        return {"AWS_ENDPOINT_URL": self.url} | {key: value(of) for key, of in variables.items()} | others

    def messages(self):
        return list(get_backend("sns")[DEFAULT_ACCOUNT_ID][REGION].sms_messages.values())

    def emails(self):
        return get_backend("ses")[DEFAULT_ACCOUNT_ID][REGION].sent_messages

    def items(self):
        return {name: self.dynamodb.scan(TableName=name)["Items"] for name in self.tables}


def event(name, user=None, **body):
    """A shipped event, of another caller or with other members in its body."""
    event = json.loads((ROOT / "events" / f"{name}.json").read_text())
    if user:
        event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = user
    if body:
        event["body"] = json.dumps(json.loads(event["body"]) | body)
    return event


def code_of(message):
    return re.fullmatch(r"Your Mobile Number Verification Code : (\d{6})", message[1]).group(1)


def stored(items, user):
    """A user as the table has it."""
    return json.dumps(next(item for item in items["UsersTable"] if item["pk"]["S"] == f"USER#{user}"))


def claims(items):
    """What is pending, without what only counts."""
    names = ("primaryClaim", "listClaim")
    return [item[name]["M"] for item in items["VerificationsTable"] for name in names if item.get(name, {}).get("M")]


def main():
    cloud = Cloud()
    settings = {name: cloud.settings(name) for name in packages()}
    functions = {name: Lambda(BINARIES / name, given) for name, given in settings.items()}
    try:
        user = journey(cloud, functions)
        failing_sns(cloud, functions["scim-patch"], user)
        service(cloud, functions["transmit"], user)
        sign_in(cloud, functions["second-factor"], functions["second-factor-pages"], user)
        of_user_pool(functions["cognito-triggers"], user)
        old_number(cloud, functions["notify-old-number"])
        files(functions["pages"])
        email(cloud)
        email_journey(cloud, functions, user)
        for name, function in functions.items():
            check(f"{name} was asked and answered", function.answered > 0)
    finally:
        for function in functions.values():
            function.stop()
    starts(cloud, settings)
    cloud.server.stop()


def journey(cloud, functions):
    status, user = functions["scim-users"].request(event("scim-users/create"))
    check("scim-users creates a user in the table", status == 201, user)
    user = user["id"]

    status, shown = functions["scim-patch"].request(event("scim-patch/patch-me", user))
    pending = shown.get("urn:scim:wso2:schema", {}).get("pendingMobileNumber")
    check("scim-patch holds the new number back", (status, pending) == (200, NUMBER), (status, shown))
    check("and keeps a claim", len(claims(cloud.items())) == 1, cloud.items())
    first = cloud.messages()
    check("SNS has one message, to the new number", [to for to, _ in first] == [NUMBER], first)

    status, body = functions["resend-code"].request(event("resend-code/me", user))
    check("resend-code sends another", (status, len(cloud.messages())) == (201, 2), (status, body))
    old, new = (code_of(message) for message in cloud.messages())

    if old != new:
        status, body = functions["validate-code"].request(event("validate-code/me", user, code=old))
        check("the code before is dead", (status, body["code"]) == (400, "18001"), (status, body))
    check("the users table has the old number", NUMBER not in stored(cloud.items(), user), cloud.items())
    status, body = functions["validate-code"].request(event("validate-code/me", user, code=new))
    check("validate-code takes the code of the message", status == 202, (status, body))
    check("the users table has the new number", NUMBER in stored(cloud.items(), user), cloud.items())
    status, shown = functions["scim-users"].request(event("scim-users/get-me", user))
    check("which is the user's, verified", shown["urn:scim:wso2:schema"]["phoneVerified"], shown)
    status, body = functions["validate-code"].request(event("validate-code/me", user, code=new))
    check("a code works once", (status, body["code"]) == (400, "18001"), (status, body))
    return user


def failing_sns(cloud, scim_patch, user):
    publish = SNSBackend.publish
    other = {"phoneNumbers": [{"type": "mobile", "value": "+60129876543"}]}
    patch = event("scim-patch/patch-me", user, Operations=[{"op": "replace", "value": other}])
    before, sent = cloud.items(), len(cloud.messages())
    calls = []
    for code in ("Throttled", "InternalError", "AuthorizationError"):

        def fails(*_, code=code, **__):
            calls.append(code)
            raise SNSException(code, "as told")

        SNSBackend.publish = fails
        status, body = scim_patch.request(patch)
        SNSBackend.publish = publish
        check(f"SNS answers {code}: 502", (status, "VRF-50200" in body["detail"]) == (502, True), (status, body))
        check("after one try, for a second may be a second message", calls == [code], calls)
        calls.clear()
        after = cloud.items()
        same = stored(after, user) == stored(before, user) and claims(after) == claims(before)
        check("and all is as before", same and len(cloud.messages()) == sent, (before, after))


def service(cloud, transmit, user):
    number = json.loads(event("transmit/send")["body"])["phone_number"]
    sent = len(cloud.messages())
    status, body = transmit.request(event("transmit/send", user))
    check("transmit sends a code for another service", (status, body) == (200, {"message": "SMS sent"}), (status, body))
    messages = cloud.messages()[sent:]
    check("to its number, once", [to for to, _ in messages] == [number], messages)
    check("which is nobody's before the code comes", number not in stored(cloud.items(), user), cloud.items())
    typed = event("transmit/validate", user, phone_number=number, passcode=code_of(messages[0]))
    status, body = transmit.request(typed)
    check("transmit takes the code of the message", (status, body) == (200, {"result": True}), (status, body))
    check("and the users table has the number", number in stored(cloud.items(), user), cloud.items())
    status, body = transmit.request(typed)
    check("once", (status, body["code"]) == (400, "18001"), (status, body))


def sign_in(cloud, second_factor, pages, user):
    def step(name, flow, **body):
        asked = event(f"second-factor/{name}", **body)
        asked["pathParameters"]["flowId"] = flow
        return second_factor.request(asked)

    def of_user(name):
        asked = event(f"second-factor/{name}")
        asked["body"] = json.dumps({"user": {"userId": user}})
        return second_factor.request(asked)

    def started():
        sent = len(cloud.messages())
        status, flow = of_user("initiate")
        check("second-factor sends a code", (status, len(cloud.messages()) - sent) == (200, 1), (status, flow))
        return flow["flowId"], code_of(cloud.messages()[-1])

    flow, code = started()
    wrong = "000000" if code != "000000" else "111111"
    by_page(pages, flow, wrong)
    status, body = step("verify", flow, code=wrong)
    check("a wrong code is not taken", (status, body["flowStatus"]) == (200, "FAIL_INCOMPLETE"), (status, body))
    status, body = step("verify", flow, code=code)
    check("the right one is", (status, body["flowStatus"], body["amr"]) == (200, "SUCCESS_COMPLETED", ["sms"]), body)
    status, body = step("verify", flow, code=code)
    check("once", (status, body["code"]) == (404, "VRF-40400"), (status, body))
    told = [step("outcome", flow)[0] for _ in range(2)]
    check("and its success is told once", told == [200, 404], told)
    status, body = of_user("backup-codes")
    check("backup codes are made", (status, len(body["codes"])) == (200, 10), body)
    keys = [item["pk"]["S"] for item in cloud.items()["VerificationsTable"]]
    check("no key tells a flow", any(key.startswith("FLOW#") for key in keys) and not any(flow in key for key in keys), keys)


def by_page(pages, flow, wrong):
    def asked(name):
        shipped = event(f"second-factor-pages/{name}")
        shipped["pathParameters"]["flowId"] = flow
        return shipped

    shown = pages.invoke(asked("page"))
    check("second-factor-pages shows the flow", (shown["statusCode"], "*******" in shown["body"]) == (200, True), shown)
    typed = asked("code") | {"body": f"code={wrong}", "isBase64Encoded": False}
    answer = pages.invoke(typed)
    check("and takes no wrong code", answer["headers"].get("location") == f"{flow}?e=code", answer)
    style = pages.invoke(event("second-factor-pages/style"))
    check("and has a style", (style["statusCode"], style["headers"]["content-type"]) == (200, "text/css; charset=utf-8"), style)


def of_user_pool(triggers, user):
    def asked(name, **request):
        event = json.loads((ROOT / "events" / "cognito-triggers" / f"{name}.json").read_text())
        event["request"]["userAttributes"]["sub"] = user
        event["request"].update(request)
        return triggers.invoke(event)["response"]

    first = asked("define-password")
    check("after the password cognito-triggers asks for more", first["challengeName"] == "CUSTOM_CHALLENGE", first)
    without = asked("define-without-password")
    check("and lets nobody in without one", without["failAuthentication"] and not without["issueTokens"], without)
    wrong = asked("verify", privateChallengeParameters={"flowId": "A" * 32, "prompt": "OTP"})
    check("an answer to no flow is wrong", wrong["answerCorrect"] is False, wrong)


def old_number(cloud, notify_old_number):
    sent = len(cloud.messages())
    for _ in range(2):
        answer = notify_old_number.invoke(event("notify-old-number/replaced"))
        check("notify-old-number takes the change", answer == {"batchItemFailures": []}, answer)
    told = [to for to, _ in cloud.messages()[sent:]]
    check("and tells the old number once", told == ["+60111111111"], told)
    counted = [item for item in cloud.items()["VerificationsTable"] if item["pk"]["S"].startswith("SENDS#NOTICE#")]
    of_windows = [(name, value) for item in counted for name, value in item.items() if name.startswith(("sends", "until"))]
    windows = [value["N"] for _, value in of_windows]
    check("which counts by hour and day", (len(counted), windows) == (1, ["1", "1"]), counted)


def files(pages):
    for name in ("openapi", "ui", "ui-language"):
        answer = pages.invoke(event(f"pages/{name}"))
        coding = answer["headers"].get("content-encoding", "identity")
        holds = answer["statusCode"] == 200 and answer["isBase64Encoded"] == (coding != "identity") and answer["body"]
        check(f"pages hands out {name}, in {coding}", holds, answer)
    status, described = pages.request(event("pages/openapi") | {"headers": {}})
    check("pages describes the API", (status, described["openapi"]) == (200, "3.1.0"), described)


def email(cloud):
    """An e-mail by the same code and SDK as the functions', sent by the program that tries the settings."""
    settings = cloud.settings("scim-patch")

    def sent_to(address, **others):
        env = {**CREDENTIALS, "AWS_REGION": REGION, **settings, **others}
        program = [BINARIES / "examples" / "send_email", address]
        ended = subprocess.run(program, env=env, capture_output=True, text=True, timeout=60)
        return ended.returncode, ended.stdout + ended.stderr

    status, said = sent_to("Bob@abc.com")
    rejected = status != 0 and "rejected: MessageRejected" in said and not cloud.emails()
    check("SES takes nothing from a sender that is not verified", rejected, said)
    boto3.client("sesv2", endpoint_url=cloud.url).create_email_identity(EmailIdentity="acme.example")
    status, said = sent_to("Bob@abc.com", EMAIL_LINK_URL="https://app.example/confirm")
    check("SES takes an e-mail from one that is", (status, len(cloud.emails())) == (0, 1), said)
    message = cloud.emails()[0]
    seen = (message.source, message.destinations["ToAddresses"], message.subject)
    check("to its address", seen == (SENDER, ["Bob@abc.com"], "Verify your email address for Demo"), seen)
    link = '<a href="https://app.example/confirm#code=0000000000">'
    check("with a link in its HTML", link in message.body, message.body)
    check("whose address the program masks", "b***@abc.com" in said and "Bob" not in said, said)


def email_journey(cloud, functions, user):
    new = "bob@new.example"
    other = {"emails": [{"type": "work", "primary": True, "value": new}]}
    patch = event("scim-patch/patch-me", user, Operations=[{"op": "replace", "value": other}])
    status, shown = functions["scim-patch"].request(patch)
    pending = shown.get("urn:scim:wso2:schema", {}).get("pendingEmails")
    check("scim-patch holds a new e-mail address back", (status, pending) == (200, [{"value": new}]), (status, shown))
    message = cloud.emails()[-1]
    check("SES has a message to it", message.destinations["ToAddresses"] == [new], vars(message))
    code = re.search(r"<strong[^>]*>(\d{6})</strong>", message.body).group(1)
    check("no table has it as the user's", new not in stored(cloud.items(), user), cloud.items())
    status, body = functions["validate-code"].request(event("validate-code/me", user, code=code))
    check("validate-code takes the code of the e-mail", status == 202, (status, body))
    status, shown = functions["scim-users"].request(event("scim-users/get-me", user))
    proved = [one["value"] for one in shown["emails"] if one.get("primary")] == [new]
    check("which is the user's, verified", proved and shown["urn:scim:wso2:schema"]["emailVerified"], shown)


def starts(cloud, settings):
    unknown = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:nobody-AbCdEf"
    without = [(package, name) for package, given in settings.items() for name in given if name.endswith("_SECRET_ARN")]
    # It is asked for when somebody is made with backup codes, which is not often.
    without.remove(("scim-users", "KEY_SECRET_ARN"))
    secrets = {"KEY_SECRET_ARN", "SMS_SECRET_ARN", "EMAIL_SECRET_ARN"}
    check("functions have secrets", {name for _, name in without} >= secrets, without)
    for package, variable in without:
        status, said = Lambda(BINARIES / package, cloud.settings(package, **{variable: unknown})).ended()
        named = status != 0 and variable in said
        check(f"{package} does not start without its secret, and names {variable}", named, said)
    bad = {"provider": "twilio", "accountSid": "AC1", "authToken": "hush"}
    cloud.manager.put_secret_value(SecretId=SMS_SECRET, SecretString=json.dumps(bad))
    status, said = Lambda(BINARIES / "scim-patch", cloud.settings("scim-patch")).ended()
    named = status != 0 and "sender is missing" in said and "hush" not in said
    check("a provider without its sender stops the start, which does not tell the token", named, said)


main()
