# SPDX-License-Identifier: Apache-2.0
"""Stand-ins for clustermanager, nodemanager, rollsite and the session master of eggroll 2.0.2."""
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time

from . import NOTE, conf, h2, sql

COMMAND = "/com.webank.eggroll.core.command.CommandService/call"


class Log:
    """Where log4j writes: EGGROLL_HOME/logs/eggroll/NAME.jvm.log and .jvm.err.log."""

    def __init__(self, name):
        name = os.environ.get("EGGROLL_LOG_FILE", name)
        folder = os.path.join(os.environ.get("EGGROLL_HOME", "."), "logs", "eggroll")
        os.makedirs(folder, exist_ok=True)
        self.paths = [os.path.join(folder, "%s.jvm%s.log" % (name, kind)) for kind in ("", ".err")]
        self.say("INFO", "%s starts (%s), pid %d" % (name, NOTE, os.getpid()))

    def say(self, level, text):
        line = "[%s][%s][standin] %s\n" % (level, time.strftime("%Y-%m-%dT%H:%M:%S"), text)
        for path in self.paths if level == "ERROR" else self.paths[:1]:
            with open(path, "a") as handle:
                handle.write(line)


def die(log, text):
    log.say("ERROR", text)
    print("Exception in thread \"main\" " + text, file=sys.stderr, flush=True)
    return 1


def need(settings, keys):
    for key in keys:
        if not settings.get(key):
            raise KeyError("java.lang.IllegalArgumentException: requirement failed: key %s is not set" % key)


def arguments(rest):
    return {rest[i].lstrip("-"): rest[i + 1] for i in range(0, len(rest) - 1, 2)}


def settle(log, lines):
    print("\n".join(lines), flush=True)
    log.say("INFO", lines[-1])
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())
    signal.signal(signal.SIGINT, lambda *_: done.set())
    done.wait()


def bootstrap(options, folders):
    args = arguments(options["rest"])
    name = {"com.webank.eggroll.core.resourcemanager.ClusterManagerBootstrap": "clustermanager",
            "com.webank.eggroll.core.resourcemanager.NodeManagerBootstrap": "nodemanager"}.get(args.get("bootstraps"))
    if not name:
        print("java.lang.ClassNotFoundException: %s" % args.get("bootstraps"), file=sys.stderr)
        return 1
    log = Log(name)
    log4j = options["properties"].get("log4j.configurationFile", "")
    if not os.path.isfile(log4j):
        print("ERROR StatusLogger: no log4j2 configuration at %r" % log4j, file=sys.stderr)
    try:
        settings = conf.properties(args["c"])
        port = int(args["p"])
    except (KeyError, ValueError, OSError) as error:
        return die(log, "java.lang.IllegalArgumentException: %s" % error)
    service = ClusterManager(settings, log) if name == "clustermanager" else NodeManager(settings, log, args["c"])
    try:
        need(settings, service.KEYS)
        server = h2.listen("0.0.0.0", port, service.answer)
    except KeyError as error:
        return die(log, error.args[0])
    except OSError as error:
        return die(log, "java.io.IOException: Failed to bind to address 0.0.0.0/0.0.0.0:%d: %s" % (port, error.strerror))
    settle(log, ["%s (%s)" % (name, NOTE), "server started at%s %d" % (" port" if name == "clustermanager" else "", port)])
    service.stop()
    server.close()
    return 0


def ask(host, port, what, timeout=60, **args):
    return json.loads(h2.call(host, port, COMMAND, json.dumps(dict(args, command=what)).encode(), timeout) or b"null")


class Commands:
    KEYS = ("eggroll.resourcemanager.clustermanager.host", "eggroll.resourcemanager.clustermanager.port",
            "eggroll.resourcemanager.nodemanager.port")

    def __init__(self, settings, log):
        self.settings, self.log, self.lock = settings, log, threading.Lock()

    def answer(self, path, body):
        if path != COMMAND:
            raise h2.RpcError(12, "UNIMPLEMENTED: Method not found: %s" % path.strip("/"))
        args = json.loads(body)
        reply = getattr(self, "do_" + args.pop("command"))(**args)
        return json.dumps(reply).encode()

    def stop(self):
        pass


