"""What is wrong with how a page looks and reads, by the rules of axe, on a phone and a desk."""

from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

LOOKS: tuple[tuple[Literal["dark", "light"], int, int], ...] = (
    ("dark", 360, 740),
    ("light", 360, 740),
    ("light", 1280, 800),
    ("dark", 1280, 800),
)
# What the other rules read is the same in the dark and the light.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
# Only what is wrong comes back: what is right is many times as much.
_RUN = """
async (rules) => {
  const only = rules ? {runOnly: rules} : {};
  const found = await axe.run({resultTypes: ["violations"], ...only});
  return found.violations.flatMap(one => one.nodes.map(
    node => [one.id, node.target.join(" "), node.failureSummary]
  ));
}
"""


def find_faults(page: Page, path: str) -> list[str]:
    """Go to an address, and return what is wrong with the page there."""
    page.goto(path)
    return find_faults_here(page)


def find_faults_here(page: Page) -> list[str]:
    """Return what axe finds in the looks of a page, and where it is wider than the screen."""
    faults, widths = list[str](), set[int]()
    for scheme, width, height in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": height})
        where = f"{page.url} {scheme} {width}"
        rules = OF_COLOURS if width in widths else None
        widths.add(width)
        faults += [f"{where}: {' '.join(fault)}" for fault in _run_axe(page, rules)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            faults.append(f"{where}: wider than the screen")
    return faults


def _run_axe(page: Page, rules: list[str] | None) -> list[list[str]]:
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: Any = page.evaluate(_RUN, rules)
    return list(found)
