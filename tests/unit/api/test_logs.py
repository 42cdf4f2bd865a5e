from doubles.cloud_api import CloudApi
from logstream.model.source import DISPLAY_NAMES


async def test_every_known_log_type_is_listed(api: CloudApi) -> None:
    shown = (await api.ask(f"/api/environments/{api.dev.id}/logs", key="jane")).json
    found = {log["type"]: log["label"] for log in shown["_embedded"]["items"]}
    assert found == DISPLAY_NAMES
    assert shown["total"] == len(DISPLAY_NAMES)


async def test_a_log_file_cannot_be_downloaded_and_that_is_said(api: CloudApi) -> None:
    answer = await api.ask(f"/api/environments/{api.dev.id}/logs/php-error", key="jane")
    assert (answer.status, answer.json["error"]) == (404, "not_available")
    assert "stream" in answer.json["message"]
