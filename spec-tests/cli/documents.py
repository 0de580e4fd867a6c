# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
"""What the documents show is true: transcripts are typed again, quoted code is code that the tests compile."""

import re
import subprocess

from pathlib import Path

from session import PATIENCE_SECONDS, Failure

REPOSITORY = Path(__file__).resolve().parents[2]
DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
TESTED_CODE = {
    "cpp": [REPOSITORY / "engine/api/examples_test.cc", REPOSITORY / "wasi/example_test.cc"],
    "c": [REPOSITORY / "spec-tests/package/c/host.c"],
    "cmake": [REPOSITORY / "spec-tests/package/cpp/CMakeLists.txt"],
}


def blocks(document, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)


def without_indent(text):
    return [line.strip() for line in text.splitlines() if line.strip()]


def case_trace_channels_are_all_told(session):
    declared = re.findall(r'^BRINK_TRACE_CHANNEL\(\w+, "([^"]+)", "([^"]+)"\)',
                          (REPOSITORY / "engine/include/brink/trace.def").read_text(), re.MULTILINE)
    told = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", (REPOSITORY / "docs" / "tracing.md").read_text(), re.MULTILINE)
    assert declared and declared == told, f"trace.def has {declared}, docs/tracing.md {told}"
    session.run("--trace", "?", "x.wat").expect(2, err_has=", ".join(name for name, _ in declared))


def case_strict_limits_are_all_told(session):
    declared = re.findall(r'^BRINK_MODULE_LIMIT\(\w+, ([^,]+), "([^"]+)"\)',
                          (REPOSITORY / "engine/include/brink/module_limits.def").read_text(), re.MULTILINE)
    told = re.findall(r"^  \| ([a-z][^|]+) \| ([\d ]+) \|", (REPOSITORY / "docs" / "security.md").read_text(),
                      re.MULTILINE)

    def number(text):
        left, _, right = text.replace("'", "").partition("<<")
        return int(left) << int(right or 0)

    assert [(what, number(limit)) for limit, what in declared] == \
        [(what, int(limit.replace(" ", ""))) for what, limit in told], told


def case_quoted_code_is_tested_code(session):
    for language, sources in TESTED_CODE.items():
        tested = "\n".join(line for source in sources for line in without_indent(source.read_text()))
        quoted = [(document, block) for document in DOCUMENTS for block in blocks(document, language)]
        assert len(quoted) > (5 if language == "cpp" else 0), language
        for document, block in quoted:
            assert "\n".join(without_indent(block)) in tested, f"{document.name}: not in the tests:\n{block}"


def case_transcripts(session):
    """```wat blocks whose first line is ";; NAME" are files; ```console blocks are commands ("$ ...") and
    what they print."""
    tools = session.folder / "tools"
    tools.mkdir()
    (tools / "brink").symlink_to(session.brink)
    commands = 0
    for document in DOCUMENTS:
        for block in blocks(document, "wat"):
            session.file(re.match(r";; (\S+)\n", block).group(1), block)
        for block in blocks(document, "console"):
            for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
                commands += 1
                result = subprocess.run(["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        cwd=session.folder, text=True, timeout=PATIENCE_SECONDS,
                                        stdin=subprocess.DEVNULL,
                                        env=session.environment({"PATH": f"{tools}:/usr/local/bin:/usr/bin:/bin"}))
                if result.stdout != expected:
                    raise Failure(f"{document.name}: {command}\n  told: {expected!r}\n  is:   {result.stdout!r}")
    assert commands > 5, commands


def case_links_lead_somewhere(session):
    for document in DOCUMENTS:
        prose = re.sub(r"^```.*?^```$|`[^`\n]*`", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", prose):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: no {target}"


def case_every_document_is_in_the_index(session):
    index = (REPOSITORY / "README.md").read_text() + (REPOSITORY / "docs" / "README.md").read_text()
    for document in DOCUMENTS:
        assert document.name in index or document.name == "README.md", document.name
