from logstream.api.openapi import describe


def test_the_description_says_where_tokens_come_from() -> None:
    config = describe("/base")
    schema = config.to_openapi_schema().to_schema()
    flows = schema["components"]["securitySchemes"]["oauth2"]["flows"]
    assert flows["clientCredentials"]["tokenUrl"] == "/base/auth/oauth/token"
