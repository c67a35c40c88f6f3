#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A long line for tests: relays TCP connections and holds every byte back for a while in each direction.

Order is kept and the rate is not limited; a new connection first waits the round trip that its handshake would take.

usage: relay.py DELAY_MS LISTEN_PORT=HOST:PORT…      prints one line per relay, runs until it is stopped
"""
import asyncio
import sys

CHUNK = 1 << 16
IN_FLIGHT = 1 << 26    # bytes that one direction may hold back before its sender has to wait


class Direction:
    """One way of one connection: chunks wait in a queue, each until its own time has come."""

    def __init__(self, source, target, delay):
        self.source, self.target, self.delay = source, target, delay
        self.queue = asyncio.Queue(maxsize=IN_FLIGHT // CHUNK)

    async def fill(self):
        now = asyncio.get_running_loop().time
        while True:
            try:
                data = await self.source.read(CHUNK)
            except OSError:
                data = b""
            await self.queue.put((now() + self.delay, data))
            if not data:
                return

    async def drain(self):
        now = asyncio.get_running_loop().time
        while True:
            due, data = await self.queue.get()
            wait = due - now()
            if wait > 0:
                await asyncio.sleep(wait)
            if not data:
                if self.target.can_write_eof():
                    self.target.write_eof()
                return
            self.target.write(data)
            await self.target.drain()


async def relay(reader, writer, host, port, delay):
    other_writer = None
    try:
        await asyncio.sleep(2 * delay)
        other_reader, other_writer = await asyncio.open_connection(host, port)
        there, back = Direction(reader, other_writer, delay), Direction(other_reader, writer, delay)
        await asyncio.gather(there.fill(), there.drain(), back.fill(), back.drain())
    except OSError:
        pass    # one end has gone; both connections close below
    finally:
        for end in (writer, other_writer):
            if end is not None:
                end.close()


async def main():
    delay = float(sys.argv[1]) / 1000
    servers = []
    for route in sys.argv[2:]:
        listen, _, target = route.partition("=")
        host, _, port = target.rpartition(":")
        servers.append(await asyncio.start_server(
            lambda reader, writer, host=host, port=int(port): relay(reader, writer, host, port, delay), "0.0.0.0", int(listen)))
        print(f"relay: port {listen} -> {target}, {sys.argv[1]} ms each way", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
