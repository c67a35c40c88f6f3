# SPDX-License-Identifier: Apache-2.0
"""Stand-in: where FATE 1.4.5 keeps its configuration, and how it finds its own address."""
import fcntl
import json
import os
import socket
import struct

import fate_requirements  # the virtual environment's packages: absent outside of it  # noqa: F401
from standin import conf

BASE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def servers():
    with open(os.path.join(BASE, "arch", "conf", "server_conf.json")) as handle:
        return json.load(handle)["servers"]


def base_conf():
    return conf.yaml(os.path.join(BASE, "arch", "conf", "base_conf.yaml"))


def version():
    with open(os.path.join(BASE, "fate.env")) as handle:
        return dict(line.strip().split("=", 1) for line in handle if "=" in line)


def eggroll():
    return conf.properties(os.path.join(os.environ["EGGROLL_HOME"], "conf", "eggroll.properties"))


def lan_ip():
    try:
        address = socket.gethostbyname(socket.getfqdn(socket.gethostname()))
    except OSError:
        address = "127.0.0.1"
    if not address.startswith("127."):
        return address
    for name in ["bond1"] + ["eth%d" % i for i in range(6)]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            try:
                return socket.inet_ntoa(fcntl.ioctl(sock.fileno(), 0x8915, struct.pack("256s", name.encode()))[20:24])
            except OSError:
                pass
    return address


def flow_host():
    """localhost is replaced by what the host believes its address to be, which is then often nobody's."""
    host = servers()["fateflow"]["host"]
    return "127.0.0.1" if host in ("127.0.0.1", "localhost") else host
