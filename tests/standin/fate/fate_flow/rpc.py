# SPDX-License-Identifier: Apache-2.0
"""Stand-in: calls between parties (through the own rollsite) and to the own fate_flow."""
import json
import urllib.error
import urllib.request

from arch.api import settings
from standin import h2


def federated(job, source, target, path, body, timeout=60):
    """source and target are party ids; the answer is the other fate_flow's JSON."""
    proxy = settings.servers()["proxy"]
    data = h2.packet(job, (source, "fateflow"), (target, "fateflow"), "POST", path, json.dumps(body).encode(), int(timeout * 1000))
    try:
        reply = h2.open_packet(h2.call(proxy["host"], proxy["port"], h2.UNARY, data, timeout + 10))
        return json.loads(reply["value"])
    except (OSError, h2.H2Error, h2.RpcError, ValueError) as error:
        return {"retcode": 104, "retmsg": "Please check if the fate flow server of the other party is started. "
                                          "rpc request error: %s" % error}


def local(path, body, host=None, timeout=60):
    flow = settings.servers()["fateflow"]
    request = urllib.request.Request("http://%s:%s%s" % (host or settings.flow_host(), flow["http.port"], path),
                                     json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=timeout) as reply:
            return json.loads(reply.read())
    except urllib.error.HTTPError as error:
        return {"retcode": 100, "retmsg": "%s" % error}
    except OSError as error:
        if "refused" in str(error) or settings.servers()["fateflow"]["host"] in ("127.0.0.1", "localhost"):
            return {"retcode": 100, "retmsg": "Connection refused, Please check if the fate flow service is started"}
        return {"retcode": 100, "retmsg": str(error)}
