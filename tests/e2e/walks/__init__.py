"""Ways through the site that together stop at every page of it, for whoever looks at them all."""

from tests.e2e.walks import account, alone, films, imports, nights, refusals
from tests.e2e.walks.walk import Walk

WALKS: dict[str, Walk] = {
    walk.name: walk
    for module in (alone, films, imports, nights, account, refusals)
    for walk in module.WALKS
}
