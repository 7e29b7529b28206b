"""What a web process holds, part by part: run as a process of its own, prints JSON."""

from __future__ import annotations

import json
import os
import sys

import psutil

MEGA = 2**20


def main() -> None:
    """Load one part after the other, as a web process does, and print what each added (MB RSS)."""
    process = psutil.Process()
    steps: list[tuple[str, float]] = [("Python", process.memory_info().rss / MEGA)]

    def note(name: str) -> None:
        total = sum(added for _, added in steps)
        steps.append((name, process.memory_info().rss / MEGA - total))

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "movieshow.settings")
    import django

    django.setup()
    from django.urls import get_resolver

    assert get_resolver().url_patterns
    note("Django, apps and addresses")
    import onnxruntime

    assert onnxruntime
    from recommender.ml import inference

    assert inference
    note("onnxruntime")
    from recommender import serving
    from recommender.catalogue_arrays import load_catalogue

    state = serving.read_state(user_id=None)
    model = serving.load_model(state)
    note("encoder session and item table")
    table_mb = model.network.table.nbytes / MEGA
    catalogue = load_catalogue(version=state.catalogue_version)
    note("catalogue arrays")
    model.network.scores(model.network.encode([model.network.index_of(catalogue.movie_ids[:100])]))
    note("first answer's scratch")
    json.dump({"steps": steps, "item_table_mb": table_mb}, sys.stdout)


if __name__ == "__main__":
    main()
