"""What is published: names, version, wheel; and that nothing reaches for the network."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

import reverse_oldify
from reverse_oldify.version import VERSION

ROOT = Path(__file__).parents[1]
PACKAGE = Path(reverse_oldify.__file__).parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DOCUMENTS = [
    path
    for place in (".", "docs", "docs/decisions", "docs/training", "examples", "benchmarks", "fuzz")
    for path in sorted((ROOT / place).glob("*.md"))
]
NETWORK = {"asyncio", "ftplib", "http", "httpx", "requests", "socket", "ssl", "urllib", "urllib3"}
LISTENING = {"asyncio", "http", "http.cookies", "socket"}
"""Modules of these that the server may use: it answers, and asks nobody."""


def test_one_version_everywhere() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## (\S+?),? ", changelog, re.MULTILINE)
    assert newest is not None
    assert VERSION == newest[1] == version("reverse-oldify")


def test_the_product_depends_on_four_packages() -> None:
    names = {re.split(r"[<>=]", requirement)[0] for requirement in PROJECT["dependencies"]}
    assert names == {"numpy", "onnxruntime", "pillow", "tqdm"}


def test_every_requirement_has_its_reason() -> None:
    page = (ROOT / "docs/decisions/0011-dependencies.md").read_text("utf-8")
    rows = "".join(re.findall(r"^\|.*", page, re.MULTILINE))
    assert {name for name in requirements() if not re.search(rf"\b{name}\b", rows)} == set()


def test_decisions_that_are_amended_name_their_successor() -> None:
    for successor in sorted((ROOT / "docs/decisions").glob("0*.md")):
        told = re.findall(r"^(?:Amends|Replaces) .*", successor.read_text("utf-8"), re.MULTILINE)
        amended = " ".join(told).split("Amended by")[0]
        for name in re.findall(r"\]\((0[\w-]+\.md)\)", amended):
            assert f"]({successor.name})" in (successor.parent / name).read_text("utf-8"), name


def test_constraints_pin_every_tested_requirement() -> None:
    pinned = re.findall(r"^(\S+)==", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    assert requirements() <= set(pinned)


def requirements() -> set[str]:
    """Names of all packages that the product and its extras ask for."""
    extras = PROJECT["optional-dependencies"].values()
    wanted = [*PROJECT["dependencies"], *(each for extra in extras for each in extra)]
    return {re.split(r"[<>=\[]", requirement)[0] for requirement in wanted} - {"reverse-oldify"}


def test_public_names_exist_and_are_described() -> None:
    assert sorted(reverse_oldify.__all__) == reverse_oldify.__all__
    for name in reverse_oldify.__all__:
        described = getattr(reverse_oldify, name)
        assert described.__name__ == name
        assert len(described.__doc__) > 20, name


def test_every_declared_public_name_is_exported() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text("utf-8"))
    declared = {
        alias.name
        for block in tree.body
        if isinstance(block, ast.If)
        for statement in block.body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }
    assert declared == set(reverse_oldify.__all__)


def test_public_names_are_completed_before_they_are_loaded() -> None:
    code = "import reverse_oldify; print(*dir(reverse_oldify))"
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ran.stdout.split() == reverse_oldify.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Colouriser'"):
        _ = reverse_oldify.Colouriser


def test_every_module_says_what_it_is() -> None:
    for path in PACKAGE.rglob("*.py"):
        text = ast.get_docstring(ast.parse(path.read_text("utf-8")))
        assert text and len(text) > 20, path


def test_nothing_reaches_for_the_network() -> None:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [str(node.module)]
            else:
                continue
            names = [name for name in names if name != "urllib.parse"]  # which reads text only
            reaching = {name for name in names if name.split(".")[0] in NETWORK}
            assert reaching <= (LISTENING if PACKAGE / "serve" in path.parents else set()), path


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)", document.read_text("utf-8"))
    inside = [target for target in targets if not target.startswith("https://")]
    assert [target for target in inside if not leads_somewhere(document, target)] == []


def leads_somewhere(document: Path, target: str) -> bool:
    """Whether the file is there and, of a document, the heading."""
    name, _, anchor = target.partition("#")
    path = document.parent / name if name else document
    if not anchor or path.suffix != ".md":
        return path.exists()
    return path.is_file() and anchor in anchors(path.read_text("utf-8"))


def anchors(text: str) -> set[str]:
    """What GitHub makes of headings: small letters, no punctuation, hyphens for blanks."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_code_in_documents_imports_what_it_uses_of_the_package(document: Path) -> None:
    for code in re.findall(r"^```python\n(.*?)^```", document.read_text("utf-8"), re.M | re.S):
        nodes = list(ast.walk(ast.parse(code)))
        used = {node.id for node in nodes if isinstance(node, ast.Name)}
        imports = (node for node in nodes if isinstance(node, ast.ImportFrom))
        imported = {name.name for node in imports for name in node.names}
        assert used & set(reverse_oldify.__all__) <= imported, code


def test_the_readme_names_recipes_that_exist() -> None:
    named = set(re.findall(r"recipes/[\w.-]+\.toml", (ROOT / "README.md").read_text("utf-8")))
    assert named
    assert {recipe for recipe in named if not (ROOT / recipe).is_file()} == set()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as `pip install .` builds it, from a copy, so that the checkout stays clean."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, copy)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src", copy / "src", ignore=ignored)
    pip_wheel = [sys.executable, "-m", "pip", "wheel", "--quiet"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip_wheel, *offline, "--wheel-dir", copy / "dist", copy], check=True)
    (built,) = (copy / "dist").glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        notices = {Path(name).name for name in archive.namelist() if "/licenses/" in name}
    shipped = {
        str(path.relative_to(PACKAGE.parent))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert held == shipped
    assert notices == {"LICENSE", "NOTICE"}


@pytest.mark.slow
@pytest.mark.model
def test_the_wheel_is_small_and_holds_the_model(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for graph in ("encode.onnx", "decode.onnx"):
        assert f"reverse_oldify/runtime/weights/lite2/{graph}" in names
    assert wheel.stat().st_size < 25_000_000
