"""`python -m scripts.catalogues`: scripts/catalogues.sh with this interpreter's Babel."""

import os
import subprocess
import sys

pybabel = f"{sys.executable} -m babel.messages.frontend"
sys.exit(subprocess.call(["scripts/catalogues.sh", *sys.argv[1:]], env=os.environ | {"PYBABEL": pybabel}))
