"""An assertion failed, and somebody swallowed it."""

import asyncio
import contextlib
import sys
import unittest
from unittest import mock

from .sample import before, fault, twin


BARE = "a bare assert is not seen before Python 3.12" if before(3, 12) else ""

LOOP = "what may be tried again, in a loop, is not seen before Python 3.12" if before(3, 12) else ""


async def turns(number=5):
    for _ in range(number):
        await asyncio.sleep(0)


async def notify(callbacks):
    """Stands for code under test that is careful."""
    for callback in callbacks:
        try:
            callback()
        except Exception:
            pass


@fault(3, "swallowed-assertion")
async def by_gather(self):
    async def check(cat):
        self.assertEqual("Garfield", cat)  # culprit

    await asyncio.gather(check("Nermal"), check("Garfield"), return_exceptions=True)


@fault(3, "swallowed-assertion", blind=BARE)
async def by_gather_bare(self):
    async def check(cat):
        assert cat == "Garfield"  # culprit

    await asyncio.gather(check("Nermal"), return_exceptions=True)


@fault(3, "swallowed-assertion", "unread-error")
async def by_wait(self):
    async def check(cat):
        self.assertEqual("Garfield", cat)  # culprit

    await asyncio.wait([asyncio.create_task(check("Nermal"))])


@fault(3, "swallowed-assertion")
async def by_except_star(self):
    async def check():
        self.fail("hiss")  # culprit

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(check())
    except* Exception:
        pass


@fault(3, "swallowed-assertion")
async def by_assert_raises_group(self):
    async def check():
        self.assertTrue(False)  # culprit

    with self.assertRaises(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(check())


@fault(3, "swallowed-assertion")
async def by_assert_raises_exception(self):
    with self.assertRaises(Exception):
        self.assertEqual(1, 2)  # culprit


@fault(3, "swallowed-assertion", blind=LOOP)
async def by_the_code_under_test(self):
    def on_cat():
        self.assertEqual("Garfield", "Nermal")  # culprit

    await notify([on_cat])


@fault(3, "swallowed-assertion", blind=BARE)
async def by_the_code_under_test_bare(self):
    def on_cat():
        assert "Garfield" == "Nermal"  # culprit

    await notify([on_cat])


@fault(3, "swallowed-assertion")
async def in_a_mocks_side_effect(self):
    def check(cat):
        self.assertEqual("Garfield", cat)  # culprit

    herd = mock.AsyncMock(side_effect=check)
    with contextlib.suppress(Exception):
        await herd("Nermal")


@fault(3, "swallowed-assertion", "loop-error", "unread-error")
async def in_a_fake_servers_handler(self):
    async def handle(reader, writer):
        try:
            line = await reader.readline()
            self.assertEqual(b"meow\n", line)  # culprit
        except Exception:
            pass
        finally:
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        writer.write(b"woof\n")
        self.assertEqual(b"", await reader.read())
        writer.close()
        await writer.wait_closed()


@fault(3, "swallowed-assertion")
async def by_a_wait_for_that_is_suppressed(self):
    async def check():
        self.assertIn("Garfield", ["Nermal"])  # culprit

    with contextlib.suppress(Exception):
        await asyncio.wait_for(check(), 1)


@fault(3, "swallowed-assertion", blind=BARE)
async def of_a_mock(self):
    move = mock.Mock()

    def check():
        move.assert_called_once()  # culprit

    await notify([check])


@twin(3)
async def gathered_and_looked_at(self):
    async def fail():
        raise ValueError

    results = await asyncio.gather(fail(), return_exceptions=True)
    self.assertIsInstance(results[0], ValueError)


@twin(3)
async def eventually(self):
    cats = []

    async def until(check):
        while True:
            try:
                check()
                return
            except AssertionError:
                await asyncio.sleep(0)

    asyncio.get_running_loop().call_later(0.01, cats.append, "Garfield")
    await until(lambda: self.assertEqual(["Garfield"], cats))


@twin(3)
async def eventually_with_a_broad_except(self):
    cats = []
    asyncio.get_running_loop().call_later(0.01, cats.append, "Garfield")
    for _ in range(1000):
        try:
            self.assertEqual(["Garfield"], cats)
            break
        except Exception:
            await asyncio.sleep(0.001)
    else:
        self.fail("no cat came")


@twin(3)
async def eventually_with_a_bare_assertion(self):
    cats = []
    asyncio.get_running_loop().call_later(0.01, cats.append, "Garfield")
    for _ in range(1000):
        try:
            assert cats == ["Garfield"]
            break
        except Exception:
            await asyncio.sleep(0.001)


@twin(3)
async def expected_with_assert_raises(self):
    with self.assertRaises(AssertionError):
        self.assertEqual(1, 2)
    with self.assertRaisesRegex(self.failureException, "1 != 2"):
        self.assertEqual(1, 2)


@twin(3)
async def handled_by_name(self):
    try:
        self.assertEqual(1, 2)
    except AssertionError:
        pass


@twin(3)
async def suppressed_by_name(self):
    with contextlib.suppress(AssertionError):
        self.assertEqual(1, 2)


@twin(3)
async def caught_and_looked_at(self):
    with self.assertRaises(Exception) as caught:
        self.assertEqual(1, 2)
    self.assertIn("1 != 2", str(caught.exception))


@twin(3)
async def gathered_and_compared(self):
    async def check():
        self.fail("hiss")

    (result,) = await asyncio.gather(check(), return_exceptions=True)
    self.assertIsInstance(result, AssertionError)


@twin(3)
async def a_test_of_a_test(self):
    class Inner(unittest.TestCase):
        def test(self):
            self.fail("as expected")

    result = unittest.TestResult()
    Inner("test").run(result)
    self.assertEqual(1, len(result.failures))


@twin(3)
async def a_mock_that_was_called_later(self):
    move = mock.Mock()
    asyncio.get_running_loop().call_later(0.01, move)
    for _ in range(1000):
        try:
            move.assert_called_once()
            return
        except Exception:
            await asyncio.sleep(0.001)


@twin(3)
async def an_error_of_another_type(self):
    try:
        raise ValueError(sys.version)
    except Exception:
        pass
