# SPDX-License-Identifier: Apache-2.0
"""Common to the sections that use EC2: the authorities to trust, and the CPU of the stand-ins."""

import contextlib
import functools
import os
import shutil

from bench_stage import CONTROL_PORT, EC2_ADDRESS, EC2_HOST, WORK, run
from lab.tls import Authority

# Where systems keep their authorities: as a directory by hash, and all in one file.
DIRECTORIES = ("/etc/ssl/certs", "/etc/pki/ca-trust/extracted/pem/directory-hash")
BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")

# Lines of a bash script: in EC2 all is back where it was at first.
RESET_EC2 = f"""exec 3<>/dev/tcp/{EC2_ADDRESS}/{CONTROL_PORT} || exit
        printf 'GET /reset HTTP/1.1\\r\\n\\r\\n' >&3
        read -r response <&3
        [[ $response = *" 200 "* ]]"""


class Trust:
    """The authorities of a contestant: a file for AWS_CA_BUNDLE, or the system's."""

    def __init__(self, path, is_system=False):
        self.path = path
        self.environment = [] if is_system else [f"AWS_CA_BUNDLE={path}"]


def first_of(paths):
    for path in paths:
        if os.path.exists(path):
            return path
    raise RuntimeError(f"there is none of {', '.join(paths)}: install ca-certificates")


@functools.lru_cache(None)  # a second mount would cover the first one
def make_authority():
    """An authority of the bench's own, known to the system by a private mount over its own ones.

    Returns {where from: Trust}, and the certificate and key of the stand-in.
    """
    authority = Authority(f"{WORK}/authority", "myha bench")
    directory, bundle = first_of(DIRECTORIES), first_of(BUNDLES)
    shutil.copytree(directory, f"{WORK}/certs", symlinks=True)
    shutil.copytree(authority.hashed(), f"{WORK}/certs", dirs_exist_ok=True)
    with open(f"{WORK}/bundle.pem", "wb") as whole:
        for path in (bundle, authority.bundle):
            with open(path, "rb") as part:
                shutil.copyfileobj(part, whole)
    run("mount", "--bind", f"{WORK}/certs", directory)
    return {
        "own": Trust(authority.bundle),
        "system": Trust(directory, is_system=True),
        "bundle": Trust(f"{WORK}/bundle.pem"),
    }, authority.certificate("ec2", [EC2_HOST])


@contextlib.contextmanager
def apart():
    """The CPUs for the stand-ins: one, and while the `with` lasts all else runs on the others.

    On our CPU a stand-in could respond to the first request before we have sent the second one,
    which libcurl would then send on the first one's connection.
    """
    cpus = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus - {max(cpus)})
    try:
        yield {max(cpus)}
    finally:
        os.sched_setaffinity(0, cpus)
