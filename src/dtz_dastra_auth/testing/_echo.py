"""The one endpoint that the real services do not have."""

from __future__ import annotations

import hashlib

from ._messages import Recorded


def echo(request: Recorded) -> dict[str, object]:
    """Describe what arrived, so that a test can compare it with what it meant to send."""
    return {
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "content_type": request.header("Content-Type"),
        "length": len(request.body),
        "sha256": hashlib.sha256(request.body).hexdigest(),
    }
