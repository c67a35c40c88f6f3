# SPDX-License-Identifier: Apache-2.0
"""Stand-in for one worker process of a session: reports to the clustermanager, then adds numbers when asked."""
import argparse
import configparser
import json
import math
import os
import socket
import time

import fate_requirements  # the virtual environment FATE's functions need  # noqa: F401
import federatedml        # pythonpath wrong: FATE's functions cannot be unpickled  # noqa: F401
from standin import eggroll, h2

parser = argparse.ArgumentParser()
for name in ("config", "session-id", "server-node-id", "processor-id"):
    parser.add_argument("--" + name, required=True)
args = parser.parse_args()
conf = configparser.ConfigParser()
conf.read(args.config)                       # refuses a file without its [eggroll] line
conf = conf["eggroll"]
manager = conf["eggroll.resourcemanager.clustermanager.host"], conf["eggroll.resourcemanager.clustermanager.port"]


def answer(path, body):
    return json.dumps(math.fsum(math.fsum(column) for column in json.loads(body))).encode()


with socket.create_connection((manager[0], int(manager[1])), timeout=10) as route:
    address = route.getsockname()[0]
server = h2.listen("0.0.0.0", 0, answer)
eggroll.ask(*manager, "heartbeat", session=args.session_id, processor=args.processor_id,
            endpoint="%s:%d" % (address, server.getsockname()[1]))
while True:                                  # ends with its session, or when nobody knows the session any more
    time.sleep(30)
    try:
        if not eggroll.ask(*manager, "alive", session=args.session_id):
            os._exit(0)
    except (OSError, h2.H2Error, h2.RpcError):
        os._exit(1)
