"""What a cell prints breaks between words, in a notebook that shows a view; JupyterLab alone breaks anywhere."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OpenNotebook

pytestmark = pytest.mark.browser

WORDS = "The client fails the connection with 1002: a server must not mask any frame that it sends (§5.1). " * 4
CELLS = ["from wslab import OpcodeTable\nOpcodeTable()", f"print({WORDS!r})\nprint('x' * 400)"]
BROKEN = """pre => {
  const range = document.createRange(), found = [];
  for (const node of textNodes(pre)) {
    for (const word of node.data.matchAll(/\\S+/g)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map(each => Math.round(each.top)));
      if (lines.size > 1) found.push(word[0]);
    }
  }
  return found;
  function textNodes(root) {
    const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT), nodes = [];
    while (walk.nextNode()) nodes.push(walk.currentNode);
    return nodes;
  }
}"""


def test_no_word_of_a_printed_line_is_broken_and_none_runs_out_of_the_page(open_notebook: OpenNotebook) -> None:
    notebook = open_notebook(CELLS)
    notebook.widget("OpcodeTable")
    notebook.width(1300)
    printed = notebook.page.locator(".jp-RenderedText > pre").last
    broken = printed.evaluate(BROKEN)
    assert broken == ["x" * 400], "only a word that is longer than a line is broken"
    assert printed.evaluate("pre => pre.scrollWidth <= pre.clientWidth + 1")
    assert printed.evaluate("pre => pre.getClientRects()[0].width") > 700
