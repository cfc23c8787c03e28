# SPDX-License-Identifier: Apache-2.0
"""Whether a request is signed as AWS's Signature Version 4 wants it: botocore's own signer is given
what was received, and must come to the same signature."""

import calendar
import hmac
import re
import time

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from .ec2_model import ApiError

SKEW = 15 * 60
FORM = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/"
                  r"aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})")
STAMP = "%Y%m%dT%H%M%SZ"

NOT_MATCHING = "The request signature we calculated does not match the signature you provided. " \
               "Check your AWS Secret Access Key and signing method. Consult the service " \
               "documentation for details."

# The error of each service if the key or its token is not known.
NOT_VALID = {
    "ec2": ApiError("AuthFailure",
                    "AWS was not able to validate the provided access credentials", 401),
    "sts": ApiError("InvalidClientTokenId",
                    "The security token included in the request is invalid.", 403)}
MISSING = {
    "ec2": ApiError("MissingParameter",
                    "The request must contain the parameter AWSAccessKeyId"),
    "sts": ApiError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)}
EXPIRED = {
    "ec2": ApiError("RequestExpired", "Request has expired."),
    "sts": ApiError("ExpiredToken", "The security token included in the request is expired", 403)}


def check(request, cloud, service):
    """The credentials that signed the request; raises what the service (ec2, sts) would say."""
    given = request.headers.get("authorization")
    if not given:
        raise MISSING[service]
    form = FORM.fullmatch(given)
    if not form:
        raise ApiError("IncompleteSignature", "Authorization header is not of the form that "
                       f"Signature Version 4 wants: (hidden, {len(given)} characters)")
    key, date, region, scoped, names, signature = form.groups()
    names = names.split(";")
    _check_names(request, names)
    stamp = request.headers["x-amz-date"]
    _check_time(stamp, date, cloud.now(), service)
    credentials = cloud.credentials.get(key)
    # Keys of a session are nothing without its token.
    if not credentials or credentials.token != request.headers.get("x-amz-security-token"):
        raise NOT_VALID[service]
    if scoped != service:
        raise ApiError("SignatureDoesNotMatch",
                       f"Credential should be scoped to correct service: '{service}'.", 403)
    if region != cloud.region and not (service == "sts" and region == "us-east-1"):
        raise ApiError("SignatureDoesNotMatch",
                       "Credential should be scoped to a valid region.", 403)
    signer = SigV4Auth(credentials, scoped, region)
    if not hmac.compare_digest(_sign(signer, request, names, stamp), signature):
        raise ApiError("SignatureDoesNotMatch", NOT_MATCHING, 403)
    if credentials.expires is not None and cloud.now() >= credentials.expires:
        raise EXPIRED[service]
    return credentials


def _check_names(request, names):
    """All that must be signed is, and all that is signed was sent."""
    wanted = {"host"} | {name for name in request.headers if name.startswith("x-amz-")}
    if "x-amz-date" not in request.headers:
        raise ApiError("IncompleteSignature", "Authorization header requires existence of either "
                       "a 'X-Amz-Date' or a 'Date' header.")
    if names != sorted(set(names)) or not wanted <= set(names) <= set(request.headers):
        raise ApiError("SignatureDoesNotMatch", f"{NOT_MATCHING} (signed headers: "
                       f"{';'.join(names)}; wanted at least: {';'.join(sorted(wanted))})", 403)


def _check_time(stamp, date, now, service):
    try:
        then = calendar.timegm(time.strptime(stamp, STAMP))
    except ValueError:
        raise ApiError("IncompleteSignature", f"Date must be in ISO-8601 'basic format'. Got "
                       f"'{stamp}'.") from None
    if not stamp.startswith(date):
        raise ApiError("SignatureDoesNotMatch", "Date in Credential scope does not match "
                       f"YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != "
                       f"'{stamp[:8]}', from '{stamp}'.", 403)
    if abs(now - then) <= SKEW:
        return
    if service == "ec2":
        raise ApiError("RequestExpired", "Request has expired.")
    limit = time.strftime(STAMP, time.gmtime(now))
    side = "Signature expired" if then < now else "Signature not yet current"
    raise ApiError("SignatureDoesNotMatch", f"{side}: {stamp} is not within 15 min. of {limit}",
                   403)


def _sign(signer, request, names, stamp):
    """The signature that botocore gives to what was received."""
    headers = {name: request.headers[name] for name in names}
    again = AWSRequest(request.method, f"https://{request.headers['host']}{request.path}",
                       headers=headers, data=request.body)
    again.context["timestamp"] = stamp
    canonical = signer.canonical_request(again)
    return signer.signature(signer.string_to_sign(again, canonical), again)
