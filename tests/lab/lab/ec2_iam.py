# SPDX-License-Identifier: Apache-2.0
"""The permissions of a principal, by the IAM policies of its role: an explicit Deny wins, then an Allow;
what no statement speaks of is denied. A role without policies in the lab may do everything."""

import fnmatch

from .ec2_model import ApiError


class Iam:
    """policies: a role's name to its policy documents, as the JSON that IAM takes."""

    def __init__(self):
        self.policies = {}

    def allow(self, credentials, action, resources, context):
        """Raises the refusal of the first resource that the principal must not touch.

        action is "ec2:ReplaceRoute"; resources are ARNs, or "*" for an action that knows none;
        context is a function from a resource to its condition keys.
        """
        if credentials.role not in self.policies:
            return
        statements = self._statements(credentials)
        for resource in resources:
            keys = context(resource)
            effects = [statement["Effect"] for statement in statements
                       if _applies(statement, action, resource, keys)]
            if "Deny" in effects or "Allow" not in effects:
                raise refusal(credentials, action, resource, "Deny" in effects)

    def might(self, credentials, action):
        """Whether the principal may do this to anything at all."""
        return credentials.role not in self.policies or any(
            statement["Effect"] == "Allow" and _speaks_of(statement, action)
            for statement in self._statements(credentials))

    def _statements(self, credentials):
        return [statement for document in self.policies[credentials.role]
                for statement in _list(document["Statement"])]


def refusal(credentials, action, resource, explicit=False):
    on = f" on resource: {resource}" if resource != "*" else ""
    because = "with an explicit deny in an identity-based policy" if explicit else \
        f"because no identity-based policy allows the {action} action"
    what = f"User: {credentials.arn} is not authorized to perform: {action}{on} {because}"
    if action.startswith("sts:"):
        return ApiError("AccessDenied", what, 403)
    return ApiError("UnauthorizedOperation", "You are not authorized to perform this operation. "
                    f"{what}", 403)


def _list(value):
    return value if isinstance(value, list) else [value]


def _like(text, patterns, fold=False):
    # IAM knows * and ? alone; fnmatch's brackets must stand for themselves.
    for pattern in _list(patterns):
        pattern = str(pattern).replace("[", "[[]")
        if fnmatch.fnmatchcase(text.lower(), pattern.lower()) if fold else \
                fnmatch.fnmatchcase(text, pattern):
            return True
    return False


def _speaks_of(statement, action):
    if "NotAction" in statement:
        return not _like(action, statement["NotAction"], fold=True)
    return _like(action, statement["Action"], fold=True)


def _applies(statement, action, resource, keys):
    if not _speaks_of(statement, action):
        return False
    if "Resource" in statement and not _like(resource, statement["Resource"]):
        return False
    if "NotResource" in statement and _like(resource, statement["NotResource"]):
        return False
    return all(_holds(operator, key, wanted, keys)
               for operator, tests in statement.get("Condition", {}).items()
               for key, wanted in tests.items())


# Operators that test a value which is there.
OPERATORS = {
    "StringEquals": lambda value, wanted: value in wanted,
    "StringEqualsIgnoreCase": lambda value, wanted: value.lower() in map(str.lower, wanted),
    "StringNotEquals": lambda value, wanted: value not in wanted,
    "StringLike": _like,
    "StringNotLike": lambda value, wanted: not _like(value, wanted),
    "ArnEquals": _like,
    "ArnLike": _like,
    "ArnNotEquals": lambda value, wanted: not _like(value, wanted),
    "Bool": lambda value, wanted: value.lower() in map(str.lower, wanted),
}


def _holds(operator, key, wanted, keys):
    folded = {name.lower(): str(value) for name, value in keys.items()}
    value = folded.get(key.lower())
    wanted = [str(one).lower() if isinstance(one, bool) else str(one) for one in _list(wanted)]
    if operator == "Null":
        return (value is None) == (wanted == ["true"])
    if_exists = operator.endswith("IfExists")
    test = OPERATORS[operator.removesuffix("IfExists")]
    if value is None:
        return if_exists or "Not" in operator
    return test(value, wanted)
