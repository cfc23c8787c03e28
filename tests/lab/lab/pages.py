# SPDX-License-Identifier: Apache-2.0
"""The commands in README and the manual pages, and their documented output.

A block is a fenced block of README.md, or what stands between .Bd and .Ed in a page. In it a line
that begins with a prompt is typed: "# ", "$ ", or with the name of a host before it, "db1# ". What
follows up to the next prompt is what is printed; a line that is only "..." stands for any number of
lines. A line that ends in a backslash goes on in the next one.

A block with a name is played in the lab, by test_docs.py. The name stands before it, where no
reader sees it: "<!-- lab: NAME -->", or '.\" lab: NAME'. Where it says "cluster: NAME" it is typed on a
cluster, by the tests of clusters.
"""

import dataclasses
import pathlib
import re

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PAGES = sorted(path.name for path in (REPOSITORY / "man").iterdir())

ESCAPES = {r"\-": "-", r"\e": "\\", r"\(ha": "^", r"\(aq": "'", r"\(dq": '"', r"\(ti": "~",
           r"\(ga": "`", r"\&": "", r"\|": "", r"\(bu": "•"}
PROMPT = re.compile(r"^([a-z][a-z0-9]*)?([#$]) (.*)")


@dataclasses.dataclass
class Command:
    line: int  # of the file
    host: str  # "": whatever this is about
    root: bool  # to be typed as root
    typed: str
    printed: list[str] = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Block:
    path: pathlib.Path
    line: int
    name: str  # "": it is not played
    stage: str = ""  # "lab" or "cluster"
    lines: list[str] = dataclasses.field(default_factory=list)

    def __str__(self):
        return f"{self.path.name}:{self.line}"

    @property
    def text(self):
        return "\n".join(self.lines) + "\n"

    def commands(self):
        found = []
        for number, line in self._joined():
            prompt = PROMPT.match(line)
            if prompt:
                found.append(Command(number, prompt[1] or "", prompt[2] == "#", prompt[3]))
            elif found:
                found[-1].printed.append(line)
        return found

    def _joined(self):
        """The lines with their numbers, those that go on in the next one put together."""
        number, begun = 0, ""
        for offset, line in enumerate(self.lines):
            if not begun:
                number = self.line + 1 + offset
            begun += line.lstrip() if begun else line
            if begun.endswith("\\"):
                begun = begun[:-1]
                continue
            yield number, begun
            begun = ""


def plain(text):
    """Roff's text as a reader sees it."""
    return re.sub(r"\\(?:\(..|.)", lambda found: ESCAPES.get(found[0], found[0]), text)


def blocks_of_readme(path=REPOSITORY / "README.md"):
    name, block, found = "", None, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith("```"):
            if block:
                found.append(block)
            block = None if block else Block(path, number, name, "lab" if name else "")
            name = ""
        elif block:
            block.lines.append(line)
        elif mark := re.fullmatch(r"<!-- lab: (\S+) -->", line):
            name = mark[1]
    return found


def blocks_of_page(path):
    mark, block, found = ("", ""), None, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if line.startswith(".Bd "):
            block, mark = Block(path, number, *mark), ("", "")
        elif line == ".Ed":
            found.append(block)
            block = None
        elif block:
            block.lines.append(plain(line))
        elif seen := re.fullmatch(r'\.\\" (lab|cluster): (\S+)', line):
            mark = seen[2], seen[1]
    return found


def all_blocks():
    found = blocks_of_readme()
    for page in PAGES:
        found += blocks_of_page(REPOSITORY / "man" / page)
    return found


def typed_on_cluster(name):
    """The commands of a block that is for clusters."""
    block, = (one for one in all_blocks() if (one.stage, one.name) == ("cluster", name))
    return [command.typed for command in block.commands()]
