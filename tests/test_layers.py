"""Imports point downwards only; what a user installs never reaches the training side."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

import reverse_oldify

PACKAGE = Path(reverse_oldify.__file__).parent

LAYERS = (
    ("version", "errors", "types", "values", "options", "signals"),
    ("matmul", "color", "files", "sampling", "grid", "detail", "resize"),
    ("runtime", "models"),
    ("pipeline", "data"),
    ("batch", "evaluate", "train", "export"),
    ("serve", "cli", "__main__"),
)
"""Rooms from the bottom up. One may import from lower rows, and from what is left of it."""

TRAINING = ("data.batches", "data.dataset", "models", "train", "export")
"""Modules and rooms of the [train] extra: no other may import them, but for their commands."""

TRAINING_COMMANDS = ("cli.train", "cli.export")

HOMES = {
    "numpy": (*(room for row in LAYERS for room in row),),
    "PIL": ("batch", "data", "evaluate", "files", "pipeline", "train"),
    "tqdm": ("cli", "data", "evaluate", "train"),
    "onnxruntime": ("runtime.onnx", "export.quantize", "export.rounding"),
    "matplotlib": ("data.overview", "train.report"),
    "pillow_heif": ("files.heic",),
    "rawpy": ("files.raw",),
    "imagecodecs": ("files.codecs",),
    "fsspec": ("batch.bucket",),
    "ray": ("batch.cluster",),
    "torch": TRAINING,
    "onnx": ("export.onnx", "export.quantize", "export.rounding"),
    "fastapi": ("serve",),
    "starlette": ("serve",),
    "pydantic": ("serve.schemas",),
    "prometheus_client": ("serve.metrics",),
    "uvicorn": ("serve.run",),
}
"""Packages of others, and the rooms or modules that may import them."""

ROOMS = [room for row in LAYERS for room in row]


@cache
def modules() -> dict[str, ast.Module]:
    """Every module but the public face, by its name below the package."""
    names = {path: path.relative_to(PACKAGE).with_suffix("") for path in PACKAGE.rglob("*.py")}
    return {
        ".".join(name.parts).removesuffix(".__init__"): ast.parse(path.read_text("utf-8"))
        for path, name in names.items()
        if str(name) != "__init__"
    }


def imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Full names of all that is imported."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide where they point"
            package = str(node.module)
            for alias in node.names:
                full = f"{package}.{alias.name}"
                yield full if full.removeprefix("reverse_oldify.") in modules() else package


def run_at_load(node: ast.AST) -> Iterator[ast.AST]:
    """What runs when a module is loaded: no bodies of functions, nothing for type checkers only."""
    for child in ast.iter_child_nodes(node):
        waits = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        if waits or (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"):
            continue
        yield child
        yield from run_at_load(child)


def own_imports(
    nodes: Callable[[ast.AST], Iterable[ast.AST]] = ast.walk,
) -> Iterator[tuple[str, str]]:
    """Pairs of modules of this package: who imports, and what."""
    for name, tree in modules().items():
        for target in imports(nodes(tree)):
            if target.split(".")[0] == "reverse_oldify":
                yield name, target.removeprefix("reverse_oldify").removeprefix(".")


def foreign_imports() -> Iterator[tuple[str, str]]:
    """Modules of this package, and the packages of others that they import."""
    for name, tree in modules().items():
        for target in imports(ast.walk(tree)):
            package = target.split(".")[0]
            if package != "reverse_oldify" and package not in sys.stdlib_module_names:
                yield name, package


def within(name: str, homes: tuple[str, ...]) -> bool:
    """Whether a module is one of some modules, or inside one of some rooms."""
    return any(name == home or name.startswith(home + ".") for home in homes)


def may_import(room: str, target: str) -> bool:
    """Whether the table of layers lets one room import another."""
    row = next(number for number, rooms in enumerate(LAYERS) if room in rooms)
    below = {name for rooms in LAYERS[:row] for name in rooms}
    return target in below or target in LAYERS[row][: LAYERS[row].index(room) + 1]


def test_the_table_forbids_what_it_should() -> None:
    assert may_import("pipeline", "runtime")
    assert may_import("export", "train")
    assert not may_import("train", "export")
    assert not may_import("color", "files")
    assert not may_import("files", "pipeline")


def test_every_room_is_in_the_table() -> None:
    assert {name.split(".")[0] for name in modules()} == set(ROOMS)


def test_imports_point_downwards() -> None:
    wrong = [
        f"{name} imports {target or 'the package itself'}"
        for name, target in own_imports()
        if not may_import(name.split(".")[0], target.split(".")[0])
    ]
    assert not wrong


def test_no_module_waits_for_itself_to_load() -> None:
    below: dict[str, set[str]] = {name: set() for name in modules()}
    for name, target in own_imports(run_at_load):
        below[name].add(target)
    while leaves := [name for name, targets in below.items() if not targets]:
        for leaf in leaves:
            del below[leaf]
        for targets in below.values():
            targets.difference_update(leaves)
    assert not below, f"among these there is a circle: {sorted(below)}"


def test_the_product_never_imports_the_training_side() -> None:
    wrong = [
        f"{name} imports {target}"
        for name, target in own_imports()
        if within(target, TRAINING) and not within(name, (*TRAINING, *TRAINING_COMMANDS))
    ]
    assert not wrong


def test_packages_of_others_stay_in_their_rooms() -> None:
    wrong = [
        f"{name} imports {package}"
        for name, package in foreign_imports()
        if not within(name, HOMES.get(package, ()))
    ]
    assert not wrong


def loaded_after(code: str) -> set[str]:
    """Top-level names of all modules that are loaded in a new interpreter after some code."""
    report = "import sys; print('loaded:', *{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split("loaded:")[1].split())


HELP = """
import contextlib
from reverse_oldify.cli.main import main
with contextlib.suppress(SystemExit):
    main([{arguments}])