class ClusterManager(Commands):
    """Knows the nodes from server_node; a session is up when every process on every HEALTHY node has reported."""

    def __init__(self, settings, log):
        super().__init__(settings, log)
        self.sessions = {}

    def database(self):
        key = "eggroll.resourcemanager.clustermanager.jdbc."
        return sql.jdbc(self.settings.get(key + "driver.class.name", ""), self.settings.get(key + "url", ""),
                        self.settings.get(key + "username", ""), self.settings.get(key + "password", ""))

    def do_heartbeat(self, session, processor, endpoint):
        with self.lock:
            self.sessions.setdefault(session, {})[processor] = endpoint
        return True

    def do_start_session(self, session):
        try:
            base = self.database()
            rows = base.query("select server_node_id, host, port, node_type from server_node where status = 'HEALTHY' order by server_node_id")
        except (sql.SqlError, OSError) as error:
            self.log.say("ERROR", "session %s: database: %s" % (session, error))
            raise h2.RpcError(13, "database: %s" % error)
        if not [row for row in rows if row[3] == "CLUSTER_MANAGER"]:
            raise h2.RpcError(13, "no CLUSTER_MANAGER row in server_node")
        nodes = [row for row in rows if row[3] == "NODE_MANAGER"]
        if not nodes:
            raise h2.RpcError(13, "no HEALTHY NODE_MANAGER in server_node")
        # the trap of the real one: every node is dialled at nodemanager.port, whatever its row says
        port = self.settings["eggroll.resourcemanager.nodemanager.port"]
        count = int(self.settings.get("eggroll.session.processors.per.node") or 1)
        with self.lock:
            self.sessions[session] = {}
        want, where = [], {}
        for number, (node, host, _, _) in enumerate(nodes):
            names = ["egg-%s-%d" % (node, i) for i in range(count)]
            if number == 0:
                names.append("roll_pair_master-%s" % node)
            try:
                ask(host, port, "start_processors", session=session, node=node, names=names)
            except (OSError, h2.H2Error, h2.RpcError) as error:
                self.log.say("ERROR", "node %s (%s:%s): %s" % (node, host, port, error))
                self.do_stop_session(session)
                raise h2.RpcError(14, "UNAVAILABLE: io exception: %s:%s: %s" % (host, port, error))
            for name in names:
                want.append(name)
                where[name] = host
        end = time.time() + int(self.settings.get("eggroll.session.start.timeout.ms") or 20000) / 1000.0
        while time.time() < end and set(want) - set(self.sessions[session]):
            time.sleep(0.05)
        missing = sorted(set(want) - set(self.sessions[session]))
        if missing:
            counts = {host: sum(1 for name in want if where[name] == host and name not in missing) for host in set(where.values())}
            text = "unable to start all processors for session id: '%s'. Please check corresponding bootstrap logs at logs/%s " \
                   "to check the reasons. Details: total processors: %d, started count: %s, not started: %s" \
                   % (session, session, len(want), counts, missing)
            self.log.say("ERROR", text)
            self.do_stop_session(session)
            raise h2.RpcError(13, text)
        base.query("replace into session_main (session_id, name, status, tag, total_proc_count, active_proc_count) "
                   "values (%s, 'standin', 'ACTIVE', '', %d, %d)" % (sql.quote(session), len(want), len(want)))
        base.close()
        return {name: self.sessions[session][name] for name in want if name.startswith("egg-")}

    def do_stop_session(self, session):
        try:
            base = self.database()
            for (host,) in base.query("select host from server_node where status = 'HEALTHY' and node_type = 'NODE_MANAGER'"):
                try:
                    ask(host, self.settings["eggroll.resourcemanager.nodemanager.port"], "stop_processors", 10, session=session)
                except (OSError, h2.H2Error, h2.RpcError) as error:
                    self.log.say("ERROR", "stop of session %s on %s: %s" % (session, host, error))
            base.query("update session_main set status = 'CLOSED' where session_id = %s" % sql.quote(session))
            base.close()
        except (sql.SqlError, OSError) as error:
            self.log.say("ERROR", "stop of session %s: %s" % (session, error))
        with self.lock:
            self.sessions.pop(session, None)
        return True

    def do_alive(self, session):
        return session in self.sessions

    def stop(self):
        for session in list(self.sessions):
            self.do_stop_session(session)


