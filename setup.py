"""Builds the compiled kernels of `netspec/kernels/src`, where there is a compiler; what else is built is in pyproject.toml.

The library has a C interface, is loaded by ctypes and knows nothing of Python: one wheel serves every version of it.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

SOURCES = sorted(str(path) for path in Path("netspec/kernels/src").glob("*.cc"))
FLAGS = ["-O3", "-std=c++17", "-fno-math-errno", "-ffp-contract=fast", "-fvisibility=hidden", "-Wno-psabi", "-g0"]
"""Sums keep their order: nothing here lets the compiler change it."""
OF_SET = {"avx2.cc": ["-mavx2", "-mfma"], "avx512.cc": ["-mavx2", "-mfma", "-mavx512f"]}
"""The files that are compiled for newer processors, and run where dispatch.cc finds one."""
X86 = platform.machine().lower() in ("x86_64", "amd64")


class BuildKernels(build_ext):
    """Each instruction set is compiled with its own flags."""

    def get_ext_filename(self, fullname: str) -> str:
        """The same name for every version of Python."""
        return str(Path(*fullname.split("."))) + ".so"

    def build_extension(self, ext: Extension) -> None:
        """Compiles what this machine's processors can have; a failure leaves the kernels out, for they are optional."""
        compile_one = self.compiler._compile

        def with_flags(obj: str, src: str, ext: str, cc_args: list[str], extra: list[str], pp_opts: list[str]) -> None:
            compile_one(obj, src, ext, cc_args, [*extra, *OF_SET.get(Path(src).name, [])], pp_opts)

        self.compiler._compile = with_flags
        super().build_extension(ext)


class OneWheel(bdist_wheel):
    """A wheel for every Python on this platform."""

    def get_tag(self) -> tuple[str, str, str]:
        """Python 3 and no interface of it, where there are kernels in it."""
        python, abi, system = super().get_tag()
        return ("py3", "none", system) if self.distribution.has_ext_modules() else (python, abi, system)


def kernels() -> list[Extension]:
    """The library, if it is to be built: NETSPEC_KERNELS=off leaves it out, and MSVC has no vector types."""
    if os.environ.get("NETSPEC_KERNELS") == "off" or sys.platform == "win32":
        return []
    sources = [path for path in SOURCES if X86 or Path(path).name not in OF_SET]
    depends = [str(path) for path in Path("netspec/kernels/src").glob("*.h")]
    options = {"language": "c++", "extra_compile_args": FLAGS, "depends": depends, "optional": True}
    return [Extension("netspec.kernels.libnetspec", sources, **options)]


setup(ext_modules=kernels(), cmdclass={"build_ext": BuildKernels, "bdist_wheel": OneWheel})
