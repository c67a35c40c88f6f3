# SPDX-License-Identifier: Apache-2.0
"""Stand-in for the process that runs one component of one party: the secure addition of the toy example."""
import json
import os
import random
import sys
import threading
import time

import rpc
from arch.api import settings
from standin import eggroll, h2

JOB, ROLE, PARTY, FLOW_IP = sys.argv[1:5]
CONF = json.loads(sys.argv[5])
NAME = "secure_add_%s.py" % ROLE
FOLDER = os.path.join(settings.BASE, "logs", JOB, ROLE, PARTY, "secure_add_example_0")


def log(level, line, text):
    stamp = time.strftime("%Y-%m-%d %H:%M:%S") + ",%03d" % (time.time() * 1000 % 1000)
    row = "[%s] [%s] [%d:%d] - %s[line:%d]: %s\n" % (level, stamp, os.getpid(), threading.get_ident(), NAME, line, text)
    for name in (level, "DEBUG"):
        with open(os.path.join(FOLDER, name + ".log"), "a") as handle:
            handle.write(row)


def report(state):
    """To the own fate_flow, at the address that fate_flow believes is its own."""
    reply = rpc.local("/v1/schedule/%s/%s/%s/status" % (JOB, ROLE, PARTY), {"status": state}, FLOW_IP)
    if reply.get("retcode"):
        raise RuntimeError(reply["retmsg"])
    first = CONF["initiator"]
    if (first["role"], str(first["party_id"])) != (ROLE, PARTY):
        rpc.federated(JOB, PARTY, first["party_id"], "/v1/schedule/%s/%s/%s/status" % (JOB, ROLE, PARTY), {"status": state})


def send(role, party, tag, value):
    reply = rpc.federated(JOB, PARTY, party, "/v1/schedule/%s/%s/%s/share" % (JOB, role, party), {"tag": tag, "value": value})
    if reply.get("retcode"):
        raise RuntimeError(reply["retmsg"])


def receive(tag):
    reply = rpc.local("/v1/schedule/%s/%s/%s/take" % (JOB, ROLE, PARTY), {"tag": tag}, FLOW_IP, 90)
    if reply.get("retcode"):
        raise RuntimeError(reply["retmsg"])
    return reply["data"]


def add(eggs, *columns):
    """The sum over all columns, each egg adding its share of the rows."""
    total, ends = 0.0, sorted(eggs.values())
    for number, end in enumerate(ends):
        host, port = end.rsplit(":", 1)
        rows = [column[number::len(ends)] for column in columns]
        total += json.loads(h2.call(host, port, "/standin/sum", json.dumps(rows).encode()))
    return total


def main():
    conf = settings.eggroll()
    manager = (conf["eggroll.resourcemanager.clustermanager.host"], conf["eggroll.resourcemanager.clustermanager.port"])
    session = "%s_secure_add_example_0_%s_%s" % (JOB, ROLE, PARTY)
    eggs = eggroll.ask(*manager, "start_session", 200, session=session)
    try:
        other = "host" if ROLE == "guest" else "guest"
        peer = str(CONF["role"][other][0])
        seed = CONF["role_parameters"][ROLE]["secure_add_example_0"]["seed"][0]
        count = CONF["role_parameters"][ROLE]["secure_add_example_0"]["data_num"][0]
        log("INFO", 94, "begin to make %s data" % ROLE)
        data = [1.0] * count
        log("INFO", 98, "split data into two random parts")
        draw = random.Random(seed)
        mine = [draw.randrange(-1 << 20, 1 << 20) / 1024 for _ in data]      # dyadic: the sum stays exact
        theirs = [value - part for value, part in zip(data, mine)]
        log("INFO", 101, "share one random part data to %s" % other)
        send(other, peer, "share", theirs)
        log("INFO", 106, "get share of one random part data from %s" % other)
        got = receive("share")
        log("INFO", 109, "begin to get sum of guest and host")
        total = add(eggs, mine, got)
        if ROLE == "host":
            send(other, peer, "host_sum", total)
        else:
            log("INFO", 112, "receive host sum from guest")
            total += receive("host_sum")
            assert abs(total - 2 * count) < 1e-6
            log("INFO", 126, "success to calculate secure_sum, it is %s" % total)
        report("success")
    finally:
        eggroll.ask(*manager, "stop_session", 30, session=session)


if __name__ == "__main__":
    try:
        main()
    except Exception as error:
        os.makedirs(FOLDER, exist_ok=True)
        log("ERROR", 1, "%s: %s" % (type(error).__name__, error))
        report("failed")
        raise
