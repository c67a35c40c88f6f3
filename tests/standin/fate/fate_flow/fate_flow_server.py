# SPDX-License-Identifier: Apache-2.0
"""Stand-in for fate_flow 1.4.5: opens its ports only after an eggroll session exists, as the real one does."""
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import rpc
from arch.api import settings
from standin import NOTE, eggroll, h2, sql

TABLES = {
    "t_queue": "id int auto_increment primary key, f_event text, f_status varchar(25)",
    "t_job": "f_job_id varchar(25), f_role varchar(50), f_party_id varchar(10), f_status varchar(50), f_is_initiator int, "
             "f_run_ip varchar(100), f_runtime_conf longtext, f_create_time bigint, primary key (f_job_id, f_role, f_party_id)",
    "t_task": "f_job_id varchar(25), f_component_name varchar(100), f_task_id varchar(100), f_role varchar(50), f_party_id varchar(10), "
              "f_status varchar(50), f_run_ip varchar(100), primary key (f_job_id, f_component_name, f_role, f_party_id)",
    "t_data_view": "f_job_id varchar(25), f_role varchar(50), f_party_id varchar(10), f_table_name varchar(500)",
    "t_machine_learning_model_meta": "id bigint auto_increment primary key, f_job_id varchar(25), f_model_id varchar(100)",
}
LOGS = os.path.join(settings.BASE, "logs")
shares, changed = {}, threading.Condition()


def database():
    base = settings.base_conf()["database"]
    return sql.Connection(str(base["host"]), base["port"], str(base["user"]), str(base["passwd"]), str(base["name"]))


def query(text):
    base = database()
    try:
        return base.query(text)
    finally:
        base.close()


def folder(job, role="", party=""):
    path = os.path.join(LOGS, job, role, str(party))
    os.makedirs(path, exist_ok=True)
    return path


def ok(data=None, **more):
    return dict({"retcode": 0, "retmsg": "success", "data": data}, **more)


def version(body, *_):
    found = settings.version()
    return ok({body["module"]: found[body["module"]]} if body.get("module") else found)


