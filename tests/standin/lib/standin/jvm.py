# SPDX-License-Identifier: Apache-2.0
"""The launcher: reads options as a JDK 8 does and refuses what it refuses, then dispatches on the main class."""
import glob
import os
import re
import sys

from . import board, eggroll

VERSION = "1.8.0_192"
# main class -> (jar that carries it, what plays it)
MAIN = {
    "com.webank.eggroll.core.Bootstrap": ("eggroll-core-*.jar", eggroll.bootstrap),
    "com.webank.eggroll.rollsite.Proxy": ("eggroll-roll-site-*.jar", eggroll.rollsite),
    "com.webank.eggroll.rollpair.RollPairMasterBootstrap": ("eggroll-roll-pair-*.jar", eggroll.roll_pair_master),
}
KNOWN_XX = {"UseG1GC", "PrintGCDetails", "PrintGCDateStamps", "PrintGCTimeStamps", "HeapDumpOnOutOfMemoryError",
            "IgnoreUnrecognizedVMOptions", "MaxMetaspaceSize", "MetaspaceSize", "HeapDumpPath", "MaxGCPauseMillis",
            "UseGCLogFileRotation", "NumberOfGCLogFiles", "GCLogFileSize", "ExitOnOutOfMemoryError", "UseCompressedOops"}


class Refused(Exception):
    pass


def size(option, text, what):
    found = re.fullmatch(r"(\d+)([kKmMgGtT]?)", text)
    if not found:
        raise Refused("Invalid %s: %s" % (what, option))
    return int(found.group(1)) << {"": 0, "k": 10, "m": 20, "g": 30, "t": 40}[found.group(2).lower()]


def memory():
    with open("/proc/meminfo") as handle:
        return int(re.search(r"MemTotal:\s+(\d+)", handle.read()).group(1)) << 10


def classpath(text):
    """(jars, folders) as the launcher expands them: DIR/* means the jars in DIR."""
    jars, folders = [], []
    for entry in text.split(":"):
        if entry.endswith("/*") or entry == "*":
            jars += glob.glob(entry[:-1] + "*.jar")
        elif entry.endswith(".jar"):
            jars += [entry] if os.path.isfile(entry) else []
        elif entry and os.path.isdir(entry):
            folders.append(entry)
    return jars, folders


def parse(argv):
    options = {"properties": {}, "classpath": os.environ.get("CLASSPATH", "."), "jar": None, "main": None, "rest": []}
    ignore = "-XX:+IgnoreUnrecognizedVMOptions" in argv
    start = limit = 0
    at = 0
    while at < len(argv):
        arg = argv[at]
        at += 1
        if arg in ("-cp", "-classpath"):
            options["classpath"] = argv[at] if at < len(argv) else ""
            at += 1
        elif arg == "-jar":
            options["jar"], options["rest"] = argv[at], argv[at + 1:]
            break
        elif arg.startswith("-D"):
            name, _, value = arg[2:].partition("=")
            options["properties"][name] = value
        elif arg.startswith("-Xmx"):
            limit = size(arg, arg[4:], "maximum heap size")
        elif arg.startswith("-Xms"):
            start = size(arg, arg[4:], "initial heap size")
        elif arg.startswith("-XX:"):
            if re.match(r"-XX:[+-]?(\w+)", arg).group(1) not in KNOWN_XX and not ignore:
                raise Refused("Unrecognized VM option '%s'" % arg[4:])
        elif arg in ("-version", "-server") or arg.startswith(("-Xloggc:", "-Xss", "-verbose", "-ea")):
            if arg == "-version":
                options["main"] = arg
                break
        elif arg.startswith("-"):
            if not ignore:
                raise Refused("Unrecognized option: %s" % arg)
        else:
            options["main"], options["rest"] = arg, argv[at:]
            break
    if start and limit and start > limit:
        raise Refused("Initial heap size set to a larger value than the maximum heap size")
    if max(start, 0) > memory():
        raise Refused("Could not reserve enough space for %dKB object heap" % (start >> 10))
    options["heap"] = limit
    return options


def main(argv):
    try:
        options = parse(argv)
    except Refused as refused:
        print("Error occurred during initialization of VM\n%s\nError: Could not create the Java Virtual Machine." % refused,
              file=sys.stderr)
        return 1
    if options["main"] == "-version":
        print('java version "%s"\nStand-in launcher for tests (not a JVM)' % VERSION, file=sys.stderr)
        return 0
    if options["jar"]:
        if not os.path.isfile(options["jar"]):
            print("Error: Unable to access jarfile %s" % options["jar"], file=sys.stderr)
            return 1
        return board.run(options)
    if options["main"] not in MAIN:
        print("Error: Could not find or load main class %s" % options["main"], file=sys.stderr)
        return 1
    jars, folders = classpath(options["classpath"])
    pattern, play = MAIN[options["main"]]
    import fnmatch
    if not any(fnmatch.fnmatch(os.path.basename(jar), pattern) for jar in jars):
        print("Error: Could not find or load main class %s" % options["main"], file=sys.stderr)
        return 1
    return play(options, folders)