class NodeManager(Commands):
    def __init__(self, settings, log, path):
        super().__init__(settings, log)
        self.path, self.children = path, {}

    def do_start_processors(self, session, node, names):
        home = os.environ.get("EGGROLL_HOME", os.getcwd())
        script = os.path.join(home, self.settings.get("eggroll.bootstrap.root.script") or "bin/eggroll_boot.sh")
        folder = os.path.join(self.settings.get("eggroll.logs.dir") or "logs", session)
        folder = folder if folder.startswith("/") else os.path.join(home, folder)
        os.makedirs(folder, exist_ok=True)
        for name in names:
            kind = "roll_pair_master" if name.startswith("roll_pair_master") else "egg_pair"
            path = self.settings.get("eggroll.resourcemanager.bootstrap.%s.exepath" % kind, "")
            log = os.path.join(folder, "bootstrap-%s-%s" % (kind, name))
            with open(log + ".out", "ab") as out, open(log + ".err", "ab") as err:
                child = subprocess.Popen(["bash", script, "start", "%s --config %s --session-id %s --server-node-id %s --processor-id %s"
                                          % (path, self.path, session, node, name), name],
                                         cwd=home, stdout=out, stderr=err, start_new_session=True)
            with self.lock:
                self.children.setdefault(session, []).append(child)
        return True

    def do_stop_processors(self, session):
        with self.lock:
            children = self.children.pop(session, [])
        for child in children:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()
        return len(children)

    def stop(self):
        for session in list(self.children):
            self.do_stop_processors(session)


def roll_pair_master(options, folders):
    args = arguments(options["rest"])
    log = Log("roll_pair_master-%s" % args.get("processor-id"))
    settings = conf.properties(args["config"])
    if not any(os.path.isfile(os.path.join(folder, "eggroll.properties")) for folder in folders):
        return die(log, "java.lang.IllegalStateException: conf/ is not on the classpath")
    ask(settings["eggroll.resourcemanager.clustermanager.host"], settings["eggroll.resourcemanager.clustermanager.port"],
        "heartbeat", session=args["session-id"], processor=args["processor-id"], endpoint="")
    settle(log, ["roll_pair_master (%s)" % NOTE])
    return 0


class Rollsite:
    def __init__(self, settings, log):
        self.settings, self.log = settings, log
        home = os.environ.get("EGGROLL_HOME", os.getcwd())
        path = settings["eggroll.rollsite.route.table.path"].replace("../", "")
        self.path = path if path.startswith("/") else os.path.join(home, path)
        self.table = {}
        self.client_tls = None

    def load(self):
        with open(self.path) as handle:
            data = json.load(handle)
        table, permission = data["route_table"], data.get("permission")
        if permission is None:
            raise KeyError("java.lang.NullPointerException: permission")
        if not isinstance(permission.get("default_allow"), bool):
            raise KeyError("java.lang.NullPointerException: permission.default_allow")
        for party, roles in table.items():
            for role, hops in roles.items():
                for hop in hops:
                    if not isinstance(hop.get("port"), int):
                        raise KeyError("java.lang.ClassCastException: port of route %s/%s is not a number" % (party, role))
                    if not (hop.get("ip") or hop.get("hostname")):
                        raise KeyError("java.lang.NullPointerException: ip of route %s/%s" % (party, role))
        self.table, self.allowed = table, permission["default_allow"]

    def reload(self):
        while True:
            time.sleep(60)
            try:
                self.load()
            except (KeyError, ValueError, OSError) as error:
                self.log.say("ERROR", "refreshing route table: %s" % error)

    def hop(self, party, role):
        roles = self.table.get(str(party)) or self.table.get("default") or {}
        hops = roles.get(role) or roles.get("default")
        return hops[0] if hops else None

    def answer(self, path, body):
        if path != h2.UNARY:
            raise h2.RpcError(12, "UNIMPLEMENTED: Method not found: %s" % path.strip("/"))
        packet = h2.open_packet(body)
        party, role = packet["dst"]
        if not self.allowed:
            raise h2.RpcError(7, "PERMISSION_DENIED: from %s to %s" % (packet["src"], packet["dst"]))
        own = party == str(self.settings["eggroll.rollsite.party.id"])
        hop = self.hop(party, role if own else "default")
        here = hop and hop["port"] == int(self.settings["eggroll.rollsite.port"]) \
            and (hop.get("ip") or hop.get("hostname")) == self.settings["eggroll.rollsite.host"]
        if not hop or here:
            self.log.say("ERROR", "no route to party %s role %s" % (party, role))
            time.sleep(min(packet["timeout"] / 1000.0, 5))
            raise h2.RpcError(13, "INTERNAL: [UNARYCALL][SERVER] unary call server error: overall process time exceeds timeout")
        host, port = hop.get("ip") or hop.get("hostname"), hop["port"]
        secure = str(hop.get("is_secure", "")).lower() in ("true", "1")
        if secure and not self.client_tls:
            raise h2.RpcError(14, "UNAVAILABLE: no client certificate for the secure route to %s:%s" % (host, port))
        try:
            return h2.call(host, port, path, body, max(1, packet["timeout"] / 1000.0), self.client_tls if secure else None)
        except (OSError, h2.H2Error, ssl.SSLError) as error:
            self.log.say("ERROR", "to %s:%s for party %s: %s" % (host, port, party, error))
            raise h2.RpcError(14, "UNAVAILABLE: io exception: %s:%s: %s" % (host, port, error))


