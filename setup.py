"""setup.cfg says everything; this adds to the source distribution what setup.cfg cannot."""

from pathlib import Path

from setuptools import setup
from setuptools.command.sdist import sdist


class SourceDistribution(sdist):
    """The sources, with all that is needed to test them."""

    def make_release_tree(self, base_dir, files):
        found = (path for folder in ("tests", "examples") for path in Path(folder).rglob("*"))
        extra = {str(path) for path in found if path.is_file() and path.suffix != ".pyc"}
        super().make_release_tree(base_dir, sorted({*files, *extra, "Makefile"}))


setup(cmdclass={"sdist": SourceDistribution})
