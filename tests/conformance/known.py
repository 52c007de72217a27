"""The faults of others that the checks have found, each gone through by hand: by suite."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


__all__ = ["KNOWN", "Known"]


@dataclass(frozen=True, slots=True)
class Known:
    """
    One kind of fault in some tests of a suite.

    Attributes:
        check: the id of the check; ``verdict`` for a test that ends otherwise with any checks on.
        why: what is wrong there.
        tests: the ends of their ids.
        always: whether it is found in each run.
        but_under: what it need not be found under.
        since: the first version of Python on which it has to be found.

    """

    check: str
    why: str
    tests: tuple[str, ...]
    always: bool = True
    but_under: tuple[str, ...] = ()
    since: tuple[int, int] = (3, 11)

    def is_due(self, under: str) -> bool:
        """Tell whether it has to be found under this."""
        return self.always and under not in self.but_under and sys.version_info >= self.since


_HANGING: Final = Known(
    "pending-task",
    "the test is about a task that is left",
    ("TestAsyncCase.test_cancellation_hanging_tasks",),
)
_TWO_ERRORS: Final = Known(
    "verdict",
    "it wants two errors of one test, where we give one verdict; with checks='off' there are two",
    ("TestAsyncCase.test_exception_in_tear_clean_up",),
)

KNOWN: Final[Mapping[str, tuple[Known, ...]]] = {
    "aiomultiprocess": (
        Known(
            "pending-task",
            "the pool is closed and never joined, so its loop runs on",
            ("PoolTest.test_pool_closed",),
            but_under=("uvloop",),  # there it runs on another loop
        ),
        Known(
            "open-descriptor",
            "the same: its queues are open",
            ("PoolTest.test_pool_closed",),
        ),
        Known(
            "leftover-process",
            "a process is given up without being ended, and does not always end by itself within a second",
            ("CoreTest.test_process_timeout",),
            always=False,
        ),
        *(
            Known(
                check,
                "a process that was terminated may not have ended when the pool has been joined",
                tuple(
                    f"PoolTest.test_{name}"
                    for name in (
                        "pool",
                        "pool_closed",
                        "pool_early_join",
                        "pool_exception",
                        "pool_exception_handler",
                        "pool_map",
                        "pool_starmap",
                        "pool_worker_exceptions",
                        "pool_worker_max_tasks",
                        "pool_worker_stop",
                    )
                ),
                always=False,
            )
            for check in ("open-descriptor", "leftover-process")
        ),
        Known(
            "blocked-loop",
            "a process is started, and waited for, by a function that is not asynchronous",
            ("CoreTest.test_initializer",),
            always=False,
        ),
    ),
    "aioresponses": (
        Known(
            "loop-error",
            "the session of the set-up is replaced by another one, and never closed",
            (
                "AIOResponsesTestCase.test_base_url_1___http___example_com_____api_foo_bar_fragment__",
                "AIOResponsesTestCase.test_base_url_2___http___example_com______api_foo_bar_fragment__",
                "AIOResponsesTestCase.test_session_headers",
            ),
            but_under=("warnings",),  # there aiohttp's own warning keeps it from telling the loop
        ),
    ),
    "cpython:test_asyncio.test_timeouts": (
        Known(
            "swallowed-cancellation",
            "the test catches its own cancellation, goes on, and does not call uncancel(): it is about "
            "a timeout that is entered then",
            ("TimeoutTests.test_timeout_after_cancellation",),
        ),
    ),
    "cpython:test_unittest.test_async_case": (_HANGING, _TWO_ERRORS),
    "cpython:unittest.test.test_async_case": (_HANGING, _TWO_ERRORS),
    "greenletio": (
        Known(
            "never-awaited",
            "a coroutine is given to a function that must refuse it, and is never closed",
            ("TestCore.test_bad_await_with_external_loop",),
        ),
        *(
            Known(
                check,
                "with warnings as errors its server fails, and the client waits for ever",
                ("TestSSL.test_sendall_recv",),
                always=False,
            )
            for check in ("pending-task", "unread-error")
        ),
    ),
    "kubernetes-asyncio": (
        Known(
            "loop-error",
            "a client is made, by itself or in a Watch, and its session of aiohttp is never closed",
            (
                "TestRESTClientObject.test_disable_ssl_verification",
                "TestRESTClientObject.test_rest_request_timeout",
                "TestKubeConfigLoader.test_new_client_from_config",
                "TestKubeConfigLoader.test_new_client_from_config_dict",
                "TestKubeConfigLoader.test_new_client_from_config_proxy",
                "TestKubeConfigMerger.test_merge_with_context_in_different_file",
                "TestKubeConfigMerger.test_new_client_from_config",
                "WatchTest.test_unmarshal_bookmark_succeeds_and_preserves_resource_version",
                "WatchTest.test_unmarshal_job_bookmark_succeeds_and_preserves_resource_version",
                "WatchTest.test_unmarshal_with_custom_object",
                "WatchTest.test_unmarshal_with_empty_return_type",
                "WatchTest.test_unmarshal_with_float_object",
                "WatchTest.test_unmarshal_without_return_type",
                "WatchTest.test_unmarshall_job_bookmark_malformed_object_fails",
                "WatchTest.test_unmarshall_k8s_error_response",
                "WatchTest.test_unmarshall_k8s_error_response_401_gke",
            ),
            but_under=("warnings",),
        ),
        Known(
            "never-awaited",
            "close() and release() of a response, which are synchronous, are those of an AsyncMock",
            (
                "WatchTest.test_watch_k8s_empty_response",
                "WatchTest.test_watch_retry_410",
                "WatchTest.test_watch_retry_timeout",
                "WatchTest.test_watch_timeout_with_resource_version",
                "WatchTest.test_watch_with_exception",
            ),
        ),
        Known(
            "open-descriptor",
            "the descriptor that tempfile.mkstemp() returns is dropped",
            (
                "TestFileOrData.test_file_given_data",
                "TestFileOrData.test_file_given_data_no_base64",
                "TestKubeConfigLoader.test_load_kube_config_from_dict_with_temp_file_path",
                "TestKubeConfigLoader.test_user_exec_auth_certificates",
            ),
            but_under=("uvloop",),  # which opens descriptors of its own meanwhile
        ),
    ),
    "later": (
        Known(
            "never-awaited",
            "a coroutine is given to a method that must refuse it, and is never closed; others are "
            "left on purpose, since the test is about its own class's finding them",
            (
                "WatcherTests.test_watch_non_task",
                "IgnoreAsyncioErrorsTestCase.test_ignore_asyncio_error_on_case_class",
                "TestTestCase.test_ignore_asyncio_error",
            ),
        ),
        Known(
            "unread-error",
            "left on purpose, for the same reason",
            (
                "IgnoreTaskLeaksTestCase.test_ignore_task_leaks_on_case_class",
                "TestTestCase.test_ignore_task_leaks",
            ),
        ),
        Known(
            "loop-error",
            "left on purpose, for the same reason",
            ("TestTestCase.test_garbage_collected_task_during_testmethod",),
        ),
        Known(
            "pending-task",
            "left on purpose, for the same reason",
            ("TestTestCase.test_unmanaged_task_created_in_testmethod",),
        ),
    ),
    "plain:test_coroutines": (
        Known(
            "never-awaited",
            "the test is about the warning of it, raised where nobody can catch it",
            ("CoroutineTest.test_fatal_coro_warning",),
        ),
    ),
    "plain:test_wsgiref": (
        Known(
            "swallowed-assertion",
            "the application under test raises an AssertionError, which the server must handle: "
            "it cannot be told from a failed assertion",
            (
                "HandlerTests.testBasicErrorOutput",
                "HandlerTests.testCloseOnError",
                "HandlerTests.testErrorAfterOutput",
            ),
            since=(3, 12),  # before, what is raised like that cannot be seen
        ),
    ),
}
