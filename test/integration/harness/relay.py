"""Ports of the machine's loopback, seen in a network namespace of a test's own."""
import asyncio
import socket
import threading


class Relay:
    """Made in the machine's network, `listen`ed in another: what connects there is led to the same port here.

    A socket belongs to the namespace of the thread that makes it, so the connections on are made by a
    thread that was started before the test entered its own.
    """

    def __init__(self):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers = []

    def listen(self, ports):
        for port in ports:
            listener = socket.create_server(('127.0.0.1', port))
            serving = asyncio.start_server(lambda reader, writer, port=port: self._serve(reader, writer, port),
                                           sock=listener)
            self._servers.append(self._run(serving))

    def close(self):
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _end(self):
        for server in self._servers:
            server.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _serve(self, reader, writer, port):
        try:
            there = await asyncio.open_connection('127.0.0.1', port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))


async def _copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
