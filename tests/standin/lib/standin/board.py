# SPDX-License-Identifier: Apache-2.0
"""Stand-in for fateboard: the page, and the two queries that touch the database."""
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import NOTE, conf, sql


def run(options):
    path = options["properties"].get("spring.config.location", "")
    if not os.path.isfile(path):
        print("java.lang.IllegalStateException: config location %r does not exist" % path, file=sys.stderr)
        return 1
    settings = conf.properties(path)
    missing = [key for key in ("server.port", "fateflow.url", "spring.datasource.driver-Class-Name", "fateboard.datasource.jdbc-url",
                               "fateboard.datasource.username", "fateboard.datasource.password") if not settings.get(key)]
    if missing:
        print("Application run failed: could not resolve placeholder '%s'" % missing[0], file=sys.stderr)
        return 1

    def database():
        return sql.jdbc(settings["spring.datasource.driver-Class-Name"], settings["fateboard.datasource.jdbc-url"],
                        settings["fateboard.datasource.username"], settings["fateboard.datasource.password"])
    try:
        database().close()
    except (sql.SqlError, OSError) as error:
        print("Application run failed: Error creating bean with name 'dataSource': %s" % error, file=sys.stderr)
        return 1

    class Page(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self, code, kind, text):
            body = text.encode()
            self.send_response(code)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            if self.path in ("/", "/index.html"):
                return self.reply(200, "text/html", "<!DOCTYPE html><html><head><title>FATE Board</title></head><body>FATE Board: %s</body></html>\n" % NOTE)
            if self.path != "/job/query/totalrecord":
                return self.reply(404, "text/plain", "not found\n")
            try:
                base = database()
                count = int(base.query("select count(*) from t_job where f_is_initiator = 1")[0][0])
                base.close()
                return self.reply(200, "application/json", json.dumps({"code": 0, "data": count, "msg": "success"}))
            except (sql.SqlError, OSError) as error:
                return self.reply(500, "application/json", json.dumps({"code": 100, "msg": str(error)}))

        def log_message(self, form, *args):
            print("%s %s" % (time.strftime("%H:%M:%S"), form % args), flush=True)

    try:
        server = ThreadingHTTPServer(("0.0.0.0", int(settings["server.port"])), Page)
    except OSError as error:
        print("Web server failed to start. Port %s was already in use (%s)." % (settings["server.port"], error), file=sys.stderr)
        return 1
    print("fateboard (%s): Tomcat started on port(s): %s" % (NOTE, settings["server.port"]), flush=True)
    server.serve_forever()
    return 0
