# SPDX-License-Identifier: Apache-2.0
"""The Query protocol of EC2 and STS by botocore's own description of these services.

A request's parameters are checked against the model of their action and become the arguments that a
user of botocore would write; a reply is written from what such a user would be given. What the
model does not know is an error in both directions.
"""

import datetime
from xml.sax.saxutils import escape

import botocore.loaders
import botocore.model

EC2, STS = ("ec2", "2016-11-15"), ("sts", "2011-06-15")
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'

# Members that are newer than the oldest model the lab runs with.
NEWER = {"Operator": "operator", "Managed": "managed", "Principal": "principal"}

# How a response is wrapped. namespace: instead of the service's own. prefix: of all elements.
# reverse: elements in the opposite order. envelope: of errors, "Response" or "ErrorResponse".
# chunked: transferred in chunks. planted: text behind that of elements, by their name.
STYLE = {"namespace": None, "prefix": "", "reverse": False, "envelope": None, "chunked": False,
         "planted": {}}


class ApiError(Exception):
    """The error of a refusal by the service."""

    def __init__(self, code, message, status=400):
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


class Service:
    """One service of one version."""

    def __init__(self, name, version):
        self.name, self.version = name, version
        loader = botocore.loaders.Loader()
        self._model = botocore.model.ServiceModel(
            loader.load_service_model(name, "service-2", version))
        self._actions = set(self._model.operation_names)
        self._is_ec2 = name == "ec2"
        self.namespace = f"http://ec2.amazonaws.com/doc/{version}/" if self._is_ec2 \
            else f"https://sts.amazonaws.com/doc/{version}/"

    def parse(self, action, pairs):
        """The arguments of a request, from its parameters but Action and Version in order."""
        if action not in self._actions:
            raise ApiError("InvalidAction",
                           f"The action {action} is not valid for this web service.")
        shape = self._model.operation_model(action).input_shape
        tree = {}
        for name, value in pairs:
            _plant(tree, name, value)
        if shape:
            return self._take(shape, tree, "")
        for name in tree:
            raise _unknown(name)
        return {}

    def _wire_name(self, name, shape):
        given = shape.serialization
        if not self._is_ec2:
            return given.get("name", name)
        short = given.get("name", name)
        return given.get("queryName") or short[0].upper() + short[1:]

    def _take(self, shape, node, path):
        kind = shape.type_name
        if kind == "structure":
            return self._take_structure(shape, _branch(node, path), path)
        if kind == "list":
            return self._take_list(shape, _branch(node, path), path)
        if not isinstance(node, str):
            raise _unknown(f"{path}.{next(iter(node))}")
        return _take_scalar(shape, node, path)

    def _take_structure(self, shape, node, path):
        taken, known = {}, set()
        for member, inner in shape.members.items():
            name = self._wire_name(member, inner)
            full = f"{path}.{name}" if path else name
            known.add(name)
            if node.get(name, "") != "":
                taken[member] = self._take(inner, node[name], full)
            elif member in shape.required_members:
                raise ApiError("MissingParameter",
                               f"The request must contain the parameter {full}")
        for name in node:
            if name not in known:
                raise _unknown(f"{path}.{name}" if path else name)
        return taken

    def _take_list(self, shape, node, path):
        if not self._is_ec2 and not shape.serialization.get("flattened"):
            name = shape.member.serialization.get("name", "member")
            path = f"{path}.{name}"
            if set(node) != {name}:
                raise _unknown(path)
            node = _branch(node[name], path)
        wanted = [str(number) for number in range(1, len(node) + 1)]
        if sorted(node) != sorted(wanted):
            raise ApiError("InvalidParameterValue", f"Invalid list {path}: its items must be "
                           f"numbered from 1 on: {', '.join(node)}")
        return [self._take(shape.member, node[number], f"{path}.{number}") for number in wanted]

    # Out.

    def reply(self, action, values, request_id, style=STYLE):
        """The document of a success."""
        shape = self._model.operation_model(action).output_shape
        writer = Writer(style)
        if not self._is_ec2:
            result = f"{action}Result"
            parts = [writer.element(result, self._members(writer, shape, values or {})),
                     writer.element("ResponseMetadata", [writer.text("RequestId", request_id)])]
        else:
            parts = [writer.text("requestId", request_id)]
            parts += self._members(writer, shape, values) if shape and values is not None \
                else [writer.text("return", "true")]
        return writer.document(f"{action}Response", parts, self.namespace)

    def _members(self, writer, shape, values):
        known = shape.members if shape else {}
        parts = []
        for member, value in values.items():
            if value is None:
                continue
            if member in known:
                inner = known[member]
                parts.append(self._write(writer, inner.serialization.get("name", member), inner,
                                         value))
            else:
                parts.append(_write_newer(writer, member, value))
        return parts

    def _write(self, writer, name, shape, value):
        kind = shape.type_name
        if kind == "structure":
            return writer.element(name, self._members(writer, shape, value))
        if kind == "list":
            item = shape.member.serialization.get("name", "item" if self._is_ec2 else "member")
            return writer.element(name, [one if isinstance(one, Written) else
                                         self._write(writer, item, shape.member, one)
                                         for one in value])
        return writer.text(name, _text(value))

    def error(self, error, request_id, style=STYLE):
        """The document of a refusal."""
        writer = Writer(style)
        what = [writer.text("Code", error.code), writer.text("Message", error.message)]
        if (style["envelope"] or ("Response" if self._is_ec2 else "ErrorResponse")) == "Response":
            return writer.document("Response", [
                writer.element("Errors", [writer.element("Error", what)]),
                writer.text("RequestID", request_id)], style["namespace"])
        what.insert(0, writer.text("Type", "Sender" if error.status < 500 else "Receiver"))
        return writer.document("ErrorResponse", [
            writer.element("Error", what), writer.text("RequestId", request_id)], self.namespace)


