"""From a project to plans: passes that collect every fault in one go."""

from journeys.compiler.compilation import Compilation, compile_project

__all__ = ["Compilation", "compile_project"]