"""


@pytest.mark.parametrize(
    "code",
    [
        "import reverse_oldify",
        HELP.format(arguments="'--help'"),
        HELP.format(arguments="'colorize', '--help'"),
        HELP.format(arguments="'batch', '--help'"),
        HELP.format(arguments="'train', '--help'"),
    ],
    ids=["import", "help", "colorize help", "batch help", "train help"],
)
def test_what_answers_at_once_loads_nothing_heavy(code: str) -> None:
    loaded = loaded_after(code)
    assert "reverse_oldify" in loaded
    assert not loaded & (HOMES.keys() | {"skimage", "scipy"})


def test_the_product_loads_without_the_extras() -> None:
    product = sorted(
        f"reverse_oldify.{name}"
        for name in modules()
        if not within(name, (*TRAINING, "data.overview", "serve")) and name != "__main__"
    )
    assert "reverse_oldify.pipeline.colorizer" in product
    loaded = loaded_after(
        "import importlib, sys\n"
        "for absent in ('torch', 'onnx', 'matplotlib', 'scipy', 'skimage', 'fastapi', 'uvicorn',\n"
        "               'ray', 'fsspec'):\n"
        "    sys.modules[absent] = None\n"
        f"for name in {product}:\n"
        "    importlib.import_module(name)\n"
    )
    assert "onnxruntime" in loaded


def test_products_of_matrices_go_through_matmul() -> None:
    """Others warn on ARM for no reason, see `reverse_oldify.matmul`; PyTorch's do not."""
    for module, tree in modules().items():
        if module == "matmul" or "torch" in imports(ast.walk(tree)):
            continue
        for node in ast.walk(tree):
            product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
            assert not product, f"{module}:{node.lineno}"
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np":
                others = {"dot", "inner", "matmul", "tensordot"}
                assert node.attr not in others, f"{module}:{node.lineno}"
