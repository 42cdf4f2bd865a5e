"""What the published description of the Cloud API says besides its routes."""

from importlib.metadata import version
from typing import Final

from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, OAuthFlow, OAuthFlows, SecurityScheme

SECURITY_SCHEME: Final = "oauth2"
"""What a route that needs an access token names."""


def describe(base_path: str) -> OpenAPIConfig:
    """Give the title, the version and the security of the API below ``base_path``."""
    return OpenAPIConfig(
        title="Logstream Cloud API",
        version=version("logstream"),
        description="Who may stream which logs, and signed connection details for them.",
        use_handler_docstrings=True,
        components=Components(
            security_schemes={
                SECURITY_SCHEME: SecurityScheme(
                    type="oauth2",
                    flows=OAuthFlows(
                        client_credentials=OAuthFlow(
                            token_url=f"{base_path}/auth/oauth/token", scopes={}
                        )
                    ),
                )
            }
        ),
    )
