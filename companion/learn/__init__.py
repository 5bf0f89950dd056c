"""Education pages: articles with sources, the guide, the emergency page. Imports no other feature."""
