"""An assertion failed, and somebody swallowed it."""

import asyncio
import contextlib
import socket
import sys
import unittest
from unittest import mock

from . import yard
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


@fault(3, "swallowed-assertion")
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


# In other ways


@fault(3, "swallowed-assertion")
async def by_the_code_under_test_in_another_file(self):
    def on_cat(cat):
        self.assertEqual("Garfield", cat)  # culprit

    await yard.careful(on_cat, "Nermal")


@fault(3, "swallowed-assertion", blind=BARE)
async def bare_by_the_code_under_test_in_another_file(self):
    def on_cat(cat):
        assert cat == "Garfield"  # culprit

    await yard.careful(on_cat, "Nermal")


@fault(3, "swallowed-assertion", blind=LOOP)
async def by_retries_that_give_up(self):
    async def ask():
        self.assertEqual("Garfield", "Nermal")  # culprit

    self.assertIsNone(await yard.retries(ask))


@fault(3, "swallowed-assertion")
async def by_a_bare_except(self):
    try:
        self.assertIsNone("Garfield")  # culprit
    except:  # noqa: E722
        pass


@fault(3, "swallowed-assertion")
async def by_except_base_exception(self):
    try:
        self.assertIsNone("Garfield")  # culprit
    except BaseException:
        self.failed = True


@fault(3, "swallowed-assertion")
async def by_an_exit_that_says_true(self):
    class Careless:
        async def __aenter__(self):
            return self

        async def __aexit__(self, *exc_info):
            return True

    async with Careless():
        self.assertEqual("Garfield", "Nermal")  # culprit


@fault(3, "swallowed-assertion")
async def by_gather_with_a_count(self):
    async def check(cat):
        self.assertEqual("Garfield", cat)  # culprit

    results = await asyncio.gather(check("Nermal"), return_exceptions=True)
    self.assertEqual(1, len(results))


@fault(3, "swallowed-assertion")
async def by_gather_of_two_failures(self):
    async def check(cat):
        await asyncio.sleep(0)
        self.assertEqual("Garfield", cat)  # culprit

    await asyncio.gather(check("Nermal"), check("Odie"), return_exceptions=True)


@fault(3, "swallowed-assertion")
async def by_except_star_with_a_look_at_another(self):
    async def check():
        self.assertIn("Garfield", [])  # culprit

    seen = []
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(check())
    except* Exception:
        seen.append(True)
    self.assertEqual([True], seen)


@fault(3, "swallowed-assertion")
async def by_assert_raises_group_of_two(self):
    async def refuse():
        raise ValueError("hiss")

    async def check():
        self.assertTrue(False)  # culprit

    with self.assertRaises(ExceptionGroup):
        async with asyncio.TaskGroup() as group:
            group.create_task(check())
            group.create_task(refuse())


@fault(3, "swallowed-assertion")
async def by_as_completed(self):
    async def check():
        self.assertEqual(1, 2)  # culprit

    for one in asyncio.as_completed([check()]):
        with contextlib.suppress(Exception):
            await one


@fault(3, "swallowed-assertion", "unread-error")
async def by_wait_first_exception(self):
    async def check():
        self.assertEqual(1, 2)  # culprit

    task = asyncio.create_task(check())
    done, _ = await asyncio.wait([task], return_when=asyncio.FIRST_EXCEPTION)
    self.assertEqual({task}, done)


@fault(3, "swallowed-assertion", blind=LOOP)
async def in_a_consumer_that_goes_on(self):
    queue = asyncio.Queue()

    async def consume():
        while (cat := await queue.get()) is not None:
            try:
                self.assertEqual("Garfield", cat)  # culprit
            except Exception:
                continue

    for cat in ("Nermal", None):
        await queue.put(cat)
    await consume()


