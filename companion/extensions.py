"""Flask extensions, created here and configured by the application factory."""

from flask_alembic import Alembic
from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_sqlalchemy_lite import SQLAlchemy

db = SQLAlchemy()
login_manager = LoginManager()
babel = Babel()
compress = Compress()
limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=False)
alembic = Alembic(run_mkdir=False, command_name="db")
