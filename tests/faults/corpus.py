"""All samples."""

from . import s1_never_awaited  # noqa: F401
from . import s2_tasks  # noqa: F401
from . import s3_assertions  # noqa: F401
from . import s4_cancellation  # noqa: F401
from . import s5_errors  # noqa: F401
from . import s6_leftovers  # noqa: F401
from . import s7_blocking  # noqa: F401
from . import s8_shapes  # noqa: F401
from . import s9_between  # noqa: F401
from .sample import SAMPLES


FAULTS = [sample for sample in SAMPLES if sample.is_fault]
TWINS = [sample for sample in SAMPLES if not sample.is_fault]
