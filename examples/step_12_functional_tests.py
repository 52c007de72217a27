"""
Step 12: functional tests, with real servers and real programs.

Nobody chooses a port, and nothing is left: a server ends with the test, its handlers with it, and
what they raise fails the test. A program is ready when it says so; what it printed is shown
when its test fails, as the last one is meant to.

"""

import re
import socket
import sys
import unittest

from asynctesting import AsyncTestCase
from asynctesting.functional import Subprocess, connect, serve
from examples.herd import serve_purrs


async def stroke(reader, writer):
    """Stroke the cat at the other end; returns what it says."""
    writer.write(b"stroke\n")
    return await reader.readline()


class ServerTests(AsyncTestCase):
    async def test_stroke(self):
        """A handler is served for the length of the test."""
        server = await self.enterAsyncContext(serve(serve_purrs))
        async with server.connect() as (reader, writer):
            self.assertEqual(b"purr\n", await stroke(reader, writer))

    def test_synchronous_client(self):
        """A synchronous client has a server, too: in another thread."""
        server = self.enterContext(self.loop_runner().hold(serve(serve_purrs)))
        with socket.create_connection(server.address) as client:
            client.sendall(b"pull\n")
            self.assertEqual(b"hiss\n", client.recv(5))


class ProgramTests(AsyncTestCase):
    async def asyncSetUp(self):
        self.program = await self.enterAsyncContext(
            Subprocess(
                *[sys.executable, "-m", "http.server", "0", "--bind", "127.0.0.1"],
                ready=re.compile(r"port (\d+)"),
                within=30,
            )
        )
        self.address = "127.0.0.1", int(self.program.match[1])

    async def test_answers(self):
        """A program that nobody here has written answers."""
        async with connect(self.address) as (reader, writer):
            writer.write(b"HEAD / HTTP/1.0\r\n\r\n")
            self.assertIn(b"200 OK", await reader.readline())

    async def test_purrs(self):
        """It is no cat, though, and its output shows what it was asked: meant to fail."""
        async with connect(self.address) as (reader, writer):
            answer = await stroke(reader, writer)
            await self.program.wait_for_line("stroke")
            self.assertEqual(b"purr\n", answer)


if __name__ == "__main__":
    unittest.main()