@fault(3, "swallowed-assertion")
async def in_a_protocol_that_is_careful(self):
    class Echo(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(protocol, data):
            try:
                self.assertEqual(b"meow", data)  # culprit
            except Exception:
                pass
            protocol.transport.close()

    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    with theirs:
        await loop.create_connection(Echo, sock=ours)
        theirs.send(b"woof")
        theirs.setblocking(False)
        self.assertEqual(b"", await loop.sock_recv(theirs, 1))


@fault(3, "swallowed-assertion", "unread-error", "unread-job")
async def in_an_executor_job(self):
    def check():
        self.assertEqual("Garfield", "Nermal")  # culprit

    future = asyncio.get_running_loop().run_in_executor(None, check)
    await asyncio.wait([future])


@fault(3, "swallowed-assertion")
async def of_a_mock_that_is_awaited(self):
    move = mock.AsyncMock()
    try:
        await move("Nermal")
        self.assertEqual("Garfield", move.await_args.args[0])  # culprit
    except Exception:
        pass


@fault(3, "swallowed-assertion")
class InAsyncSetUp:
    async def asyncSetUp(self):
        if self._testMethodName == "test_1":
            with contextlib.suppress(Exception):
                self.assertEqual("Garfield", "Nermal")  # culprit

    async def test_1(self):
        await turns()


@fault(3, "swallowed-assertion")
async def in_a_cleanup(self):
    def clean_up():
        with contextlib.suppress(Exception):
            self.assertEqual("Garfield", "Nermal")  # culprit

    self.addCleanup(clean_up)


@fault(3, "swallowed-assertion")
def in_a_sync_test(self):
    with contextlib.suppress(Exception):
        self.assertEqual("Garfield", "Nermal")  # culprit


@fault(3, "swallowed-assertion")
async def in_a_done_callback_that_is_careful(self):
    def check(task):
        try:
            self.assertEqual("Garfield", task.result())  # culprit
        except Exception:
            pass

    task = asyncio.create_task(asyncio.sleep(0, "Nermal"))
    task.add_done_callback(check)
    await task
    await turns()


@twin(3)
async def an_eventually_in_another_file(self):
    cats = []
    asyncio.get_running_loop().call_later(0.005, cats.append, "Garfield")
    await yard.until(lambda: self.assertEqual(["Garfield"], cats), turns=100_000)


@twin(3)
async def retries_until_it_holds(self):
    answers = iter(["Nermal", "Garfield"])

    async def ask():
        self.assertEqual("Garfield", next(answers))
        return True

    self.assertTrue(await yard.retries(ask))


@twin(3)
async def retries_until_a_bare_one_holds(self):
    answers = iter(["Nermal", "Odie", "Garfield"])

    async def ask():
        assert next(answers) == "Garfield"
        return True

    self.assertTrue(await yard.retries(ask))


@twin(3)
async def retries_with_a_deadline(self):
    cats = []
    loop = asyncio.get_running_loop()
    loop.call_later(0.005, cats.append, "Garfield")

    async def eventually(check, timeout=30):
        deadline = loop.time() + timeout
        while True:
            try:
                return check()
            except Exception:
                if loop.time() > deadline:
                    raise
            await asyncio.sleep(0.001)

    await eventually(lambda: self.assertEqual(["Garfield"], cats))


@twin(3)
async def retries_in_a_task(self):
    cats = []

    async def eventually():
        while True:
            try:
                self.assertEqual(["Garfield"], cats)
                return
            except Exception:
                await asyncio.sleep(0)

    task = asyncio.create_task(eventually())
    await turns()
    cats.append("Garfield")
    await task


@twin(3)
async def retries_by_recursion(self):
    cats = []
    asyncio.get_running_loop().call_later(0.005, cats.append, "Garfield")

    async def eventually():
        try:
            self.assertEqual(["Garfield"], cats)
        except Exception:
            await asyncio.sleep(0.001)
            await eventually()

    await eventually()


@twin(3)
async def gathered_and_raised(self):
    async def check(cat):
        self.assertEqual("Garfield", cat)

    results = await asyncio.gather(check("Garfield"), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


@twin(3)
async def gathered_with_an_error_that_is_looked_at(self):
    async def check():
        raise ValueError("hiss")

    results = await asyncio.gather(check(), asyncio.sleep(0), return_exceptions=True)
    self.assertEqual(["hiss", "None"], [str(result) for result in results])


@twin(3)
async def a_group_that_fails_as_it_should(self):
    async def refuse():
        raise ValueError("hiss")

    with self.assertRaises(ExceptionGroup) as caught:
        async with asyncio.TaskGroup() as group:
            group.create_task(refuse())
    self.assertIsInstance(caught.exception.exceptions[0], ValueError)


@twin(3)
async def except_star_for_an_error_that_is_meant(self):
    async def refuse():
        raise ValueError("hiss")

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(refuse())
    except* ValueError as group:
        self.assertEqual(1, len(group.exceptions))


@twin(3)
async def careful_code_with_an_error_that_is_meant(self):
    def refuse():
        raise ValueError("hiss")

    self.assertFalse(await yard.careful(refuse))


@twin(3)
async def noted_in_the_fake_and_asserted(self):
    seen = []
    self.assertTrue(await yard.careful(seen.append, "Garfield"))
    self.assertEqual(["Garfield"], seen)


@twin(3)
async def a_mock_that_raises_an_assertion(self):
    move = mock.Mock(side_effect=AssertionError("as told"))
    self.assertFalse(await yard.careful(move))


@twin(3)
async def an_assertion_of_the_code_under_test(self):
    self.assertFalse(await yard.careful(yard.insists, None))


@fault(3, "swallowed-assertion", blind=LOOP)
async def by_an_eventually_that_gives_up(self):
    async def eventually(check):
        for _ in range(3):
            try:
                return check()
            except Exception:
                await asyncio.sleep(0)

    await eventually(lambda: self.assertEqual("Garfield", "Nermal"))  # culprit


@fault(3, "swallowed-assertion", blind=LOOP)
async def by_a_deadline_that_passes(self):
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 0.01
    while loop.time() < deadline:
        try:
            self.assertEqual("Garfield", "Nermal")  # culprit
            break
        except Exception:
            await asyncio.sleep(0.001)


@twin(3)
async def one_that_gives_up_and_raises(self):
    async def eventually(check):
        for _ in range(3):
            try:
                return check()
            except Exception:
                await asyncio.sleep(0)
        raise TimeoutError

    with self.assertRaises(TimeoutError):
        await eventually(lambda: self.assertEqual("Garfield", "Nermal"))


@twin(3)
async def one_that_gives_up_and_says_so(self):
    async def holds(check):
        for _ in range(3):
            try:
                check()
                return True
            except Exception:
                await asyncio.sleep(0)
        return False

    self.assertFalse(await holds(lambda: self.assertEqual("Garfield", "Nermal")))


@twin(3)
async def a_last_look_after_the_loop(self):
    cats = []
    for _ in range(3):
        try:
            self.assertEqual(["Garfield"], cats)
            break
        except Exception:
            await asyncio.sleep(0)
    cats.append("Garfield")
    self.assertEqual(["Garfield"], cats)


@twin(3)
async def no_failure_but_a_branch(self):
    cats = []
    asyncio.get_running_loop().call_later(0.005, cats.append, "Garfield")
    while True:
        try:
            if not cats:
                self.fail("no cat")
            break
        except Exception:
            await asyncio.sleep(0.001)


@twin(3)
async def one_in_another_file_that_gives_up_and_raises(self):
    with self.assertRaises(TimeoutError):
        await yard.insists_on(lambda: self.assertEqual("Garfield", "Nermal"))


@twin(3)
async def one_in_another_file_that_holds(self):
    cats = []
    asyncio.get_running_loop().call_later(0.005, cats.append, "Garfield")
    await yard.insists_on(lambda: self.assertEqual(["Garfield"], cats), turns=100_000)
