# SPDX-License-Identifier: Apache-2.0
"""STS's actions."""

import re

from .ec2_engine import action
from .ec2_iam import refusal
from .ec2_model import ApiError

DURATION = 3600  # the least that a role's maximum may be, and the most that a role's session gets


@action
def get_caller_identity(call):
    given = call.credentials
    return {"UserId": given.user_id, "Account": given.account, "Arn": given.arn}


@action
def assume_role(call):
    arn, session = call["RoleArn"], call["RoleSessionName"]
    if not re.fullmatch(r"[\w+=,.@-]{2,64}", session, re.ASCII):
        raise ApiError("ValidationError", f"1 validation error detected: Value '{session}' at "
                       "'roleSessionName' failed to satisfy constraint: Member must satisfy "
                       "regular expression pattern: [\\w+=,.@-]*")
    duration = call.get("DurationSeconds", DURATION)
    if duration > DURATION:
        raise ApiError("ValidationError", "The requested DurationSeconds exceeds the "
                       "MaxSessionDuration set for this role.")
    role = call.cloud.roles.get(arn)
    if not role or role.trusts is not None and call.credentials.role not in role.trusts \
            or role.external_id != call.get("ExternalId"):
        raise refusal(call.credentials, "sts:AssumeRole", arn)
    call.engine.iam.allow(call.credentials, "sts:AssumeRole", [arn], lambda _: {})
    made = call.cloud.issue(role, session, duration)
    return {"Credentials": {"AccessKeyId": made.access_key, "SecretAccessKey": made.secret_key,
                            "SessionToken": made.token, "Expiration":
                            call.cloud.date(made.expires)},
            "AssumedRoleUser": {"AssumedRoleId": made.user_id, "Arn": made.arn}}
