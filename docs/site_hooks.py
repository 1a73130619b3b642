"""Files of the project that pages link to, as pages of the site.

A page of ``docs/`` links to a file outside it as Markdown does everywhere
(``../CHANGELOG.md``, ``../zones/data/risk/policy.toml``), so that the link works in the
project as well. For the site each such file becomes a page below ``project/``, and the
links follow.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
#: Pages of the project itself, linked to or not.
PAGES = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "NOTICE.md")
#: A link that stays in the project: its file, and the place within it.
LINK = re.compile(r"(\]\()([^)\s:#]+)(#[^)\s]*)?(?=\))")
#: What a browser would fetch from another server.
FETCHED = re.compile(
    r"""<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^>]*"""
)
#: Languages of code by a file's suffix.
CODE = {".py": "python", ".toml": "toml", ".jsonl": "json", ".yml": "yaml"}


def on_files(files: Any, config: Any) -> Any:
    """Add the files that pages link to, and those that these link to."""
    pages = {DOCS / f.src_uri: f.src_uri for f in files if f.is_documentation_page()}
    wanted = [ROOT / name for name in PAGES]
    wanted += [path for page in pages for path in _links(page)]
    while wanted:
        path = wanted.pop()
        if path in pages or path.is_relative_to(DOCS):
            continue
        name = path.relative_to(ROOT).as_posix()
        if not path.is_file():
            raise PluginError(f"a page links to {name}, which is not there.")
        if path.suffix == ".md":
            pages[path] = f"project/{name}"
            added = File.generated(config, pages[path], abs_src_path=str(path))
            wanted += _links(path)
        else:
            pages[path] = f"project/files/{name}.md"
            added = File.generated(config, pages[path], content=_shown(path, name))
        files.append(added)
    icon = ROOT / "viewer" / "assets" / "favicon.ico"
    files.append(File.generated(config, icon.name, abs_src_path=str(icon)))
    config.extra["project_pages"] = pages
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Lead links between ``docs/`` and the rest of the project to the site's pages."""
    pages = config.extra["project_pages"]
    uri = page.file.src_uri
    source = next((path for path, at in pages.items() if at == uri), DOCS / uri)
    here = posixpath.dirname(uri)

    def led(link: re.Match[str]) -> str:
        path = (source.parent / link[2]).resolve()
        inside = path.is_relative_to(DOCS) and source.is_relative_to(DOCS)
        if inside or not path.is_relative_to(ROOT):
            return link[0]
        at = pages.get(path) or path.relative_to(DOCS).as_posix()
        return f"{link[1]}{posixpath.relpath(at, here or '.')}{link[3] or ''}"

    return markdown if uri.startswith("project/files/") else LINK.sub(led, markdown)


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Refuse a page that would fetch something from elsewhere."""
    found = FETCHED.search(output)
    if found:
        raise PluginError(f"{page.file.src_uri} fetches {found[0]}")
    return output


def _links(page: Path) -> list[Path]:
    """Return the files of the project that a page links to."""
    found = (m[2] for m in LINK.finditer(page.read_text("utf-8")))
    paths = [(page.parent / link).resolve() for link in found]
    return [path for path in paths if path.is_relative_to(ROOT)]


def _shown(path: Path, name: str) -> str:
    """Return a page that shows a file, and that searches pass over."""
    text = path.read_text("utf-8")
    front = "---\nsearch:\n  exclude: true\nhide: [toc]\n---\n"
    return f"{front}# {name}\n\n````{CODE.get(path.suffix, 'text')}\n{text}\n````\n"