class Written(str):
    """Items of a list that are elements already: many that are alike would take seconds to write."""


class Writer:
    """Elements as text, wrapped as a style says."""

    def __init__(self, style):
        self._namespace = style["namespace"]
        self._prefix = f"{style['prefix']}:" if style["prefix"] else ""
        self._step = -1 if style["reverse"] else 1
        self._planted = style["planted"]

    def text(self, name, value):
        value = escape(value + self._planted.get(name, ""), {"\r": "&#13;"})
        return f"<{self._prefix}{name}>{value}</{self._prefix}{name}>"

    def element(self, name, parts):
        if not parts:
            return f"<{self._prefix}{name}/>"
        return "".join([f"<{self._prefix}{name}>", *parts[::self._step], f"</{self._prefix}{name}>"])

    def document(self, name, parts, namespace):
        attribute = ""
        if namespace:
            colon = f":{self._prefix[:-1]}" if self._prefix else ""
            attribute = f' xmlns{colon}="{self._namespace or namespace}"'
        return "\n".join([f"{DECLARATION}<{self._prefix}{name}{attribute}>", *parts[::self._step],
                          f"</{self._prefix}{name}>\n"])


def _write_newer(writer, member, value):
    name = NEWER[member]  # a KeyError is a mistake in the lab
    if isinstance(value, dict):
        return writer.element(name, [_write_newer(writer, *item) for item in value.items()])
    return writer.text(name, _text(value))


def _text(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return str(value)


def _plant(tree, name, value):
    """Put a value at the path that its name is."""
    *branches, leaf = name.split(".")
    for branch in branches:
        tree = tree.setdefault(branch, {})
        if not isinstance(tree, dict):
            raise _unknown(name)
    if leaf in tree:
        raise ApiError("InvalidParameterCombination", f"The parameter {name} is given twice")
    tree[leaf] = value


def _branch(node, path):
    if not isinstance(node, dict):
        raise _unknown(path)
    return node


def _unknown(name):
    return ApiError("UnknownParameter", f"The parameter {name} is not recognized")


def _take_scalar(shape, text, path):
    kind = shape.type_name
    if kind == "boolean":
        if text not in ("true", "false"):
            raise ApiError("InvalidParameterValue",
                           f"Value ({text}) for parameter {path} is invalid. Expected a boolean.")
        return text == "true"
    if kind in ("integer", "long"):
        if not (text.isascii() and text.removeprefix("-").isdigit()):
            raise ApiError("InvalidParameterValue",
                           f"Value ({text}) for parameter {path} is invalid. Expected an integer.")
        number, limits = int(text), shape.metadata
        if number < limits.get("min", number):
            raise ApiError("InvalidParameterValue", f"Value ( {text} ) for parameter {path} is "
                           f"invalid. Expecting a value greater than or equal to {limits['min']}.")
        if number > limits.get("max", number):
            raise ApiError("InvalidParameterValue", f"Value ( {text} ) for parameter {path} is "
                           f"invalid. Expecting a value less than or equal to {limits['max']}.")
        return number
    words = getattr(shape, "enum", None)
    if words and text not in words:
        raise ApiError("InvalidParameterValue",
                       f"Value ({text}) for parameter {path} is invalid.")
    return text