def tls(settings, side):
    """The context of one side, by the precedence of 2.0.2: ca.crt.path wins over server.ca and client.ca on both sides."""
    base = "eggroll.core.security."
    ca = settings.get(base + "ca.crt.path") or settings.get(base + side + ".ca.crt.path")
    crt, key = (settings.get(base + side + "." + kind + ".path") or (settings.get(base + kind + ".path") if side == "server" else "")
                for kind in ("crt", "key"))
    if not (crt and key):
        return None
    with open(key) as handle:
        text = handle.read()
    if "-----BEGIN PRIVATE KEY-----" not in text:
        raise ValueError("java.lang.IllegalArgumentException: File does not contain valid private key: %s" % key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if side == "server" else ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(crt, key)
    if ca:
        context.load_verify_locations(ca)
    context.set_alpn_protocols(["h2"])
    if side == "server":
        optional = settings.get("eggroll.rollsite.lan.insecure.channel.enabled", "false").lower() == "true"
        context.verify_mode = ssl.CERT_OPTIONAL if optional else ssl.CERT_REQUIRED
    return context


def rollsite(options, folders):
    args, log = arguments(options["rest"]), Log("rollsite")
    if not any(os.path.isfile(os.path.join(folder, "applicationContext-proxy.xml")) for folder in folders):
        return die(log, "org.springframework.beans.factory.BeanDefinitionStoreException: class path resource "
                        "[applicationContext-proxy.xml] cannot be opened because it does not exist")
    try:
        settings = conf.properties(args["c"])
        need(settings, ("eggroll.rollsite.coordinator", "eggroll.rollsite.port", "eggroll.rollsite.party.id",
                        "eggroll.rollsite.route.table.path"))
        site = Rollsite(settings, log)
        site.load()
        port = int(settings["eggroll.rollsite.port"])
        context = tls(settings, "server")
        site.client_tls = tls(settings, "client")
        h2.listen("0.0.0.0", port, site.answer)
        if context:
            h2.listen("0.0.0.0", settings.get("eggroll.rollsite.secure.port") or 9380, site.answer, context)
    except KeyError as error:
        return die(log, str(error.args[0]))
    except OSError as error:
        return die(log, "java.io.IOException: %s" % error)
    except (ValueError, ssl.SSLError) as error:
        return die(log, str(error))
    threading.Thread(target=site.reload, daemon=True).start()
    settle(log, ["rollsite (%s)" % NOTE, "Server started listening on port: %d" % port])
    return 0
