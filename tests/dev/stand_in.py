"""A process that behaves in one way, told by its arguments: NAME sleep | deaf | parent | broken."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

name, behaviour = sys.argv[1:]
if behaviour == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
Path(f"{name}-{os.getpid()}").touch()
if behaviour == "broken":
    sys.exit(3)
if behaviour == "parent":
    subprocess.run([sys.executable, __file__, "grandchild", "sleep"])
time.sleep(60)
