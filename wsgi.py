"""The application object for a WSGI server and for `flask --app wsgi`."""

import gc

from companion import create_app

gc.disable()  # what a start makes is there to stay: looking for garbage in it only takes time
app = create_app()
gc.enable()