def submit(body, *_):
    conf = body["job_runtime_conf"]
    job = time.strftime("%Y%m%d%H%M%S") + "%06d" % (time.time_ns() // 1000 % 1000000)
    initiator = conf["initiator"]
    parties = [(role, str(party)) for role, ids in conf["role"].items() for party in ids]
    for step in ("create", "run"):
        for role, party in parties:
            reply = rpc.federated(job, initiator["party_id"], party, "/v1/schedule/%s/%s/%s/%s" % (job, role, party, step),
                                  {"conf": conf, "initiator": initiator}, 20)
            if reply.get("retcode"):
                query("update t_job set f_status = 'failed' where f_job_id = %s" % sql.quote(job))
                with open(os.path.join(folder(job), "ERROR.log"), "a") as handle:
                    handle.write(reply["retmsg"] + "\n")
                return {"retcode": reply["retcode"], "retmsg": reply["retmsg"], "jobId": job}
    return ok({"board_url": "http://%(host)s:%(port)s/index.html#/dashboard" % settings.servers()["fateboard"]
               + "?job_id=%s&role=%s&party_id=%s" % (job, initiator["role"], initiator["party_id"]),
               "logs_directory": folder(job)}, jobId=job)


def create(body, job, role, party):
    first = body["initiator"]["role"] == role and str(body["initiator"]["party_id"]) == party
    query("replace into t_job values (%s, %s, %s, 'waiting', %d, %s, %s, %d)" % (
        sql.quote(job), sql.quote(role), sql.quote(party), first, sql.quote(settings.lan_ip()),
        sql.quote(json.dumps(body["conf"])), time.time() * 1000))
    return ok()


def run(body, job, role, party):
    query("update t_job set f_status = 'running' where f_job_id = %s and f_role = %s and f_party_id = %s"
          % (sql.quote(job), sql.quote(role), sql.quote(party)))
    query("replace into t_task values (%s, 'secure_add_example_0', %s, %s, %s, 'running', %s)" % (
        sql.quote(job), sql.quote(job + "_secure_add_example_0"), sql.quote(role), sql.quote(party), sql.quote(settings.lan_ip())))
    work = os.path.join(folder(job, role, party), "secure_add_example_0")
    os.makedirs(work, exist_ok=True)
    with open(os.path.join(work, "std.log"), "ab") as out:      # python3 through PATH, as the real one: the venv must come first
        subprocess.Popen(["python3", os.path.join(settings.BASE, "fate_flow", "task_executor.py"), job, role, party, settings.lan_ip(),
                          json.dumps(body["conf"])], stdout=out, stderr=out, start_new_session=True)
    return ok()


def status(body, job, role, party):
    for table in ("t_task", "t_job"):
        query("update %s set f_status = %s where f_job_id = %s and f_role = %s and f_party_id = %s" % (
            table, sql.quote(body["status"]), sql.quote(job), sql.quote(role), sql.quote(party)))
    return ok()


def share(body, job, role, party):
    with changed:
        shares[(job, role, party, body["tag"])] = body["value"]
        changed.notify_all()
    return ok()


def take(body, job, role, party):
    key, end = (job, role, party, body["tag"]), time.time() + 60
    with changed:
        while key not in shares and time.time() < end:
            changed.wait(1)
        return ok(shares.pop(key)) if key in shares else {"retcode": 100, "retmsg": "nothing arrived for %s" % (key,)}


def job_query(body, *_):
    where = " and ".join("f_%s = %s" % (key, sql.quote(body[key])) for key in ("job_id", "role", "party_id") if body.get(key))
    rows = query("select f_job_id, f_role, f_party_id, f_status, f_run_ip from t_job where %s" % (where or "1"))
    return ok([dict(zip(("f_job_id", "f_role", "f_party_id", "f_status", "f_run_ip"), row)) for row in rows])


def job_log(body, *_):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        archive.add(folder(body["job_id"]), arcname=".")
    return data.getvalue()


ROUTES = {"version/get": version, "job/submit": submit, "job/query": job_query, "job/log": job_log}
SCHEDULE = {"create": create, "run": run, "status": status, "share": share, "take": take}


def dispatch(path, body):
    parts = path.strip("/").split("/")
    if parts[:1] == ["v1"] and "/".join(parts[1:]) in ROUTES:
        return ROUTES["/".join(parts[1:])](body)
    if parts[:2] == ["v1", "schedule"] and len(parts) == 6 and parts[5] in SCHEDULE:
        return SCHEDULE[parts[5]](body, *parts[2:5])
    return None


class Http(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, code, body, kind="application/json"):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        known = self.path.strip("/").split("/", 1)[-1] in ROUTES
        self.reply(405 if known else 404, b'{"retcode": 100}')

    def do_POST(self):
        try:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
            answer = dispatch(self.path, body)
            if answer is None:
                return self.reply(404, b'{"retcode": 100, "retmsg": "404"}')
            if isinstance(answer, bytes):
                return self.reply(200, answer, "application/gzip")
            self.reply(200, json.dumps(answer).encode())
        except (sql.SqlError, OSError, KeyError, ValueError) as error:
            self.reply(200, json.dumps({"retcode": 100, "retmsg": "%s: %s" % (type(error).__name__, error)}).encode())

    def log_message(self, form, *args):
        log("INFO", form % args)


def unary(path, message):
    if path != h2.UNARY:
        raise h2.RpcError(12, "UNIMPLEMENTED")
    packet = h2.open_packet(message)
    answer = dispatch(packet["key"], json.loads(packet["value"] or b"{}"))
    if answer is None:
        answer = {"retcode": 100, "retmsg": "404 %s" % packet["key"]}
    return h2.packet("answer", packet["dst"], packet["src"], "POST", packet["key"], json.dumps(answer).encode())


def log(level, text):
    os.makedirs(os.path.join(LOGS, "fate_flow"), exist_ok=True)
    with open(os.path.join(LOGS, "fate_flow", "%s.log" % level), "a") as handle:
        handle.write("[%s] [%s] [%d] - standin: %s\n" % (level, time.strftime("%Y-%m-%d %H:%M:%S"), os.getpid(), text))


def open_session(name):
    """Retries every 0.1 s without a word, for as long as the cluster refuses."""
    while True:
        try:
            conf = settings.eggroll()
            return eggroll.ask(conf["eggroll.resourcemanager.clustermanager.host"], conf["eggroll.resourcemanager.clustermanager.port"],
                               "start_session", 200, session=name)
        except (OSError, KeyError, h2.H2Error, h2.RpcError):
            time.sleep(0.1)


def main():
    base = settings.base_conf()
    flow = settings.servers()["fateflow"]
    for key in ("host", "grpc.port", "http.port"):
        flow[key]
    while True:
        try:
            for name, columns in TABLES.items():
                query("create table if not exists %s (%s)" % (name, columns))
            break
        except sql.SqlError as error:
            print("peewee.OperationalError: (%s, %r)" % (error.code, error.text), file=sys.stderr, flush=True)
            return 1
        except OSError:
            time.sleep(0.1)
    delay = os.path.join(settings.BASE, "fate_flow", "START_DELAY")
    if os.path.exists(delay):
        with open(delay) as handle:
            time.sleep(float(handle.read()))
    name = "fate_flow_standin_%d_%d" % (os.getpid(), time.time())
    open_session(name)
    bind = str(base["fate_flow"]["host"])
    grpc = h2.listen(bind, flow["grpc.port"], unary)
    http = ThreadingHTTPServer((bind, int(base["fate_flow"]["http_port"])), Http)
    http.daemon_threads = True
    asked = []

    def on_term(*_):
        asked.append(1)                      # the first one only makes it try to stop its session
        log("INFO", "SIGTERM %d: stopping the eggroll session" % len(asked))
        if len(asked) > 1:
            os._exit(0)
    signal.signal(signal.SIGTERM, on_term)
    log("INFO", "fate_flow (%s): grpc %s, http %s" % (NOTE, flow["grpc.port"], base["fate_flow"]["http_port"]))
    print(" * Running on http://%s:%s/ (%s)" % (bind, base["fate_flow"]["http_port"], NOTE), file=sys.stderr, flush=True)
    http.serve_forever()
    grpc.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
