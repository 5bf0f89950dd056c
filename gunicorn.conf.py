"""How the web process runs: one process, four threads; so in-memory rate limits count every request."""

import gc
import os
import threading
from typing import Any

_host, _port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"

bind = f"[{_host}]:{_port}" if ":" in _host else f"{_host}:{_port}"
worker_class = "gthread"
workers = 1
threads = 4
timeout = 30
graceful_timeout = 5  # `companion.dev run` promises to stop within ten seconds
keepalive = 5
umask = 0o077  # whatever the process writes is for its own account only
accesslog = None  # addresses carry tokens; the application writes its own log without them
forwarded_allow_ips = ""  # whether people come by https is said by COMPANION_BASE_URL, not by a header
forwarder_headers = ""
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """After the application is loaded, and before it answers anybody: what was erased must not be served again.

    What lives for ever need not be looked at by each collection.
    """
    before_serving = getattr(worker.wsgi, "extensions", {}).get("before_serving")
    if before_serving:
        before_serving()
    gc.collect()
    gc.freeze()
    pack_ahead = getattr(worker.wsgi, "extensions", {}).get("pack_ahead")
    if pack_ahead:
        threading.Thread(target=pack_ahead, daemon=True).start()
