"""
Step 8: one test, lived once on each event loop.

Each life is a whole one, from set-up to the last cleanup, and a subtest of the one test. A loop
that is not installed, as uvloop may be, is skipped with its reason.

"""

import asyncio
import unittest

from asynctesting import AsyncTestCase, on_loops
from examples.herd import serve_purrs


class RemoteCatTests(AsyncTestCase):
    async def asyncSetUp(self):
        self.server = await asyncio.start_server(serve_purrs, "127.0.0.1", 0)

    async def asyncTearDown(self):
        self.server.close()
        await self.server.wait_closed()

    @on_loops("asyncio", "uvloop")
    async def test_stroke(self):
        """A cat at the other end of a connection purrs."""
        address = self.server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"stroke\n")
        writer.write_eof()
        self.assertEqual(b"purr\n", await reader.read())
        writer.close()
        await writer.wait_closed()


if __name__ == "__main__":
    unittest.main()
