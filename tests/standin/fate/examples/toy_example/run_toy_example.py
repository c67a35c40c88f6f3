# SPDX-License-Identifier: Apache-2.0
"""Stand-in for FATE's toy example: same arguments, same lines, exit code 0 even when the job fails."""
import argparse
import io
import json
import os
import sys
import tarfile
import time
import urllib.request

from arch.api import settings

sys.path.insert(0, os.path.join(settings.BASE, "fate_flow"))
import rpc  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser()
    for name in ("guest_party_id", "host_party_id", "work_mode"):
        parser.add_argument(name, type=int)
    args = parser.parse_args()
    guest, host = args.guest_party_id, args.host_party_id
    part = {"secure_add_example_0": {"partition": [48], "data_num": [1000]}}
    conf = {"initiator": {"role": "guest", "party_id": guest}, "job_parameters": {"work_mode": args.work_mode},
            "role": {"guest": [guest], "host": [host]},
            "role_parameters": {role: {"secure_add_example_0": dict(part["secure_add_example_0"], seed=[seed])}
                                for role, seed in (("guest", 123), ("host", 321))}}
    os.makedirs(os.path.join(HERE, "test", "log"), exist_ok=True)
    with open(os.path.join(HERE, "test", "toy_example_conf.json_%d_%d" % (time.time(), os.getpid())), "w") as handle:
        json.dump(conf, handle)
    reply = rpc.local("/v1/job/submit", {"job_dsl": {"components": {"secure_add_example_0": {"module": "SecureAddExample"}}},
                                         "job_runtime_conf": conf}, timeout=120)
    print("stdout:%s" % json.dumps(reply, indent=4), flush=True)
    if reply.get("retcode"):
        raise ValueError("failed to exec task, status:%s, stderr is None stdout:%s" % (reply["retcode"], reply))
    job = reply["jobId"]
    for _ in range(100):
        time.sleep(1)
        found = rpc.local("/v1/job/query", {"job_id": job, "role": "guest", "party_id": guest})
        state = found["data"][0]["f_status"] if found.get("data") else "unknown"
        if state not in ("success", "failed"):
            print("job status is %s" % state, flush=True)
            continue
        flow = settings.servers()["fateflow"]
        request = urllib.request.Request("http://%s:%s/v1/job/log" % (flow["host"], flow["http.port"]),
                                         json.dumps({"job_id": job}).encode())
        folder = os.path.join(HERE, "test", "log", "job_%s_log" % job)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as log:
            with tarfile.open(fileobj=io.BytesIO(log.read())) as archive:
                archive.extractall(folder)
        name = "INFO.log" if state == "success" else "ERROR.log"
        print("job status is %s" % state)
        with open(os.path.join(folder, "guest", str(guest), "secure_add_example_0", name)) as handle:
            print("".join(line for line in handle if "secure_add_guest.py" in line), end="")
        return
    raise ValueError("job running time exceed, please check federation or eggroll log")


if __name__ == "__main__":
    try:
        main()
    except ValueError:
        import traceback
        traceback.print_exc()
    sys.exit(0)
