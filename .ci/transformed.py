"""What CloudFormation gets to see: the template as SAM's own translator transforms it.

Which route wants a token and which scopes, what is throttled, what a function runs as, which alarms undo a deployment.
Usage: transformed.py, with the Python of the SAM CLI
"""

import json
import logging
import re
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

logging.disable()  # SAM tells of features that it does not switch on outside AWS
TEMPLATE = Path(__file__).resolve().parent.parent / "template.yaml"
REQUIRED = {"JwtIssuer": "https://issuer.example.com", "JwtAudience": "api", "AllowedRegions": "MY"}
# No token: discovery, pages for browsers, files, and what only says in SCIM's form that there is nothing.
OPEN = {
    "GET /scim2/ServiceProviderConfig",
    "GET /scim2/ResourceTypes",
    "GET /scim2/ResourceTypes/{id}",
    "GET /scim2/Schemas",
    "GET /scim2/Schemas/{id}",
    *(f"{method} /scim2/{{proxy+}}" for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
    *(f"{method} {path}" for path in ("/openapi.json", "/llms.txt", "/ui/{file+}") for method in ("GET", "HEAD")),
    "POST /api/identity/user/v1.0/confirm-email",
    "GET /sms-otp/style.css",
    "GET /sms-otp/{flowId}",
    "POST /sms-otp/{flowId}",
}
SCOPES = {
    "PATCH /scim2/Users/{id}": "internal_user_mgt_update",
    "PUT /scim2/Users/{id}": "internal_user_mgt_update",
    "POST /scim2/Users": "internal_user_mgt_create",
    "GET /scim2/Users": "internal_user_mgt_list",
    "POST /scim2/Users/.search": "internal_user_mgt_list",
    "POST /scim2/.search": "internal_user_mgt_list",
    "GET /scim2/Users/{id}": "internal_user_mgt_view",
    "DELETE /scim2/Users/{id}": "internal_user_mgt_delete",
    "POST /api/identity/user/v1.0/validate-code": "internal_user_code_mgt_create",
    "POST /api/identity/user/v1.0/resend-code": "internal_user_code_mgt_create",
    **dict.fromkeys(
        (
            "POST /api/identity/authn/v1.0/sms-otp/initiate",
            "POST /api/identity/authn/v1.0/sms-otp/{flowId}/verify",
            "POST /api/identity/authn/v1.0/sms-otp/{flowId}/resend",
            "POST /api/identity/authn/v1.0/sms-otp/{flowId}/mobile",
            "GET /api/identity/authn/v1.0/sms-otp/{flowId}",
            "POST /api/identity/authn/v1.0/sms-otp/backup-codes",
        ),
        "internal_sms_otp_authenticate",
    ),
}
ME = re.compile(r"\S+ (/scim2/Me|/api/identity/user/v1\.0/me/\S+|/cis/\S+)$")


def check(what, holds, seen=""):
    if not holds:
        sys.exit(f"FAILED: {what}\n{json.dumps(seen, indent=1, default=str)}")
    print(f"ok: {what}")


def transformed(**parameters):
    document = yaml_parse(TEMPLATE.read_text())
    # As `sam deploy` hands it over: the functions' code is in a bucket.
    for one in document["Resources"].values():
        if one["Type"] == "AWS::Serverless::Function":
            one["Properties"]["CodeUri"] = "s3://bucket/key"
    defaults = {name: str(one["Default"]) for name, one in document["Parameters"].items() if "Default" in one}
    values = {**defaults, **REQUIRED, **parameters}
    translator = Translator({}, Parser())  # the template names no managed policies
    return translator.translate(document, parameter_values=values)


def resource(of, name):
    return of["Resources"][name]["Properties"]


def routes(result):
    paths = resource(result, "HttpApi")["Body"]["paths"]
    verbs = {"get", "head", "post", "put", "patch", "delete", "x-amazon-apigateway-any-method"}
    return {
        f"{verb.upper()} {path}": method
        for path, methods in paths.items()
        for verb, method in methods.items()
        if verb in verbs
    }


def tokens(result):
    found = routes(result)
    check("every route is known here", found.keys() == OPEN | SCOPES.keys() | set(filter(ME.match, found)), list(found))
    me_scope = {"Fn::If": ["HasMeScope", {"Fn::Sub": "${ScopePrefix}${MeScope}"}, {"Ref": "AWS::NoValue"}]}
    for key, method in found.items():
        wanted = None
        if key in SCOPES:
            wanted = [{"Jwt": [{"Fn::Sub": "${ScopePrefix}" + SCOPES[key]}]}]
        elif key not in OPEN:
            wanted = [{"Jwt": [me_scope]}]
        check(f"{key}: {'no token' if wanted is None else 'a token'}", method.get("security") == wanted, method)
    schemes = resource(result, "HttpApi")["Body"]["components"]["securitySchemes"]
    authorizer = schemes["Jwt"]["x-amazon-apigateway-authorizer"]
    check("one authorizer, for JWTs", list(schemes) == ["Jwt"] and authorizer["type"] == "jwt", schemes)
    configuration = {"issuer": {"Ref": "JwtIssuer"}, "audience": {"Fn::Split": [",", {"Ref": "JwtAudience"}]}}
    check("of the issuer and the audience given", authorizer["jwtConfiguration"] == configuration, authorizer)
    check("no default that would let a route be forgotten", "security" not in resource(result, "HttpApi")["Body"])
    check("a warning fails the deployment", resource(result, "HttpApi")["FailOnWarnings"] is True)


def edge(result):
    (stage,) = (one for one in result["Resources"].values() if one["Type"] == "AWS::ApiGatewayV2::Stage")
    stage = stage["Properties"]
    check("the stage deploys by itself", (stage["StageName"], stage["AutoDeploy"]) == ("$default", True), stage)
    throttle = {"ThrottlingRateLimit": {"Ref": "ThrottleRate"}, "ThrottlingBurstLimit": {"Ref": "ThrottleBurst"}}
    check("it is throttled", stage["DefaultRouteSettings"] == throttle, stage)
    tenth = {
        "ThrottlingRateLimit": {"Fn::FindInMap": ["Tenth", {"Ref": "ThrottleRate"}, "Of"]},
        "ThrottlingBurstLimit": {"Fn::FindInMap": ["Tenth", {"Ref": "ThrottleBurst"}, "Of"]},
    }
    check("routes without a token to a tenth", stage["RouteSettings"] == dict.fromkeys(OPEN, tenth), stage)
    mapping = result["Mappings"]["Tenth"]
    for name in ("ThrottleRate", "ThrottleBurst"):
        allowed = result["Parameters"][name]["AllowedValues"]
        holds = all(mapping[str(value)]["Of"] == value // 10 for value in allowed)
        check(f"each {name} has its tenth", holds, (allowed, mapping))
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    told = " ".join(logged.values()).lower()
    bad = [word for word in ("authorization", "query", "header", "body", "$context.path", "claim") if word in told]
    check("the access log has no token, query, path or body", not bad, logged)
    for wanted in ("requestId", "routeKey", "status", "authorizer.error", "identity.sourceIp", "responseLatency"):
        check(f"it has {wanted}", f"$context.{wanted}" in logged.values(), logged)


def functions(result):
    named = {name: one for name, one in result["Resources"].items() if one["Type"] == "AWS::Lambda::Function"}
    for name, function in named.items():
        alias = result["Resources"].get(f"{name}Aliaslive", {})
        preference = alias.get("UpdatePolicy", {}).get("CodeDeployLambdaAliasUpdate")
        check(f"{name} is reached by its alias, which CodeDeploy moves", bool(preference), alias)
        group = result["Resources"][f"{name}DeploymentGroup"]["Properties"]
        alarm = name.removesuffix("Function") + "Alarm"
        alarms = group["AlarmConfiguration"]
        undoes = alarms["Fn::If"][0] == "HasAlarms" and alarms["Fn::If"][1]["Alarms"] == [{"Name": {"Ref": alarm}}]
        check(f"an alarm of {name} undoes its deployment", undoes, alarms)
        check(f"{name} has a log without a name", function["Properties"]["LoggingConfig"] == {
            "LogGroup": {"Fn::If": ["KeepsLogs", {"Ref": "KeptLogs"}, {"Ref": "Logs"}]}
        }, function)
    policies = json.dumps(resource(result, "NotifyOldNumberRole"))
    check("what reads the stream may read that one", "AWSLambdaDynamoDBExecutionRole" not in json.dumps(result), policies)


def versions(result):
    """A setting is part of a version: an alias that stayed on the old one would keep the old setting."""
    settings = json.dumps(resource(result, "Settings")["Content"])
    versions = {n: one for n, one in result["Resources"].items() if one["Type"] == "AWS::Lambda::Version"}
    description = {"Fn::Sub": "settings ${Settings.VersionNumber}"}
    for name, version in versions.items():
        check(f"{name} is made anew with other settings", version["Properties"]["Description"] == description, version)
    for name, function in result["Resources"].items():
        if function["Type"] != "AWS::Lambda::Function":
            continue
        given = json.dumps([function["Properties"].get(key) for key in ("Environment", "MemorySize", "TracingConfig")])
        parameters = {name for name in result["Parameters"] if f'"{name}"' in given}
        missing = {one for one in parameters if f'{{"Ref": "{one}"}}' not in settings}
        check(f"what {name} is given are settings", parameters and not missing, missing)


def main():
    result = transformed()
    tokens(result)
    edge(result)
    functions(result)
    versions(result)
    slow = transformed(GradualDeployment="Canary10Percent5Minutes")
    config = json.dumps(resource(slow, "ScimPatchDeploymentGroup")["DeploymentConfigName"])
    check("a gradual deployment is CodeDeploy's", "Canary10Percent5Minutes" in config, config)


main()
