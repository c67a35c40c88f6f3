# SPDX-License-Identifier: Apache-2.0
"""Readers of the real configuration files, as strict as their real readers."""
import re


def properties(path):
    """java.util.Properties, as far as eggroll.properties and application.properties go."""
    out = {}
    with open(path) as handle:
        for line in handle:
            line = line.strip()
            if not line or line[0] in "#!":
                continue
            found = re.match(r"([^=:\s]+)\s*[=:]?\s*(.*)$", line)
            out[found.group(1)] = found.group(2)
    return out


def yaml(path):
    """Nested maps of plain and quoted scalars, lists of scalars: what base_conf.yaml consists of."""
    root = {}
    stack = [(-1, root, None, None)]
    with open(path) as handle:
        for number, raw in enumerate(handle, 1):
            line = raw.split(" #")[0].rstrip()
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            if "\t" in line:
                raise ValueError("%s:%d: found character '\\t' that cannot start any token" % (path, number))
            depth = len(line) - len(line.lstrip())
            text = line.strip()
            while depth <= stack[-1][0] and not (text.startswith("-") and depth == stack[-1][0]):
                stack.pop()
            if text.startswith("- "):
                _, here, parent, key = stack[-1]
                if not isinstance(parent.get(key), list):
                    parent[key] = []
                parent[key].append(scalar(text[2:]))
                continue
            key, colon, value = text.partition(":")
            if not colon:
                raise ValueError("%s:%d: could not find expected ':'" % (path, number))
            here = stack[-1][1]
            if value.strip():
                here[key.strip()] = scalar(value.strip())
            else:
                here[key.strip()] = child = {}
                stack.append((depth, child, here, key.strip()))
    return root


def scalar(text):
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if text.startswith("[") and text.endswith("]"):
        return [scalar(part) for part in text[1:-1].split(",") if part.strip()]
    if text.lower() in ("true", "false", "yes", "no"):
        return text.lower() in ("true", "yes")
    if text in ("null", "~"):
        return None
    return int(text) if re.fullmatch(r"-?\d+", text) else text
