"""Recommendation laboratory: pure numpy, scipy and torch, knows nothing of Django."""

import os

# onnxruntime 1.32 reports its use to its maker unless told not to before it is first imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
