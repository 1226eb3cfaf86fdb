"""
Render the notebooks as pages of the documentation: a hook of mkdocs, called while the site is built.

Each notebook is run from top to bottom on the shipped data, in a folder of its own; code, tables and figures become Markdown
that only the site holds. Nothing is written beside the notebooks, which keep no outputs.
"""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
_CELL_SECONDS = 600


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each notebook, and its figures beside it."""
    from mkdocs.structure.files import File

    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        page, figures = executed_page(path, path.stat().st_mtime_ns)
        for name, content in {f"{path.stem}.md": page, **figures}.items():
            files.append(File.generated(config, f"notebooks/{name}", content=content))
    return files


@cache  # `mkdocs serve` builds the site at each change of any page
def executed_page(path: Path, changed: int) -> tuple[str, dict[str, str | bytes]]:  # noqa: ARG001 - what the cache is asked by
    """Page of a notebook after a run in an empty folder: files beside the repository are out of its sight."""
    import nbclient
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        nbclient.NotebookClient(notebook, timeout=_CELL_SECONDS, resources={"metadata": {"path": folder}}).execute()
    return page_of(notebook, path.stem)


def page_of(notebook: Any, stem: str) -> tuple[str, dict[str, str | bytes]]:
    """
    Markdown of a notebook that was run, and its figures by file name.

    Examples
    --------
    >>> import nbformat.v4 as v4
    >>> output = v4.new_output("execute_result", {"text/plain": "2"})
    >>> cells = [v4.new_markdown_cell("# Sum"), v4.new_code_cell("1 + 1", outputs=[output])]
    >>> print(page_of(v4.new_notebook(cells=cells), "sum")[0])
    # Sum
    <BLANKLINE>
    ```python
    1 + 1
    ```
    <BLANKLINE>
    ```text
    2
    ```
    <BLANKLINE>
    """
    blocks: list[str] = []
    figures: dict[str, str | bytes] = {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            blocks.append(cell.source)
            continue
        blocks.append(_fenced(cell.source, "python"))
        for output in cell.outputs:
            blocks.append(_shown(output, stem, figures))
    return "\n\n".join(blocks) + "\n", figures


def _shown(output: Any, stem: str, figures: dict[str, str | bytes]) -> str:
    """Block of one output: the richest form of it that a page can hold."""
    if output.output_type == "stream":
        return _fenced(output.text, "text")
    # What failed was raised by the run: only results are left.
    forms = output.data
    if "image/svg+xml" in forms:
        name = f"{stem}_{len(figures) + 1}.svg"
        figures[name] = forms["image/svg+xml"]
        return f"![Figure {len(figures)}]({name})"
    if "text/html" in forms:
        # Blank lines would end the block of HTML, indentation would make it code.
        return "\n".join(line.strip() for line in forms["text/html"].splitlines() if line.strip())
    return _fenced(forms["text/plain"], "text")


def _fenced(text: str, language: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"
