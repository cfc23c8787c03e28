# SPDX-License-Identifier: Apache-2.0
"""Certificates for the lab's HTTPS: an authority of its own for every run, made by openssl(1)."""

import ipaddress
import pathlib
import shutil

from .host import run

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc")


class Authority:
    """A certificate authority in a directory of its own.

    bundle is its certificate as a file; hashed() a directory as OpenSSL looks certificates up in.
    """

    def __init__(self, directory, name="myha lab"):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.bundle = self.directory / "ca.pem"
        self._key = self.directory / "ca.key"
        run("openssl", "req", "-x509", *KEY, "-days", "7", "-subj", f"/CN={name}",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout", self._key, "-out", self.bundle)

    def hashed(self, *more):
        """A directory of this certificate, and of more files, under the hash of their subject."""
        directory = self.directory / "hashed"
        directory.mkdir(exist_ok=True)
        for certificate in (self.bundle, *more):
            name = run("openssl", "x509", "-noout", "-hash", "-in", certificate).stdout.strip()
            shutil.copy(certificate, directory / f"{name}.0")
        return directory

    def certificate(self, stem, names, days=2):
        """The paths of a server's certificate and of its key; one of -1 days has expired."""
        certificate, key = self.directory / f"{stem}.pem", self.directory / f"{stem}.key"
        request, extensions = self.directory / f"{stem}.csr", self.directory / f"{stem}.ext"
        extensions.write_text(f"subjectAltName={','.join(map(_alternative, names))}\n"
                              "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n")
        run("openssl", "req", "-new", *KEY, "-subj", f"/CN={stem}", "-keyout", key, "-out", request)
        run("openssl", "x509", "-req", "-in", request, "-CA", self.bundle, "-CAkey", self._key,
            "-days", days, "-extfile", extensions, "-out", certificate)
        return certificate, key


def _alternative(name):
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"
